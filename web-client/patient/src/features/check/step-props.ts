import type { DeviceCheck, DeviceCheckState } from "@shared/devices/device-check";

/** What each step of the device check is given. */
export interface StepProps {
  check: DeviceCheck;
  state: DeviceCheckState;
  /** How many steps the whole preparation has. */
  steps: number;
  onNext: () => void;
}
