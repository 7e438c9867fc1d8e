import { cleanup, render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { setupServer } from "msw/node";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { InvitedVisit } from "@shared/api/types";
import { FakeBackend } from "@shared/testing/fake-backend";
import { invitation } from "@shared/testing/fixtures";
import { App } from "./app";

const server = setupServer();
let backend: FakeBackend;

beforeAll(() => server.listen({ onUnhandledRequest: "error" }));
beforeEach(() => {
  backend = new FakeBackend();
  backend.session = null;
  server.use(...backend.handlers);
});
afterEach(() => {
  cleanup();
  sessionStorage.clear();
  server.resetHandlers();
  history.replaceState(null, "", "/");
});
afterAll(() => server.close());

const heading = (name: string | RegExp): Promise<HTMLElement> => screen.findByRole("heading", { level: 1, name });

function open(change: Partial<InvitedVisit> | null, checked = false): void {
  backend.invited = change === null ? null : invitation(change);
  if (checked) {
    sessionStorage.setItem(
      `bedside.check.${invitation().visit_id}`,
      JSON.stringify({ report: { camera: "ok", microphone: "ok", network: "ok" }, chosen: {}, at: Date.now() }),
    );
  }
  history.replaceState(null, "", "/guest#the-secret");
  render(<App />);
}

test("a link says what it is for, and its secret leaves the address", async () => {
  open({});
  expect(await heading("You are invited to a video visit")).toBeInTheDocument();
  expect(screen.getByText(/Amira’s daughter, family or friend/)).toBeInTheDocument();
  expect(location.hash).toBe("");
  expect(backend.requests.every((request) => !request.includes("the-secret"))).toBe(true);
});

test("a reload keeps the invitation", async () => {
  open({});
  await heading("You are invited to a video visit");
  cleanup();
  render(<App />);
  expect(await heading("You are invited to a video visit")).toBeInTheDocument();
});

test("before its time a link says when to come back", async () => {
  open({ window_opens_at: new Date(Date.now() + 3_600_000).toISOString() });
  expect(await screen.findByRole("button", { name: "Start check" })).toBeDisabled();
  expect(screen.getByText(/You can come in from/)).toBeInTheDocument();
});

test("the guest knocks, waits, and is let in without doing more", async () => {
  open({}, true);
  await userEvent.click(await screen.findByRole("button", { name: "Ask to join" }));
  expect(await heading("Please wait a moment")).toBeInTheDocument();
  backend.invited = invitation({ stage: "let_in", may_join: true });
  expect(await screen.findByRole("button", { name: "Join visit" }, { timeout: 10_000 })).toBeInTheDocument();
}, 20_000);

test("whoever was asked to leave reads what to do", async () => {
  open({ stage: "removed" }, true);
  expect(await heading("You were asked to leave the call")).toBeInTheDocument();
});

test("a link that is not valid says so without a reason", async () => {
  open(null);
  expect(await heading("This invitation is not valid")).toBeInTheDocument();
  await waitFor(() => expect(screen.queryByRole("button")).not.toBeInTheDocument());
});
