import { type ReactNode, useState } from "react";
import { DeviceCheck } from "@shared/devices/device-check";
import { browserProbes } from "@shared/devices/network-check";
import { useOwned } from "@shared/lib/use-owned";
import { useReadable } from "@shared/lib/use-readable";
import type { Progress } from "../../lib/progress";
import { CameraStep } from "./camera-step";
import { MicrophoneStep } from "./microphone-step";
import { NetworkStep } from "./network-step";
import "./check.css";

interface Props {
  /** How many steps the whole preparation has. */
  steps: number;
  onDone: (progress: Progress) => void;
}

/** Camera, microphone, connection: one after another, each passable. */
export function Check({ steps, onDone }: Props): ReactNode {
  const check = useOwned(() => new DeviceCheck({ media: navigator.mediaDevices, probes: browserProbes(location.origin) }));
  return check === undefined ? null : <Steps check={check} steps={steps} onDone={onDone} />;
}

function Steps({ check, steps, onDone }: Props & { check: DeviceCheck }): ReactNode {
  const [step, setStep] = useState<"camera" | "microphone" | "network">("camera");
  const state = useReadable(check.state);
  const shared = { check, state, steps };
  switch (step) {
    case "camera":
      return <CameraStep {...shared} onNext={() => setStep("microphone")} />;
    case "microphone":
      return <MicrophoneStep {...shared} onNext={() => setStep("network")} />;
    case "network":
      return (
        <NetworkStep
          {...shared}
          onNext={() => onDone({ report: check.report(), chosen: check.state.get().chosen, at: Date.now() })}
        />
      );
  }
}
