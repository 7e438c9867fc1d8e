import { screen, waitFor, within } from "@testing-library/react";
import { act } from "react";
import { describe, expect, it } from "vitest";
import { accounts, visitOf } from "../../harness/fixtures";
import { worldOf } from "../../harness/handlers";
import { greet, openApp, sockets, prepareApp } from "../../harness/render";

prepareApp();
const NOW = Date.now();
const reads = (seen: readonly string[]): number => seen.filter((one) => one === "GET /api/v1/waiting-room").length;

describe("signing in", () => {
  it("tells a wrong password without saying which half was wrong, and keeps what was typed", async () => {
    const { user } = openApp(worldOf(null, NOW), "/");
    await user.type(await screen.findByLabelText("Email"), "nobody@clinic.example");
    await user.type(screen.getByLabelText("Password"), "guess");
    await user.click(screen.getByRole("button", { name: "Sign in" }));
    expect(await screen.findByRole("alert")).toHaveTextContent("Email or password is not right");
    expect(screen.getByLabelText("Email")).toHaveValue("nobody@clinic.example");
  });

  it("leads to the page that was asked for", async () => {
    const { user, path } = openApp(worldOf(null, NOW), "/book");
    await user.type(await screen.findByLabelText("Email"), accounts.coordinator.email);
    await user.type(screen.getByLabelText("Password"), "right");
    await user.click(screen.getByRole("button", { name: "Sign in" }));
    expect(await screen.findByRole("heading", { name: "Book a visit" })).toBeVisible();
    expect(path()).toBe("/staff/book");
  });

  it("sends a patient on to their own page", async () => {
    openApp(worldOf(accounts.patient, NOW), "/");
    expect(await screen.findByRole("link", { name: "Go to your visits" })).toHaveAttribute("href", "/");
  });

  it("forgets what was read when signing out", async () => {
    const { user } = openApp(worldOf(accounts.clinician, NOW), "/");
    await user.click(await screen.findByRole("button", { name: "Account" }));
    await user.click(await screen.findByRole("menuitem", { name: "Sign out" }));
    expect(await screen.findByRole("heading", { name: "Sign in to your clinic" })).toBeVisible();
    expect(screen.queryByText("Amina Osei")).not.toBeInTheDocument();
  });
});

describe("staying current", () => {
  it("reads the day again on a push and after a reconnect, and never on its own", async () => {
    const world = worldOf(accounts.coordinator, NOW);
    openApp(world, "/board");
    await screen.findByText("Peter Nowak");
    await waitFor(() => expect(sockets).toHaveLength(1));
    const socket = greet(world);
    await waitFor(() => expect(reads(world.seen)).toBe(2));
    expect(screen.getByLabelText("Updates")).toHaveTextContent("Live");

    world.visits = world.visits.map((visit) => (visit.id === "visit-peter" ? { ...visit, state: "no_show" as const, actions: [] } : visit));
    act(() =>
      socket.push({
        type: "event",
        conv: "conversation-room",
        seq: 1,
        id: "e1",
        at: new Date(NOW).toISOString(),
        body: { kind: "waiting_room", visit_id: "visit-peter", state: "no_show", ahead: null },
      }),
    );
    await waitFor(() => expect(within(rowOf("Peter Nowak")).getByText("No show")).toBeVisible());
    expect(reads(world.seen)).toBe(3);

    act(() => socket.lose());
    expect(screen.getByLabelText("Updates")).toHaveTextContent("Reconnecting");
  });

  it("announces who has checked in", async () => {
    const world = worldOf(accounts.clinician, NOW);
    openApp(world, "/today");
    await screen.findByRole("link", { name: "Grace Mbeki" });
    await waitFor(() => expect(sockets).toHaveLength(1));
    world.visits = world.visits.map((visit) => (visit.id === "visit-grace" ? visitOf({ ...visit, state: "checked_in", checked_in_at: new Date(NOW).toISOString() }) : visit));
    greet(world);
    expect(await screen.findByText("Grace Mbeki has checked in.")).toBeInTheDocument();
    expect(document.title).toBe("(4) waiting · Bedside");
  });
});

const rowOf = (name: string): HTMLElement => {
  const row = screen.getByText(name).closest<HTMLElement>("tr");
  if (row === null) throw new Error(`${name} stands in no row`);
  return row;
};

describe("admitting", () => {
  it("opens the visit, where joining is the next step", async () => {
    const { user, path } = openApp(worldOf(accounts.clinician, NOW), "/today");
    await user.click(await screen.findByRole("button", { name: "Admit", description: "Amina Osei" }));
    expect(await screen.findByRole("button", { name: "Join visit" })).toBeVisible();
    expect(path()).toBe("/staff/visits/visit-amina");
  });

  it("tells the loser of a race who was first, and stays", async () => {
    const world = worldOf(accounts.clinician, NOW, { admittedBy: "Dr Chidi Okafor" });
    const { user, path } = openApp(world, "/today");
    await user.click(await screen.findByRole("button", { name: "Admit", description: "Amina Osei" }));
    expect(await screen.findByRole("alert")).toHaveTextContent("Dr Chidi Okafor admitted Amina Osei just before you.");
    expect(path()).toBe("/staff/today");
  });

  it("does not lead a coordinator to the clinician's pages", async () => {
    openApp(worldOf(accounts.coordinator, NOW), "/visits/visit-amina");
    expect(await screen.findByRole("heading", { name: /not part of your role/ })).toBeVisible();
  });
});

describe("booking", () => {
  const fill = async (user: ReturnType<typeof openApp>["user"]): Promise<void> => {
    await user.type(await screen.findByRole("textbox", { name: "Patient" }), "Amina");
    await user.click(await screen.findByRole("option", { name: /Amina Osei/ }));
    await user.click(screen.getByRole("combobox", { name: "Clinician" }));
    await user.click(await screen.findByRole("option", { name: /Mina Lee/ }));
    await user.clear(screen.getByLabelText("Day"));
    await user.type(screen.getByLabelText("Day"), "2099-11-24");
    await user.type(screen.getByLabelText("Time"), "10:00");
    await user.type(screen.getByLabelText(/Reason/), "Rash");
    await user.click(screen.getByRole("button", { name: "Book visit" }));
  };

  it("offers free starts when the slot is taken, and takes the chosen one over", async () => {
    const world = worldOf(accounts.coordinator, NOW, { alternatives: ["2099-11-24T15:30:00Z"] });
    const { user } = openApp(world, "/book");
    await fill(user);
    await user.click(await screen.findByRole("button", { name: "10:30 AM" }));
    expect(screen.getByLabelText("Time")).toHaveValue("10:30");
    expect(screen.queryByText(/This time is taken/)).not.toBeInTheDocument();
  });

  it("names what is missing instead of sending", async () => {
    const world = worldOf(accounts.coordinator, NOW);
    const { user } = openApp(world, "/book");
    await user.click(await screen.findByRole("button", { name: "Book visit" }));
    expect(await screen.findByText("Choose a clinician.")).toBeVisible();
    expect(world.seen).not.toContain("POST /api/v1/appointments");
  });
});
