import { act, cleanup, render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { setupServer } from "msw/node";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { Visit } from "@shared/api/types";
import { FakeBackend } from "@shared/testing/fake-backend";
import { FakeChatHub } from "@shared/testing/fake-chat-hub";
import { inMinutes, patientAccount, visit } from "@shared/testing/fixtures";
import { App } from "./app";

const server = setupServer();
let backend: FakeBackend;
let hub: FakeChatHub;

beforeAll(() => server.listen({ onUnhandledRequest: "error" }));
beforeEach(() => {
  backend = new FakeBackend();
  hub = new FakeChatHub(patientAccount.id);
  server.use(...backend.handlers);
  vi.stubGlobal("WebSocket", hub.WebSocket);
});
afterEach(() => {
  // First, or the app would follow the address back to its start.
  cleanup();
  Reflect.deleteProperty(navigator, "mediaDevices");
  server.resetHandlers();
  history.replaceState(null, "", "/");
});
afterAll(() => server.close());

function open(path = "/"): ReturnType<typeof userEvent.setup> {
  history.replaceState(null, "", path);
  render(<App />);
  return userEvent.setup();
}

/** Puts one visit on the server and opens it. */
function openVisit(change: Partial<Visit>, startsIn?: number, suffix = ""): { user: ReturnType<typeof userEvent.setup>; id: string } {
  const made = visit(change, startsIn);
  backend.visits = [made];
  return { user: open(`/visits/${made.id}${suffix}`), id: made.id };
}

const heading = (name: string | RegExp): Promise<HTMLElement> => screen.findByRole("heading", { level: 1, name });
const press = async (user: ReturnType<typeof userEvent.setup>, name: string): Promise<void> =>
  user.click(await screen.findByRole("button", { name }));
const rememberCheck = (id: string): void =>
  sessionStorage.setItem(
    `bedside.check.${id}`,
    JSON.stringify({ report: { camera: "ok", microphone: "ok", network: "ok" }, chosen: {}, at: Date.now() }),
  );
const queue = (ahead: number) => ({ ahead, estimated_minutes: { low: ahead * 5, high: ahead * 5 + 5 } });
const waitingVisit = { state: "ready", consent_telehealth: true, checked_in_at: inMinutes(-3), queue: queue(2) } as const;

describe("signing in", () => {
  beforeEach(() => {
    backend.session = null;
  });

  test("leads to the visit that the address names", async () => {
    const { user } = openVisit(waitingVisit);
    await user.type(await screen.findByLabelText("Email"), "amira@example.com");
    await user.type(screen.getByLabelText("Password"), backend.password);
    await press(user, "Sign in");
    expect(await heading("You are checked in")).toBeVisible();
  });

  test("a wrong password is told without saying which half was wrong", async () => {
    const user = open();
    await user.type(await screen.findByLabelText("Email"), "amira@example.com");
    await user.type(screen.getByLabelText("Password"), "wrong");
    await press(user, "Sign in");
    expect(await screen.findByRole("alert")).toHaveTextContent("do not belong together");
    expect(screen.getByLabelText("Email")).toHaveValue("amira@example.com");
  });

  describe("with a code", () => {
    const givePassword = async (): Promise<ReturnType<typeof userEvent.setup>> => {
      backend.secondFactors = ["totp", "recovery_code"];
      const { user } = openVisit(waitingVisit);
      await user.type(await screen.findByLabelText("Email"), "amira@example.com");
      await user.type(screen.getByLabelText("Password"), backend.password);
      await press(user, "Sign in");
      await heading("Open the app on your phone");
      return user;
    };

    test("goes on with six numbers as they are pasted, and tells a wrong one", async () => {
      const user = await givePassword();
      await press(user, "Continue");
      expect(screen.getByLabelText("Code from your app")).toHaveAccessibleDescription(/all six numbers/);
      expect(backend.requests).not.toContain("POST /api/v1/sessions/second-factor");
      await user.type(screen.getByLabelText("Code from your app"), "000000");
      await press(user, "Continue");
      expect(await screen.findByRole("alert")).toHaveTextContent("That code did not work");
      await user.clear(screen.getByLabelText("Code from your app"));
      await user.click(screen.getByLabelText("Code from your app"));
      await user.paste("123 456");
      await press(user, "Continue");
      expect(await heading("You are checked in")).toBeVisible();
    });

    test("goes on without the phone", async () => {
      const user = await givePassword();
      backend.code = "abcdefghjkmnpqrstuvwxyz2";
      await press(user, "Use a recovery code instead");
      await user.type(screen.getByLabelText("Recovery code"), "ABCD-EFGH-JKMN-PQRS-TUVW-XYZ2");
      await press(user, "Continue");
      expect(await heading("You are checked in")).toBeVisible();
    });

    test("starts again when the attempt is over", async () => {
      const user = await givePassword();
      backend.refusals.set("POST /second-factor", { status: 401, code: "unauthenticated" });
      await user.type(screen.getByLabelText("Code from your app"), "123456");
      await press(user, "Continue");
      expect(await heading("Sign in")).toBeVisible();
      expect(screen.getByRole("alert")).toHaveTextContent("Please start again");
    });
  });

  test("empty fields are named and focused, and nothing is sent", async () => {
    const user = open();
    await press(user, "Sign in");
    expect(screen.getByLabelText("Email")).toHaveFocus();
    expect(screen.getByLabelText("Email")).toHaveAccessibleDescription(/Enter your email/);
    expect(backend.requests).not.toContain("POST /api/v1/sessions");
  });
});

describe("the next visit", () => {
  test("says who, what to have ready and that check-in is open", async () => {
    backend.visits = [visit({}, 10)];
    open();
    await heading(/at/);
    expect(screen.getByText("Dr. Ama Osei")).toBeVisible();
    expect(screen.getByText("Check-in is open")).toBeVisible();
    expect(screen.getByRole("button", { name: "Start check" })).toBeVisible();
  });

  test("before the window it says when check-in opens and still offers the check", async () => {
    backend.visits = [visit({}, 120)];
    open();
    expect(await screen.findByText(/Check-in opens/)).toBeVisible();
    expect(screen.getByRole("button", { name: "Start check" })).toBeEnabled();
  });

  test("none planned is a calm screen, not an error", async () => {
    open();
    expect(await heading("No visit is planned")).toBeVisible();
  });

  test("a server that is away is tried again by a button", async () => {
    backend.refusals.set("GET /visits", { status: 500, code: "internal" });
    backend.visits = [visit()];
    const user = open();
    await heading("Something went wrong on our side");
    backend.refusals.clear();
    await press(user, "Try again");
    expect(await screen.findByRole("button", { name: "Start check" })).toBeVisible();
  });
});

describe("the device check", () => {
  test("a refused camera is explained and can be passed by", async () => {
    Object.defineProperty(navigator, "mediaDevices", {
      configurable: true,
      value: { getUserMedia: () => Promise.reject(new DOMException("no", "NotAllowedError")), enumerateDevices: () => Promise.resolve([]) },
    });
    const { user, id } = openVisit({});
    await press(user, "Start check");
    await heading("Your camera does not work yet");
    expect(screen.getByText(/Choose|choose/)).toHaveTextContent("Allow");
    await press(user, "Continue without camera");
    await heading("Your microphone does not work yet");
    await press(user, "Continue without sound test");
    await heading("Your connection is ready");
    await press(user, "Continue");
    await heading("Consent to a visit by video");
    expect(JSON.parse(sessionStorage.getItem(`bedside.check.${id}`) ?? "")).toMatchObject({
      report: { camera: "skipped", microphone: "skipped", network: "ok" },
    });
  });
});

describe("consent", () => {
  test("is not given by Continue alone; with the tick it leads to check-in", async () => {
    const made = visit();
    backend.visits = [made];
    rememberCheck(made.id);
    const user = open(`/visits/${made.id}`);
    await heading("Consent to a visit by video");
    await press(user, "Continue");
    expect(await screen.findByRole("alert")).toHaveTextContent("tick the box");
    expect(backend.requests.some((one) => one.endsWith("/consents"))).toBe(false);
    await user.click(screen.getByRole("checkbox"));
    await press(user, "Continue");
    await heading("Everything is ready");
    expect(screen.getByRole("heading", { level: 1 })).toHaveFocus();
  });

  test("a newer text is fetched and said", async () => {
    const made = visit();
    backend.visits = [made];
    rememberCheck(made.id);
    backend.refusals.set("POST /consents", { status: 409, code: "consent_outdated" });
    const user = open(`/visits/${made.id}`);
    await user.click(await screen.findByRole("checkbox"));
    await press(user, "Continue");
    expect(await screen.findByRole("alert")).toHaveTextContent("The text has changed");
    await waitFor(() => expect(backend.requests.filter((one) => one.endsWith("/telehealth"))).toHaveLength(2));
  });
});

describe("check-in", () => {
  test("checks in, reports the devices and shows the place", async () => {
    const made = visit({ consent_telehealth: true });
    backend.visits = [made];
    rememberCheck(made.id);
    const user = open(`/visits/${made.id}`);
    await press(user, "Check in");
    await heading("You are checked in");
    expect(screen.getByText("2 people before you")).toBeVisible();
    expect(backend.visits[0]).toMatchObject({ state: "ready", device_check: { camera: "ok" } });
  });

  test("somebody checked in at the front desk is not checked in twice", async () => {
    const made = visit({ state: "checked_in", consent_telehealth: true });
    backend.visits = [made];
    rememberCheck(made.id);
    const user = open(`/visits/${made.id}`);
    await press(user, "Check in");
    await heading("You are checked in");
    expect(backend.requests).not.toContain(`POST /api/v1/visits/${made.id}/check-in`);
  });

  test("before the window the button waits and says until when", async () => {
    const made = visit({ consent_telehealth: true }, 90);
    backend.visits = [made];
    rememberCheck(made.id);
    open(`/visits/${made.id}`);
    expect(await screen.findByRole("button", { name: "Check in" })).toBeDisabled();
    expect(screen.getByText(/Check-in opens at/)).toBeVisible();
  });

  test("a failed check-in loses nothing and can be repeated", async () => {
    const made = visit({ consent_telehealth: true });
    backend.visits = [made];
    rememberCheck(made.id);
    backend.refusals.set("POST /check-in", "network");
    const user = open(`/visits/${made.id}`);
    await press(user, "Check in");
    expect(await screen.findByRole("alert")).toHaveTextContent("We cannot reach the clinic");
    backend.refusals.clear();
    await press(user, "Check in");
    await heading("You are checked in");
  });
});

describe("waiting", () => {
  test("a push moves the place without a reload", async () => {
    const { id } = openVisit(waitingVisit);
    await screen.findByText("2 people before you");
    await screen.findByText("Connected to your clinic");
    backend.move(id, { queue: queue(0) });
    act(() => void hub.publish(id, { kind: "waiting_room", visit_id: id, state: "ready", ahead: 0 }));
    expect(await screen.findByText("You are next")).toBeVisible();
  });

  test("a lost connection says that the place is kept, and what was missed is read after it", async () => {
    const { id } = openVisit(waitingVisit);
    await screen.findByText("Connected to your clinic");
    hub.isUp = false;
    act(() => hub.cut());
    expect(await screen.findByText("The connection is interrupted")).toBeVisible();
    backend.move(id, { queue: queue(1) });
    hub.isUp = true;
    expect(await screen.findByText("1 person before you", {}, { timeout: 5_000 })).toBeVisible();
  });

  test("being admitted brings the one button and says so aloud", async () => {
    const { id } = openVisit(waitingVisit);
    await screen.findByText("Connected to your clinic");
    backend.move(id, { state: "admitted", queue: null, actions: ["join"] });
    act(() => void hub.publish(id, { kind: "waiting_room", visit_id: id, state: "admitted", ahead: null }));
    expect(await screen.findByRole("button", { name: "Join visit" })).toBeVisible();
    expect(screen.getByRole("alert")).toHaveTextContent("It is your turn");
    expect(screen.getByRole("heading", { level: 1 })).toHaveFocus();
  });
});

describe("ends and refusals", () => {
  test("a finished visit is summed up", async () => {
    openVisit({ state: "completed", consent_telehealth: true, started_at: inMinutes(-18), ended_at: inMinutes(0) }, -20);
    await heading("Your visit is finished");
    expect(screen.getByText("18 min")).toBeVisible();
  });

  test.each([
    ["cancelled", "This visit was cancelled"],
    ["no_show", "This visit did not take place"],
  ] as const)("%s is told with what to do", async (state, title) => {
    openVisit({ state });
    await heading(title);
    expect(screen.getByText(/Call Harbour Street Clinic/)).toBeVisible();
  });

  test("a foreign visit is not here, without a word about whose it is", async () => {
    open("/visits/0193a000-0000-7000-8000-999999999999");
    expect(await heading("This visit is not here")).toBeVisible();
  });

  test("a session that ends in between leads to signing in, with the reason", async () => {
    const { id } = openVisit(waitingVisit);
    await screen.findByText("Connected to your clinic");
    backend.session = null;
    act(() => void hub.publish(id, { kind: "waiting_room", visit_id: id, state: "ready", ahead: 1 }));
    expect(await screen.findByText("You were signed out")).toBeVisible();
  });

  test("staff are shown the way to their page", async () => {
    if (backend.session !== null) backend.session = { ...backend.session, account: { ...patientAccount, roles: ["clinician"] } };
    open();
    await heading("This page is for patients");
    expect(screen.getByRole("link", { name: "Go to the clinic’s page" })).toHaveAttribute("href", "/staff/");
  });

  test("signing out forgets everything", async () => {
    backend.visits = [visit()];
    const user = open();
    await screen.findByRole("button", { name: "Start check" });
    await press(user, "Sign out");
    await heading("Sign in");
    expect(backend.session).toBeNull();
  });
});

describe("a door that is shut", () => {
  const inside: Partial<Visit> = { state: "in_progress", consent_telehealth: true, checked_in_at: inMinutes(-9), actions: [] };

  test("a locked room says so, what to do, and lets in by itself when it opens", async () => {
    backend.door = { locked_since: inMinutes(-1), removed: [] };
    const { id } = openVisit(inside);
    expect(await heading("The door is closed for a moment")).toBeInTheDocument();
    expect(screen.getByText(/Please stay on this page/)).toBeInTheDocument();
    expect(screen.queryByRole("button", { name: "Join visit" })).not.toBeInTheDocument();
    await waitFor(() => expect(hub.live).toHaveLength(1));
    backend.move(id, { actions: ["join"] });
    act(() => void hub.publish(id, { kind: "people", visit_id: id }));
    expect(await screen.findByRole("button", { name: "Join visit" })).toBeInTheDocument();
  });

  test("whoever was asked to leave reads who can let them in", async () => {
    backend.door = { locked_since: null, removed: [patientAccount.id] };
    openVisit(inside);
    expect(await heading("You were asked to leave the call")).toBeInTheDocument();
    expect(screen.getByText(/can let you in again/)).toBeInTheDocument();
  });
});

test("who else is invited is said while waiting", async () => {
  backend.people = [{ identity: "sam", display_name: "Sam Tran", part: "interpreter", invitation: { id: "sam", stage: "invited", by_link: true }, present: false }];
  openVisit(waitingVisit);
  expect(await screen.findByText(/Sam Tran/)).toHaveTextContent("Sam Tran (interpreter)");
});
