import { QueryClientProvider } from "@tanstack/react-query";
import { ConnectionQuality, RoomEvent, Track } from "livekit-client";
import { type ReactNode, useState } from "react";
import { createQueryClient } from "@shared/api/queries";
import { type Call, startCall } from "@shared/rtc/call";
import type { FakeBackend } from "@shared/testing/fake-backend";
import type { FakeChatHub } from "@shared/testing/fake-chat-hub";
import { FakeRoom, type FakeTrack } from "@shared/testing/fake-room";
import { CallScreen } from "../src/features/call/call-screen";
import { LiveProvider } from "../src/lib/live";

interface Props {
  state: string;
  backend: FakeBackend;
  hub: FakeChatHub;
}

/** A drawn stand-in for a face or a screen, as a live video. */
function drawing(kind: "face" | "screen", tint: string): MediaStream {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [640, 480];
  const paint = (): void => {
    const pen = canvas.getContext("2d");
    if (pen === null) return;
    pen.fillStyle = tint;
    pen.fillRect(0, 0, 640, 480);
    pen.fillStyle = "#f3e3d0";
    if (kind === "face") {
      pen.beginPath();
      pen.ellipse(320, 210, 90, 120, 0, 0, 7);
      pen.ellipse(320, 480, 220, 130, 0, 0, 7);
      pen.fill();
    } else for (let line = 0; line < 9; line += 1) pen.fillRect(60, 60 + line * 44, 300 + ((line * 97) % 200), 18);
  };
  paint();
  setInterval(paint, 200);
  return canvas.captureStream(5);
}

function show(track: FakeTrack, stream: MediaStream): void {
  track.attach = (element) => {
    const video = element ?? document.createElement("video");
    video.srcObject = stream;
    return video;
  };
}

function begin(state: string): Call {
  const room = new FakeRoom();
  const call = startCall({ room: room.asRoom(), ticket: () => Promise.resolve({ url: "", token: "" }) });
  for (const source of [Track.Source.Camera, Track.Source.Microphone]) show(room.localParticipant.publish(source).track, drawing("face", "#4f6d7a"));
  if (state === "call-alone") return call;
  const doctor = room.join("dr", "Dr. Ama Osei");
  doctor.publish(Track.Source.Microphone);
  if (state !== "call-no-camera") show(doctor.publish(Track.Source.Camera).track, drawing("face", "#7a5c4f"));
  if (state === "call-screen") show(doctor.publish(Track.Source.ScreenShare).track, drawing("screen", "#24303a"));
  if (state === "call-weak") room.localParticipant.connectionQuality = ConnectionQuality.Poor;
  setTimeout(() => room.emit(RoomEvent.TrackPublished), 50);
  return call;
}

/** The call screen over a room without a server. */
export function CallDemo({ state, backend, hub }: Props): ReactNode {
  const [client] = useState(() => createQueryClient(() => undefined));
  const visit = backend.visits[0];
  if (visit === undefined) return null;
  return (
    <QueryClientProvider client={client}>
      <LiveProvider account={hub.account}>
        <main>
          <CallScreen visit={visit} devices={{}} onEnded={() => undefined} begin={() => begin(state)} />
        </main>
      </LiveProvider>
    </QueryClientProvider>
  );
}
