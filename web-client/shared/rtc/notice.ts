import type { Phase } from "./connection";
import type { Step } from "./ladder";
import type { LocalState } from "./local-media";
import type { Member } from "./members";

/** The one thing worth telling during a call, most important first. */
export interface Notice {
  readonly kind:
    | "phone"
    | "reconnecting"
    | "sound-blocked"
    | "microphone-problem"
    | "camera-problem"
    | "screen-problem"
    | "own-network"
    | "picture-held"
    | "fewer-pictures"
    | "their-network";
  readonly text: string;
}

/** What a notice is made of. */
export interface Facts {
  readonly phase: Phase;
  readonly local: LocalState;
  readonly members: readonly Member[];
  readonly soundBlocked: boolean;
  readonly step: Step;
  /** Whose pictures come fewer because of the network, by identity. */
  readonly jerky: ReadonlySet<string>;
}

/** The notice that matters most now, or none. */
export function noticeOf({ phase, local, members, soundBlocked, step, jerky }: Facts): Notice | undefined {
  if (phase.name !== "connected" && phase.name !== "reconnecting") return undefined;
  if (step === "phone") {
    return { kind: "phone", text: "The connection stays too weak for the call. You could go on by phone: agree on it in the chat. We keep trying." };
  }
  if (phase.name === "reconnecting") {
    return { kind: "reconnecting", text: "The connection was interrupted. Reconnecting by itself…" };
  }
  if (soundBlocked) return { kind: "sound-blocked", text: "Your browser is holding the sound back." };
  for (const name of ["microphone", "camera", "screen"] as const) {
    const problem = local[name].problem;
    if (problem !== undefined) return { kind: `${name}-problem`, text: `${problem.what} ${problem.fix}` };
  }
  if (step === "weak") {
    const advice = local.camera.on ? "Stopping your camera helps the sound." : "The sound may break up for a moment.";
    return { kind: "own-network", text: `Your connection is weak. ${advice}` };
  }
  return heldNotice(members) ?? fewerNotice(members, jerky) ?? weakNotice(members);
}

/** The step before the picture is paused. */
function fewerNotice(members: readonly Member[], jerky: ReadonlySet<string>): Notice | undefined {
  const fewer = members.filter((member) => jerky.has(member.identity) && !member.pictureHeld);
  if (fewer.length === 0) return undefined;
  const what = fewer.length === 1 ? "The picture moves" : "The pictures move";
  return { kind: "fewer-pictures", text: `${what} less for now so that the sound stays clear. It gets better by itself.` };
}

/** Told of everybody together; who alone is held among several shows it on their tile. */
function heldNotice(members: readonly Member[]): Notice | undefined {
  const sending = members.filter((member) => member.camera !== undefined || member.pictureHeld);
  if (sending.length === 0 || sending.some((member) => !member.pictureHeld)) return undefined;
  const text =
    sending.length === 1
      ? "The picture is paused so that the sound stays clear. It comes back by itself."
      : "The pictures are paused so that the sound stays clear. They come back by themselves.";
  return { kind: "picture-held", text };
}

/** Told only of the one other person; among several their tile says it. */
function weakNotice(members: readonly Member[]): Notice | undefined {
  const [only, ...more] = members;
  if (only === undefined || more.length > 0) return undefined;
  if (only.quality !== "poor" && only.quality !== "lost") return undefined;
  return { kind: "their-network", text: `${only.name === "" ? "The other side" : only.name} has a weak connection.` };
}
