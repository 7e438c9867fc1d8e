import type { Visit } from "@shared/api/types";
import type { EndReason } from "@shared/rtc/connection";
import { may, stageOf } from "../../lib/visit";

/** What the large area of a visit offers when no call runs on this page. */
export interface Offer {
  readonly title: string;
  readonly text: string;
  readonly action: "admit" | "join" | "none";
}

const first = (name: string): string => name.split(" ")[0] ?? name;

/** The next step of a visit for its clinician; `left` is why a call on this page ended, if one did. */
export function offerOf(visit: Visit, left: EndReason | undefined): Offer {
  const name = visit.patient.display_name;
  switch (stageOf(visit)) {
    case "expected":
      return { title: `${name} has not checked in yet`, text: "You will hear a sound when they do.", action: "none" };
    case "waiting":
      return may(visit, "admit")
        ? { title: `${name} is in the waiting room`, text: readyText(visit), action: "admit" }
        : { title: `${name} is in the waiting room`, text: "You cannot admit to this visit.", action: "none" };
    case "with_clinician":
      return { title: titleAfter(visit, left), text: textAfter(visit, left), action: may(visit, "join") ? "join" : "none" };
    case "finished":
      return { title: FINISHED[visit.state] ?? "The visit is over", text: "Chart and messages stay readable here.", action: "none" };
  }
}

const FINISHED: Partial<Record<Visit["state"], string>> = {
  completed: "The visit has ended",
  cancelled: "The visit was cancelled",
  no_show: "The patient did not come",
};

function readyText(visit: Visit): string {
  if (!visit.consent_telehealth) return "Consent to the video visit is still missing.";
  return visit.state === "ready" ? "Ready to be seen." : "Still preparing camera and microphone.";
}

function titleAfter(visit: Visit, left: EndReason | undefined): string {
  const name = first(visit.patient.display_name);
  switch (left?.kind) {
    case "left":
      return "You left the visit";
    case "elsewhere":
      return "You joined from another window";
    case "refused":
      return "Joining was refused";
    case "unreachable":
      return "The connection was lost";
    case "removed":
      return "You were taken out of the call";
    case "closed":
      return "The call was closed";
    case undefined:
      return visit.state === "admitted" ? `${name} is admitted` : "The visit is running";
  }
}

function textAfter(visit: Visit, left: EndReason | undefined): string {
  const name = first(visit.patient.display_name);
  switch (left?.kind) {
    case "left":
      return `It stays open for ${name}. Join again, or end it.`;
    case "elsewhere":
      return "Sound and picture are there now. Joining here takes them back.";
    case "refused":
      return left.detail;
    case "unreachable":
      return "Check the network of this computer, then join again.";
    case "removed":
      return "Somebody in charge of the room did that. Join again if it was a mistake.";
    case "closed":
      return "The visit may have ended or moved. Join again if it goes on.";
    case undefined:
      return "Your camera and microphone start when you join.";
  }
}
