import { Video } from "lucide-react";
import { type ReactNode, useEffect } from "react";
import type { Visit } from "@shared/api/types";
import { warmUp } from "@shared/rtc/warm-up";
import { chime } from "../../lib/chime";
import { Button } from "../../ui/button";
import { Notice } from "../../ui/notice";
import { Person } from "../../ui/person";
import { Screen } from "../../ui/screen";
import { TroubleNotice } from "../../ui/trouble";

/** Why somebody is here again rather than for the first time. */
export type Returned =
  | { readonly kind: "left" | "elsewhere" | "unreachable" }
  | { readonly kind: "refused"; readonly error: unknown };

interface Props {
  visit: Visit;
  returned: Returned | undefined;
  onJoin: () => void;
}

const FLASH_MS = 1_200;

/** Admitted: one large button, a sound, and a tab title that is noticed from elsewhere. */
export function Join({ visit, returned, onJoin }: Props): ReactNode {
  const first = returned === undefined;
  const doctor = visit.clinician.display_name;
  useEffect(() => {
    if (first) void chime.play();
  }, [first]);
  useEffect(warmUp, []);
  useFlashingTitle(first ? [`Join visit – ${doctor} is ready`, "● Your turn"] : undefined);
  return (
    <Screen
      title={first ? `${doctor} is ready for you` : "Your visit is still open"}
      lead={first ? "Join when you are ready. Camera and microphone start when you join." : undefined}
      actions={
        <Button icon={<Video aria-hidden="true" size={24} />} onClick={onJoin}>
          Join visit
        </Button>
      }
    >
      {first && (
        <div role="alert">
          <Notice tone="ready" title="It is your turn">
            {doctor} has let you in.
          </Notice>
        </div>
      )}
      {returned !== undefined && <WhyHere returned={returned} doctor={doctor} />}
      <Person name={doctor} detail={visit.clinician.specialty} />
    </Screen>
  );
}

function WhyHere({ returned, doctor }: { returned: Returned; doctor: string }): ReactNode {
  switch (returned.kind) {
    case "left":
      return (
        <Notice tone="info" title="You left the visit">
          You can join again as long as {doctor} has not ended it.
        </Notice>
      );
    case "elsewhere":
      return (
        <Notice tone="info" title="You joined on another page or device">
          The visit goes on there. “Join visit” brings it back to this page.
        </Notice>
      );
    case "unreachable":
      return (
        <Notice tone="urgent" title="The connection could not be restored">
          Check your internet connection, then join again. Your visit is kept open for you.
        </Notice>
      );
    case "refused":
      return <TroubleNotice error={returned.error} />;
  }
}

function useFlashingTitle(titles: readonly [string, string] | undefined): void {
  const [one, two] = titles ?? [];
  useEffect(() => {
    if (one === undefined || two === undefined) return undefined;
    let turn = 0;
    const show = (): void => {
      document.title = turn % 2 === 0 ? two : one;
      turn += 1;
    };
    // After the screen has set its own title.
    const timer = setInterval(show, FLASH_MS);
    return () => clearInterval(timer);
  }, [one, two]);
}
