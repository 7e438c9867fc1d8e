import { Menu } from "@mantine/core";
import { type LucideIcon, Mic, MicOff, PhoneOff, ScreenShare, ScreenShareOff, Settings2, Video, VideoOff } from "lucide-react";
import type { CallView } from "@shared/rtc/call";
import styles from "./Controls.module.css";

/** What can be done in the call, always in the same place and order. */
export function Controls({ view }: { readonly view: CallView }) {
  const { actions, local } = view;
  const { microphone, camera, screen } = local;
  return (
    <div className={styles["bar"]} role="toolbar" aria-label="Call controls">
      <Control icon={microphone.on ? Mic : MicOff} label={microphone.on ? "Mute microphone" : "Unmute microphone"} short={microphone.on ? "Mute" : "Unmute"} off={!microphone.on} onPress={actions.toggleMicrophone} />
      <Control icon={camera.on ? Video : VideoOff} label={camera.on ? "Stop camera" : "Start camera"} short={camera.on ? "Stop" : "Start"} off={!camera.on} onPress={actions.toggleCamera} />
      <Control icon={screen.on ? ScreenShareOff : ScreenShare} label={screen.on ? "Stop sharing screen" : "Share screen"} short={screen.on ? "Unshare" : "Share"} onPress={actions.toggleScreen} />
      <DeviceMenu view={view} />
      <Control icon={PhoneOff} label="Leave" short="Leave" leaving onPress={actions.leave} />
    </div>
  );
}

interface ControlProps {
  readonly icon: LucideIcon;
  /** The accessible name; stable. */
  readonly label: string;
  /** The same where room is short. */
  readonly short: string;
  readonly off?: boolean;
  readonly leaving?: boolean;
  readonly onPress: (() => void) | undefined;
}

function Control({ icon: Icon, label, short, off = false, leaving = false, onPress }: ControlProps) {
  return (
    <button type="button" className={styles["control"]} aria-label={label} disabled={onPress === undefined} data-off={off} data-leaving={leaving} onClick={onPress}>
      <Icon size={20} aria-hidden />
      <span className={styles["long"]} aria-hidden>
        {label}
      </span>
      <span className={styles["short"]} aria-hidden>
        {short}
      </span>
    </button>
  );
}

const KINDS = [
  ["audioinput", "Microphone"],
  ["videoinput", "Camera"],
  ["audiooutput", "Speaker"],
] as const;

function DeviceMenu({ view }: { readonly view: CallView }) {
  const { devices } = view.local;
  const choose = view.actions.chooseDevice;
  return (
    <Menu position="top" width={280}>
      <Menu.Target>
        <button type="button" className={styles["control"]} aria-label="Devices" disabled={choose === undefined}>
          <Settings2 size={20} aria-hidden />
          <span aria-hidden>Devices</span>
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        {KINDS.map(([kind, title]) => (
          <fieldset key={kind} className={styles["devices"]} aria-label={title}>
            <Menu.Label>{title}</Menu.Label>
            {devices[kind].length === 0 ? <Menu.Label>Chosen by the browser</Menu.Label> : null}
            {devices[kind].map(({ id, label }) => (
              <Menu.Item key={id} onClick={() => choose?.(kind, id)} aria-current={devices.active[kind] === id}>
                {devices.active[kind] === id ? `✓ ${label}` : label}
              </Menu.Item>
            ))}
          </fieldset>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
