import { type ReactNode, useEffect } from "react";
import { Button } from "../../ui/button";
import { Notice } from "../../ui/notice";
import { Screen } from "../../ui/screen";
import type { StepProps } from "./step-props";
import { DeviceSelect } from "./device-select";

const BARS = 24;

/** "Say a few words" */
export function MicrophoneStep({ check, state, steps, onNext }: StepProps): ReactNode {
  const { microphone, microphones, chosen } = state;
  useEffect(() => {
    void check.startMicrophone();
    return () => check.stopMicrophone();
  }, [check]);
  const skip = (): void => {
    check.skip("microphone");
    onNext();
  };
  const failed = microphone.status === "failed";
  return (
    <Screen
      title={failed ? "Your microphone does not work yet" : "Say a few words"}
      step={{ at: 2, of: steps, name: "Microphone" }}
      lead={failed ? undefined : "For example: “Good morning, this is a test.” The bar moves when we hear you."}
      actions={
        <>
          {failed ? (
            <Button onClick={() => void check.startMicrophone()}>Try again</Button>
          ) : (
            <Button disabled={microphone.status !== "ok"} onClick={onNext}>
              Continue
            </Button>
          )}
          {microphone.status !== "ok" && (
            <Button kind="quiet" onClick={skip}>
              Continue without sound test
            </Button>
          )}
        </>
      }
    >
      {!failed && <Meter level={microphone.level} />}
      <div role="status">
        {microphone.problem !== undefined && (
          <Notice tone="urgent" title={microphone.problem.what}>
            {microphone.problem.fix}
          </Notice>
        )}
        {microphone.status === "asking" && (
          <Notice tone="info" title="Your browser asks for your microphone">
            Choose “Allow”. Nothing is sent or stored.
          </Notice>
        )}
        {microphone.status === "running" && (
          <Notice tone="waiting" title="Listening…">
            If the bar stays still, speak up, unmute your headset or choose another microphone.
          </Notice>
        )}
        {microphone.status === "ok" && <Notice tone="ready" title="We hear you well" />}
      </div>
      <DeviceSelect
        label="Microphone"
        devices={microphones}
        chosen={chosen.microphone}
        onChoose={(id) => void check.startMicrophone(id)}
      />
    </Screen>
  );
}

/** The loudness as bars. Decoration for the eye: the status line says the same in words. */
function Meter({ level }: { level: number }): ReactNode {
  const lit = Math.round(level * BARS);
  return (
    <div className="meter" aria-hidden="true">
      {Array.from({ length: BARS }, (_, index) => (
        <span key={index} data-lit={index < lit || undefined} />
      ))}
    </div>
  );
}
