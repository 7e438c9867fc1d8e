import { type Readable, Store } from "@shared/lib/store";
import { AudioOutput } from "./audio-output";
import { Connection, type EndReason, type Phase, type Ticket } from "./connection";
import { type Layout, layoutOf } from "./layout";
import { canShareScreen, LocalMedia, type LocalState } from "./local-media";
import { type Member, Members } from "./members";
import type { Names } from "./names";
import { noticeOf, type Notice } from "./notice";
import { type CallRoom, createRoom, type PreferredDevices } from "./room";

/** An action that is not possible now is undefined, so its button is disabled or away by itself. */
export interface CallActions {
  readonly toggleMicrophone: (() => void) | undefined;
  readonly toggleCamera: (() => void) | undefined;
  readonly toggleScreen: (() => void) | undefined;
  readonly chooseDevice: ((kind: MediaDeviceKind, id: string) => void) | undefined;
  /** Starts the sound after the browser held it back. */
  readonly hear: (() => void) | undefined;
  readonly leave: (() => void) | undefined;
  /** Joins again after the call ended in a way that allows it. */
  readonly rejoin: (() => void) | undefined;
}

/** Everything a view needs to draw a call. */
export interface CallView {
  readonly phase: Phase;
  readonly members: readonly Member[];
  readonly local: LocalState;
  readonly layout: Layout;
  readonly notice: Notice | undefined;
  readonly actions: CallActions;
}

export interface Call {
  readonly view: Readable<CallView>;
  /** Leaves and frees everything. */
  readonly dispose: () => void;
}

export interface CallOptions {
  /** Asks the server for a media token; called again for each new session. */
  readonly ticket: () => Promise<Ticket>;
  /** Who is who in the room. */
  readonly names?: Names;
  readonly devices?: PreferredDevices;
  /** What to send on joining. */
  readonly wanted?: { microphone: boolean; camera: boolean };
  /** A room to use instead of a new one. */
  readonly room?: CallRoom;
}

/** Joins a visit and keeps it joined. The four parts decide; this only puts them together. */
export function startCall(options: CallOptions): Call {
  const room = options.room ?? createRoom(options.devices);
  const connection = new Connection(room, options.ticket);
  const members = new Members(room, options.names ?? new Map());
  const local = new LocalMedia(room, options.wanted ?? { microphone: true, camera: true });
  const audio = new AudioOutput(room);

  const compose = (previous?: CallView): CallView => {
    const phase = connection.phase.get();
    const state = local.state.get();
    const everybody = members.list.get();
    const actions = actionsOf(phase, state, { connection, local, audio });
    return {
      phase,
      members: everybody,
      local: state,
      layout: layoutOf(everybody, state, previous?.layout),
      notice: noticeOf(phase, state, everybody, audio.blocked.get()),
      actions,
    };
  };
  const view = new Store(compose());
  const parts = [connection.phase, members.list, local.state, audio.blocked];
  const stops = parts.map((part) => part.subscribe(() => view.set(compose(view.get()))));

  connection.start();
  return {
    view,
    dispose: () => {
      for (const stop of stops) stop();
      audio.dispose();
      local.dispose();
      members.dispose();
      connection.dispose();
    },
  };
}

interface Parts {
  connection: Connection;
  local: LocalMedia;
  audio: AudioOutput;
}

const CAN_REJOIN: ReadonlySet<EndReason["kind"]> = new Set(["left", "elsewhere", "unreachable"]);

function actionsOf(phase: Phase, state: LocalState, { connection, local, audio }: Parts): CallActions {
  const up = phase.name === "connected";
  const over = phase.name === "ended";
  const toggle = (name: "microphone" | "camera" | "screen", possible: boolean): (() => void) | undefined =>
    possible && !state[name].busy ? () => void local.toggle(name) : undefined;
  return {
    toggleMicrophone: toggle("microphone", up),
    toggleCamera: toggle("camera", up),
    toggleScreen: toggle("screen", up && canShareScreen()),
    chooseDevice: up ? (kind, id) => void local.choose(kind, id) : undefined,
    hear: audio.blocked.get() && !over ? () => void audio.unblock() : undefined,
    leave: over ? undefined : () => connection.leave(),
    rejoin: over && CAN_REJOIN.has(phase.why.kind) ? () => connection.start() : undefined,
  };
}
