/**
 * Development only: shows the app in any state without a server, at /harness/?state=NAME.
 * `npm run dev:patient` serves it; no build contains it.
 */
import { getResponse } from "msw";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import "@shared/ui/fonts.css";
import "@shared/ui/tokens.css";
import "../src/ui/ui.css";
import { FakeBackend } from "@shared/testing/fake-backend";
import { FakeChatHub } from "@shared/testing/fake-chat-hub";
import { patientAccount } from "@shared/testing/fixtures";
import { App } from "../src/app/app";
import { CallDemo } from "./call-demo";
import { scenes } from "./scenes";

const state = new URLSearchParams(location.search).get("state") ?? "next";
const backend = new FakeBackend();
const hub = new FakeChatHub(patientAccount.id);

const realFetch = globalThis.fetch;
globalThis.fetch = async (input, init) => {
  const request = new Request(input, init);
  return (await getResponse(backend.handlers, request)) ?? realFetch(request);
};
globalThis.WebSocket = hub.WebSocket;

const scene = scenes[state];
const path = scene?.({ backend, hub }) ?? "/";
history.replaceState(null, "", path);

const root = document.getElementById("root");
if (root === null) throw new Error("harness has no #root");
createRoot(root).render(
  <StrictMode>{state.startsWith("call") ? <CallDemo state={state} backend={backend} hub={hub} /> : <App />}</StrictMode>,
);
Object.assign(globalThis, { harness: { backend, hub, visitId: () => backend.visits[0]?.id } });
