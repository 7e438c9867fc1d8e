/** Development only: the visit with a running call and drawn people, at /staff/harness/call.html?state=NAME. */
import { MantineProvider } from "@mantine/core";
import "@mantine/core/styles.css";
import { QueryClientProvider, useQuery } from "@tanstack/react-query";
import { ConnectionQuality, RoomEvent, Track } from "livekit-client";
import { StrictMode, useState } from "react";
import { createRoot } from "react-dom/client";
import { Router } from "wouter";
import { createQueryClient, visitQuery } from "@shared/api/queries";
import { type Call, startCall } from "@shared/rtc/call";
import { FakeRoom, type FakeTrack } from "@shared/testing/fake-room";
import "@shared/ui/fonts.css";
import "@shared/ui/tokens.css";
import { Shell } from "../src/app/Shell";
import { VisitRoom } from "../src/features/call/VisitRoom";
import { LiveProvider } from "../src/lib/live";
import { SessionProvider } from "../src/lib/session";
import "../src/styles.css";
import { cssVariablesResolver, theme } from "../src/theme";
import { accounts } from "./fixtures";

const state = new URLSearchParams(location.search).get("state") ?? "person";

/** A drawn stand-in for a face or a screen, as a live video. */
function drawing(kind: "face" | "screen", tint: string, [width, height]: [number, number]): MediaStream {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const paint = (): void => {
    const pen = canvas.getContext("2d");
    if (pen === null) return;
    pen.fillStyle = tint;
    pen.fillRect(0, 0, width, height);
    pen.fillStyle = "#f3e3d0";
    if (kind === "face") {
      pen.beginPath();
      pen.ellipse(width / 2, height * 0.42, height * 0.18, height * 0.25, 0, 0, 7);
      pen.ellipse(width / 2, height, height * 0.4, height * 0.28, 0, 0, 7);
      pen.fill();
    } else for (let line = 0; line < 9; line += 1) pen.fillRect(60, 60 + line * 60, 400 + ((line * 97) % 300), 24);
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

function begin(): Call {
  const room = new FakeRoom();
  const call = startCall({ room: room.asRoom(), ticket: () => Promise.resolve({ url: "", token: "" }) });
  for (const source of [Track.Source.Camera, Track.Source.Microphone]) show(room.localParticipant.publish(source).track, drawing("face", "#4f6d7a", [1280, 720]));
  if (state !== "alone") {
    const patient = room.join("account-patient-1", "Amina Osei");
    const microphone = patient.publish(Track.Source.Microphone);
    microphone.isMuted = state === "muted";
    if (state !== "muted") show(patient.publish(Track.Source.Camera).track, drawing("face", "#7a5c4f", state === "phone" ? [720, 1280] : [1280, 720]));
    if (state === "screen") show(patient.publish(Track.Source.ScreenShare).track, drawing("screen", "#24303a", [1280, 720]));
  }
  if (state === "weak") room.localParticipant.connectionQuality = ConnectionQuality.Poor;
  setTimeout(() => room.emit(RoomEvent.TrackPublished), 50);
  return call;
}

function Demo() {
  const visit = useQuery(visitQuery("visit-amina"));
  return visit.data === undefined ? null : <VisitRoom visit={visit.data} begin={begin} />;
}

function Stand() {
  const [cache] = useState(() => createQueryClient(() => undefined));
  return (
    <MantineProvider theme={theme} cssVariablesResolver={cssVariablesResolver} defaultColorScheme="auto">
      <QueryClientProvider client={cache}>
        <Router base="/staff">
          <SessionProvider account={accounts.clinician}>
            <LiveProvider>
              <Shell>
                <Demo />
              </Shell>
            </LiveProvider>
          </SessionProvider>
        </Router>
      </QueryClientProvider>
    </MantineProvider>
  );
}

const root = document.getElementById("root");
if (root === null) throw new Error("the harness has no #root");
createRoot(root).render(
  <StrictMode>
    <Stand />
  </StrictMode>,
);
