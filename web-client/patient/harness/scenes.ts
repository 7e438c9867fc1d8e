import type { VisitPerson } from "@shared/api/types";
import type { FakeBackend } from "@shared/testing/fake-backend";
import type { FakeChatHub } from "@shared/testing/fake-chat-hub";
import { inMinutes, invitation, visit } from "@shared/testing/fixtures";

interface Stand {
  backend: FakeBackend;
  hub: FakeChatHub;
}

const checked = { camera: "ok", microphone: "ok", network: "ok" } as const;

function remember(id: string, report: object = checked): void {
  sessionStorage.setItem(`bedside.check.${id}`, JSON.stringify({ report, chosen: {}, at: Date.now() }));
}

/** A visit in one state; answers its path. */
function one(stand: Stand, change: Parameters<typeof visit>[0], startsIn?: number, suffix = ""): string {
  const made = visit(change, startsIn);
  stand.backend.visits = [made];
  return `/visits/${made.id}${suffix}`;
}

const queue = (ahead: number, low: number, high: number) => ({ ahead, estimated_minutes: { low, high } });
const waiting = { state: "ready", consent_telehealth: true, checked_in_at: inMinutes(-4), ready_at: inMinutes(-3) } as const;

const interpreter: VisitPerson = {
  identity: "sam",
  display_name: "Sam Tran",
  part: "interpreter",
  invitation: { id: "sam", stage: "invited", by_link: true },
  present: false,
};

/** A guest with a link, with the device check behind them or not. */
function atTheDoor({ backend }: Stand, change: Parameters<typeof invitation>[0], checkDone = true): string {
  backend.session = null;
  backend.invited = invitation(change);
  sessionStorage.clear();
  if (checkDone) remember(backend.invited.visit_id);
  return "/guest#a-secret";
}

/** Each prepares the stand and answers the path to open. */
export const scenes: Record<string, (stand: Stand) => string> = {
  "sign-in": ({ backend }) => {
    backend.session = null;
    return "/";
  },
  next: ({ backend }) => {
    backend.visits = [visit(), visit({ clinician: { ...visit().clinician, display_name: "Dr. Lena Brandt", specialty: "Dermatology" } }, 60 * 24 * 9)];
    return "/";
  },
  "next-early": ({ backend }) => {
    backend.visits = [visit({}, 60 * 26)];
    return "/";
  },
  none: () => "/",
  away: ({ backend }) => {
    backend.refusals.set("GET /visits", { status: 503, code: "unavailable" });
    return "/";
  },
  check: (stand) => one(stand, {}, 10, "/check"),
  consent: (stand) => {
    const path = one(stand, {}, 10, "/check");
    remember(stand.backend.visits[0]?.id ?? "");
    return path;
  },
  "check-in": (stand) => {
    const path = one(stand, { consent_telehealth: true });
    remember(stand.backend.visits[0]?.id ?? "");
    return path;
  },
  "check-in-early": (stand) => {
    const path = one(stand, { consent_telehealth: true }, 55);
    remember(stand.backend.visits[0]?.id ?? "", { camera: "failed", microphone: "ok", network: "skipped" });
    return path;
  },
  waiting: (stand) => one(stand, { ...waiting, queue: queue(2, 10, 15) }),
  "waiting-next": (stand) => one(stand, { ...waiting, queue: queue(0, 0, 5) }),
  "waiting-offline": (stand) => {
    stand.hub.isUp = false;
    return one(stand, { ...waiting, queue: queue(1, 5, 10) });
  },
  join: (stand) => one(stand, { ...waiting, state: "admitted", admitted_at: inMinutes(0), actions: ["join"] }),
  finished: (stand) => one(stand, { ...waiting, state: "completed", started_at: inMinutes(-18), ended_at: inMinutes(0) }, -20),
  cancelled: (stand) => one(stand, { state: "cancelled" }),
  missed: (stand) => one(stand, { state: "no_show" }, -40),
  "guest-welcome": (stand) => atTheDoor(stand, {}, false),
  "guest-early": (stand) => atTheDoor(stand, { window_opens_at: inMinutes(95), starts_at: inMinutes(125) }, false),
  "guest-knock": (stand) => atTheDoor(stand, {}),
  "guest-waiting": (stand) => atTheDoor(stand, { stage: "knocking" }),
  "guest-let-in": (stand) => atTheDoor(stand, { stage: "let_in", may_join: true, state: "in_progress" }),
  "guest-removed": (stand) => atTheDoor(stand, { stage: "removed" }),
  "guest-invalid": () => "/guest#wrong",
  "waiting-invited": (stand) => {
    stand.backend.people = [interpreter];
    return one(stand, { ...waiting, queue: queue(1, 5, 10) });
  },
  "join-locked": (stand) => {
    stand.backend.door = { locked_since: inMinutes(-2), removed: [] };
    return one(stand, { ...waiting, state: "in_progress", actions: [] });
  },
  "join-removed": (stand) => {
    stand.backend.door = { locked_since: null, removed: [stand.hub.account] };
    return one(stand, { ...waiting, state: "in_progress", actions: [] });
  },
  stranger: () => "/visits/0193a000-0000-7000-8000-999999999999",
};
for (const state of ["", "-alone", "-weak", "-held", "-screen", "-no-camera", "-three", "-several", "-twelve", "-many", "-twelve-screen", "-twelve-pinned", "-twelve-held"]) scenes[`call${state}`] = call;

function call(stand: Stand): string {
  const path = one(stand, { ...waiting, state: "in_progress", started_at: inMinutes(-3), actions: ["join"] });
  const made = stand.backend.visits[0];
  if (made === undefined) return path;
  const say = (sender: string, text: string): void =>
    void stand.hub.publish(made.conversation_id, { kind: "message", sender, client_msg_id: crypto.randomUUID(), text });
  say(made.clinician.account_id, "Good morning! Can you hear me well?");
  say(stand.hub.account, "Yes, very well. I have my readings here: 132/84 and 128/82.");
  say(made.clinician.account_id, "Thank you. We keep the dose as it is: amlodipine 5 mg, once a day.");
  return path;
}
