import { type ReactNode, useEffect } from "react";
import type { NetworkResult } from "@shared/devices/network-check";
import { Button } from "../../ui/button";
import { Notice, type Tone } from "../../ui/notice";
import { Screen } from "../../ui/screen";
import type { StepProps } from "./step-props";

/** "Is the connection good enough?" */
export function NetworkStep({ check, state, steps, onNext }: StepProps): ReactNode {
  const { status, result } = state.network;
  useEffect(() => void check.startNetwork(), [check]);
  const running = status === "idle" || status === "asking";
  const failed = status === "failed";
  const words = result === undefined ? undefined : wordsOf(result);
  return (
    <Screen
      title={running ? "Checking your connection" : failed ? "The connection is not good enough yet" : "Your connection is ready"}
      step={{ at: 3, of: steps, name: "Connection" }}
      lead={running ? "This takes a few seconds." : undefined}
      actions={
        <>
          {failed ? (
            <Button onClick={() => void check.startNetwork()}>Try again</Button>
          ) : (
            <Button disabled={running} onClick={onNext}>
              Continue
            </Button>
          )}
          {failed && (
            <Button kind="quiet" onClick={onNext}>
              Continue anyway
            </Button>
          )}
        </>
      }
    >
      <div role="status">
        {running && (
          <div className="check-running">
            <span className="spinner" aria-hidden="true" />
            <p>Asking the clinic’s server…</p>
          </div>
        )}
        {words !== undefined && !running && (
          <Notice tone={words.tone} title={words.title}>
            {words.text}
          </Notice>
        )}
      </div>
    </Screen>
  );
}

function wordsOf({ verdict, roundTripMs, live }: NetworkResult): { tone: Tone; title: string; text: string } {
  const took = roundTripMs === null ? "" : ` It answers in ${Math.max(1, Math.round(roundTripMs))} milliseconds.`;
  if (verdict === "good") return { tone: "ready", title: "The clinic’s server answers quickly", text: `Sound and picture should be clear.${took}` };
  if (verdict === "slow") {
    return { tone: "waiting", title: "The connection is slow", text: `Your visit will work, perhaps with pauses. Sitting closer to your Wi-Fi helps.${took}` };
  }
  if (roundTripMs !== null && !live) {
    return {
      tone: "urgent",
      title: "Live connections do not get through",
      text: "A firewall or a work network may be blocking them. Try your home Wi-Fi or mobile data.",
    };
  }
  return { tone: "urgent", title: "The clinic’s server does not answer", text: "Check that you are online. Move closer to your Wi-Fi or try mobile data." };
}
