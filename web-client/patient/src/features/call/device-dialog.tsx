import { X } from "lucide-react";
import { type ReactNode, useEffect, useRef } from "react";
import type { CallView } from "@shared/rtc/call";
import { Button } from "../../ui/button";

const KINDS = [
  ["audioinput", "Microphone"],
  ["videoinput", "Camera"],
  ["audiooutput", "Loudspeaker"],
] as const;

/** Choosing other devices without leaving the call. */
export function DeviceDialog({ view, onClose }: { view: CallView; onClose: () => void }): ReactNode {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const { devices } = view.local;
  const choose = view.actions.chooseDevice;
  return (
    <dialog ref={dialog} className="device-dialog" aria-labelledby="devices-title" onClose={onClose}>
      <div className="dialog-head">
        <h2 id="devices-title">Devices</h2>
        <button type="button" className="icon-button" aria-label="Close" onClick={() => dialog.current?.close()}>
          <X aria-hidden="true" size={22} />
        </button>
      </div>
      {KINDS.map(([kind, label]) => {
        const choices = devices[kind];
        // Some browsers do not let a page choose the loudspeaker; then there is nothing to show.
        if (choices.length === 0) return null;
        return (
          <div key={kind} className="field">
            <label htmlFor={`device-${kind}`}>{label}</label>
            <select
              id={`device-${kind}`}
              value={devices.active[kind] ?? choices[0]?.id}
              disabled={choose === undefined}
              onChange={(event) => choose?.(kind, event.target.value)}
            >
              {choices.map((device) => (
                <option key={device.id} value={device.id}>
                  {device.label}
                </option>
              ))}
            </select>
          </div>
        );
      })}
      <Button onClick={() => dialog.current?.close()}>Done</Button>
    </dialog>
  );
}
