import { type Readable, Store } from "@shared/lib/store";
import { type Announcement, Arrivals } from "./arrivals";
import { AudioOutput } from "./audio-output";
import { Connection, type EndReason, type Phase, type Ticket } from "./connection";
import { Ladder, type Trouble } from "./ladder";
import { type Choice, type Layout, layoutOf } from "./layout";
import { canShareScreen, LocalMedia, type LocalState } from "./local-media";
import { type Member, Members } from "./members";
import type { Names } from "./names";
import { noticeOf, type Notice } from "./notice";
import { type CallRoom, createRoom, type PreferredDevices } from "./room";
import { Roster } from "./roster";
import { Smoothness } from "./smoothness";

/** An action that is not possible now is undefined, so its button is disabled or away by itself. */
export interface CallActions {
  readonly toggleMicrophone: (() => void) | undefined;
  readonly toggleCamera: (() => void) | undefined;
  readonly toggleScreen: (() => void) | undefined;
  readonly chooseDevice: ((kind: MediaDeviceKind, id: string) => void) | undefined;
  /** Keeps a tile large, by key; the same key again lets it go. */
  readonly pin: ((key: string) => void) | undefined;
  /** Changes between everybody in one size and whoever speaks large. */
  readonly toggleView: (() => void) | undefined;
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
  readonly choice: Choice;
  readonly layout: Layout;
  readonly notice: Notice | undefined;
  /** Who came and went a moment ago, the latest last. */
  readonly announcements: readonly Announcement[];
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
  /** Who the visit is between. */
  readonly names?: Names;
  /** Asks who else is in the room, when somebody comes whom `names` does not know. */
  readonly askNames?: () => Promise<Names>;
  readonly devices?: PreferredDevices;
  /** What to send on joining. */
  readonly wanted?: { microphone: boolean; camera: boolean };
  /** A room to use instead of a new one. */
  readonly room?: CallRoom;
}

/** Joins a visit and keeps it joined. The parts decide; this only puts them together. */
export function startCall(options: CallOptions): Call {
  const room = options.room ?? createRoom(options.devices);
  const connection = new Connection(room, options.ticket);
  const names = options.names ?? new Map<string, string>();
  const roster = new Roster(names, options.askNames);
  const members = new Members(room, roster);
  const local = new LocalMedia(room, options.wanted ?? { microphone: true, camera: true });
  const audio = new AudioOutput(room);

  const ladder = new Ladder();
  const smoothness = new Smoothness();
  const arrivals = new Arrivals(names.keys());
  const choice = new Store<Choice>({ view: "everyone", pinned: undefined });
  const parts: Parts = { connection, local, audio, choice };

  const compose = (previous?: CallView): CallView => {
    const phase = connection.phase.get();
    const state = local.state.get();
    const everybody = members.list.get();
    const chosen = choice.get();
    const layout = layoutOf(everybody, state, chosen, previous?.layout);
    return {
      phase,
      members: everybody,
      local: state,
      choice: chosen,
      layout,
      notice: noticeOf({
        phase,
        local: state,
        members: everybody,
        soundBlocked: audio.blocked.get(),
        step: ladder.step.get(),
        jerky: smoothness.jerky.get(),
      }),
      announcements: arrivals.list.get(),
      actions: actionsOf(phase, state, everybody, parts),
    };
  };
  const view = new Store(compose());
  const sources = [connection.phase, members.list, local.state, audio.blocked, ladder.step, choice, smoothness.jerky, arrivals.list];
  const stops = sources.map((source) => source.subscribe(() => view.set(compose(view.get()))));
  const look = (): void => ladder.see(troubleOf(connection.phase.get(), local.state.get()));
  stops.push(connection.phase.subscribe(look), local.state.subscribe(look));
  const meet = (): void => {
    arrivals.see(connection.phase.get(), members.list.get(), (identity) => roster.expects(identity));
    smoothness.watch(connection.phase.get().name === "connected" ? members.cameras : []);
  };
  stops.push(connection.phase.subscribe(meet), members.list.subscribe(meet));
  // Refused or left before the room was joined: nothing stays open.
  stops.push(connection.phase.subscribe(() => connection.phase.get().name === "ended" && local.release()));

  begin(parts);
  return {
    view,
    dispose: () => {
      for (const stop of stops) stop();
      ladder.dispose();
      smoothness.dispose();
      arrivals.dispose();
      audio.dispose();
      local.dispose();
      members.dispose();
      connection.dispose();
    },
  };
}

/** Joins, and opens the devices meanwhile. */
function begin({ connection, local }: Parts): void {
  local.open();
  connection.start();
}

/** How much the network takes now. With the camera off, there is nothing left to give up for the sound. */
function troubleOf(phase: Phase, { quality, camera }: LocalState): Trouble {
  if (phase.name === "reconnecting") return "severe";
  if (phase.name !== "connected") return "none";
  if (quality === "lost") return "severe";
  if (quality === "poor") return camera.on ? "weak" : "severe";
  return "none";
}

interface Parts {
  connection: Connection;
  local: LocalMedia;
  audio: AudioOutput;
  choice: Store<Choice>;
}

const CAN_REJOIN: ReadonlySet<EndReason["kind"]> = new Set(["left", "elsewhere", "unreachable"]);

function actionsOf(phase: Phase, state: LocalState, members: readonly Member[], parts: Parts): CallActions {
  const { connection, local, audio, choice } = parts;
  const up = phase.name === "connected";
  const over = phase.name === "ended";
  const shared = members.some((member) => member.screen !== undefined);
  const pin = (key: string): void => choice.set({ ...choice.get(), pinned: choice.get().pinned === key ? undefined : key });
  const toggleView = (): void => choice.set({ view: choice.get().view === "everyone" ? "speaker" : "everyone", pinned: undefined });
  const toggle = (name: "microphone" | "camera" | "screen", possible: boolean): (() => void) | undefined =>
    possible && !state[name].busy ? () => void local.toggle(name) : undefined;
  return {
    toggleMicrophone: toggle("microphone", up),
    toggleCamera: toggle("camera", up),
    toggleScreen: toggle("screen", up && canShareScreen()),
    chooseDevice: up ? (kind, id) => void local.choose(kind, id) : undefined,
    pin: !over && (shared || members.length > 1) ? pin : undefined,
    // A shared screen is large in either view.
    toggleView: !over && !shared && members.length > 1 ? toggleView : undefined,
    hear: audio.blocked.get() && !over ? () => void audio.unblock() : undefined,
    leave: over ? undefined : () => connection.leave(),
    rejoin: over && CAN_REJOIN.has(phase.why.kind) ? () => begin(parts) : undefined,
  };
}
