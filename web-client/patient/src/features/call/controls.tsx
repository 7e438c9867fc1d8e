import { type LucideIcon, MessageSquareText, Mic, MicOff, MonitorUp, MonitorX, PhoneOff, Settings2, Video, VideoOff } from "lucide-react";
import { type ReactNode, useState } from "react";
import type { CallView } from "@shared/rtc/call";
import { DeviceDialog } from "./device-dialog";

/** The chat as its button knows it. */
export interface ChatButton {
  readonly open: boolean;
  readonly unread: number;
  readonly toggle: () => void;
}

interface Props {
  view: CallView;
  chat: ChatButton | undefined;
}

/** What one can do in a call, in thumb's reach. */
export function Controls({ view, chat }: Props): ReactNode {
  const { local, actions } = view;
  const [choosing, setChoosing] = useState(false);
  const canShare = actions.toggleScreen !== undefined || local.screen.on || local.screen.busy;
  return (
    <div className="controls" role="toolbar" aria-label="Call">
      <Control
        icon={local.microphone.on ? Mic : MicOff}
        word={local.microphone.on ? "Mute" : "Unmute"}
        name={local.microphone.on ? "Mute microphone" : "Unmute microphone"}
        off={!local.microphone.on}
        onPress={actions.toggleMicrophone}
      />
      <Control
        icon={local.camera.on ? Video : VideoOff}
        word="Camera"
        name={local.camera.on ? "Stop camera" : "Start camera"}
        off={!local.camera.on}
        onPress={actions.toggleCamera}
      />
      {canShare && (
        <Control
          icon={local.screen.on ? MonitorX : MonitorUp}
          word={local.screen.on ? "Stop sharing" : "Share"}
          name={local.screen.on ? "Stop sharing" : "Share screen"}
          active={local.screen.on}
          onPress={actions.toggleScreen}
        />
      )}
      {chat !== undefined && (
        <Control
          icon={MessageSquareText}
          word="Chat"
          name={chat.unread > 0 ? `Chat, ${chat.unread} new` : "Chat"}
          active={chat.open}
          badge={chat.unread}
          expanded={chat.open}
          onPress={chat.toggle}
        />
      )}
      <Control
        icon={Settings2}
        word="Devices"
        name="Devices"
        onPress={actions.chooseDevice === undefined ? undefined : () => setChoosing(true)}
      />
      <Control icon={PhoneOff} word="Leave" name="Leave" leave onPress={actions.leave} />
      {choosing && <DeviceDialog view={view} onClose={() => setChoosing(false)} />}
    </div>
  );
}

interface ControlProps {
  icon: LucideIcon;
  /** The visible word; part of `name`, so that speaking it works. */
  word: string;
  name: string;
  onPress: (() => void) | undefined;
  off?: boolean;
  active?: boolean;
  leave?: boolean;
  badge?: number;
  expanded?: boolean;
}

function Control({ icon: Icon, word, name, onPress, off, active, leave, badge = 0, expanded }: ControlProps): ReactNode {
  return (
    <button
      type="button"
      className="control"
      aria-label={name}
      aria-expanded={expanded}
      // Disabled by attribute only, so that the focus stays while a change is under way.
      aria-disabled={onPress === undefined || undefined}
      data-off={off || undefined}
      data-active={active || undefined}
      data-leave={leave || undefined}
      onClick={onPress}
    >
      <span className="control-mark">
        <Icon aria-hidden="true" size={24} />
        {badge > 0 && (
          <span className="control-badge numbers" aria-hidden="true">
            {badge}
          </span>
        )}
      </span>
      <span className="control-word" aria-hidden="true">
        {word}
      </span>
    </button>
  );
}
