import type { ReactNode } from "react";

interface Props {
  label: string;
  devices: readonly MediaDeviceInfo[];
  chosen: string | undefined;
  onChoose: (id: string) => void;
}

/** A choice among several devices; with one there is nothing to ask. */
export function DeviceSelect({ label, devices, chosen, onChoose }: Props): ReactNode {
  if (devices.length < 2) return null;
  const id = `choose-${label.toLowerCase()}`;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <select id={id} value={chosen} onChange={(event) => onChoose(event.target.value)}>
        {devices.map((device, at) => (
          <option key={device.deviceId} value={device.deviceId}>
            {device.label === "" ? `${label} ${at + 1}` : device.label}
          </option>
        ))}
      </select>
    </div>
  );
}
