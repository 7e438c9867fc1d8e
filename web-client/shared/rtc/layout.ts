import type { LocalState } from "./local-media";
import type { Member, Picture } from "./members";

/** What the large area shows. */
export type Stage =
  /** Somebody's shared screen; their face, if any, goes beside it. */
  | { readonly kind: "screen"; readonly picture: Picture; readonly of: Member }
  /** A person, with or without picture. */
  | { readonly kind: "person"; readonly of: Member }
  /** Nobody else is here yet. */
  | { readonly kind: "alone" };

export interface Layout {
  readonly stage: Stage;
  /** Everybody else who is not on the stage as a person. */
  readonly beside: readonly Member[];
  /** This person's own picture, small. */
  readonly self: Picture | undefined;
}

/**
 * Who is shown where. A shared screen takes the stage; otherwise the person who is speaking among
 * several, and with two people always the other one. Nobody jumps on and off the stage while
 * nobody speaks: `previous` keeps their place.
 */
export function layoutOf(members: readonly Member[], local: LocalState, previous?: Layout): Layout {
  const self = local.cameraPicture;
  const sharing = members.find((member) => member.screen !== undefined);
  if (sharing?.screen !== undefined) {
    return { stage: { kind: "screen", picture: sharing.screen, of: sharing }, beside: members, self };
  }
  const person = speakerOf(members, previous);
  if (person === undefined) return { stage: { kind: "alone" }, beside: [], self };
  return { stage: { kind: "person", of: person }, beside: members.filter((member) => member !== person), self };
}

function speakerOf(members: readonly Member[], previous?: Layout): Member | undefined {
  const before =
    previous === undefined || previous.stage.kind === "alone" ? undefined : previous.stage.of.identity;
  const kept = members.find((member) => member.identity === before);
  if (kept?.speaking) return kept;
  return members.find((member) => member.speaking) ?? kept ?? members[0];
}
