import type { Phase } from "./connection";
import type { LocalState } from "./local-media";
import type { Member } from "./members";

/** The one thing worth telling during a call, most important first. */
export interface Notice {
  readonly kind:
    | "reconnecting"
    | "sound-blocked"
    | "microphone-problem"
    | "camera-problem"
    | "screen-problem"
    | "own-network"
    | "picture-held"
    | "their-network";
  readonly text: string;
}

/** The notice that matters most now, or none. */
export function noticeOf(
  phase: Phase,
  local: LocalState,
  members: readonly Member[],
  soundBlocked: boolean,
): Notice | undefined {
  if (phase.name === "reconnecting") {
    return { kind: "reconnecting", text: "The connection was interrupted. Reconnecting by itself…" };
  }
  if (phase.name !== "connected") return undefined;
  if (soundBlocked) return { kind: "sound-blocked", text: "Your browser is holding the sound back." };
  for (const name of ["microphone", "camera", "screen"] as const) {
    const problem = local[name].problem;
    if (problem !== undefined) return { kind: `${name}-problem`, text: `${problem.what} ${problem.fix}` };
  }
  if (local.quality === "poor" || local.quality === "lost") {
    return { kind: "own-network", text: "Your connection is weak. Stopping your camera helps the sound." };
  }
  const held = members.find((member) => member.pictureHeld);
  if (held !== undefined) {
    return { kind: "picture-held", text: "The picture is paused so that the sound stays clear." };
  }
  const weak = members.find((member) => member.quality === "poor" || member.quality === "lost");
  if (weak !== undefined) {
    return { kind: "their-network", text: `${weak.name === "" ? "The other side" : weak.name} has a weak connection.` };
  }
  return undefined;
}
