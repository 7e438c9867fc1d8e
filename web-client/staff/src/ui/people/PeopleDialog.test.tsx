import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { accounts, thirdParties } from "../../../harness/fixtures";
import { worldOf } from "../../../harness/handlers";
import { openApp, prepareApp } from "../../../harness/render";

prepareApp();
const NOW = Date.now();

/** The visit of Amina, admitted, with its people on screen. */
async function openPeople() {
  const world = worldOf(accounts.clinician, NOW, { invited: [...thirdParties] });
  world.visits = world.visits.map((visit) => (visit.id === "visit-amina" ? { ...visit, state: "in_progress" as const, actions: ["join", "complete"] } : visit));
  const { user } = openApp(world, "/visits/visit-amina");
  await user.click(await screen.findByRole("button", { name: "People" }));
  const dialog = await screen.findByRole("dialog");
  await within(dialog).findByText("Sam Tran");
  return { world, user, dialog };
}

const asked = (seen: readonly string[], ending: string): number => seen.filter((one) => one === `POST /api/v1/visits/visit-amina/${ending}`).length;

describe("the people of a visit", () => {
  it("asks before it removes anybody, and does it then", async () => {
    const { world, user, dialog } = await openPeople();
    await user.click(within(dialog).getByRole("button", { name: "Remove Dr Chidi Okafor" }));
    const question = await screen.findByRole("dialog", { name: /Remove Dr Chidi Okafor/ });
    expect(asked(world.seen, "participants/account-okafor/remove")).toBe(0);
    await user.click(within(question).getByRole("button", { name: "Keep Dr Chidi Okafor in" }));
    await waitFor(() => expect(question).not.toBeInTheDocument());
    expect(asked(world.seen, "participants/account-okafor/remove")).toBe(0);
    await user.click(within(dialog).getByRole("button", { name: "Remove Dr Chidi Okafor" }));
    await user.click(within(await screen.findByRole("dialog", { name: /Remove Dr Chidi Okafor/ })).getByRole("button", { name: "Remove" }));
    await waitFor(() => expect(asked(world.seen, "participants/account-okafor/remove")).toBe(1));
  });

  it("mutes at once, and offers neither to the clinician's own row", async () => {
    const { world, user, dialog } = await openPeople();
    await user.click(within(dialog).getByRole("button", { name: "Mute Amina Osei" }));
    await waitFor(() => expect(asked(world.seen, "participants/account-patient-1/mute")).toBe(1));
    expect(within(dialog).queryByRole("button", { name: /Dr Mina Lee/ })).not.toBeInTheDocument();
  });

  it("lets in who knocks, and takes an invitation back after asking", async () => {
    const { world, user, dialog } = await openPeople();
    await user.click(within(dialog).getByRole("button", { name: "Let Amina’s daughter Efua in" }));
    expect(await within(dialog).findByText(/may come in/)).toBeVisible();
    await user.click(within(dialog).getByRole("button", { name: "Take back the invitation of Sam Tran" }));
    await user.click(within(await screen.findByRole("dialog", { name: /Sam Tran/ })).getByRole("button", { name: "Take back" }));
    await waitFor(() => expect(within(dialog).queryByText("Sam Tran")).not.toBeInTheDocument());
    expect(world.invited.map((person) => person.display_name)).not.toContain("Sam Tran");
  });

  it("locks and unlocks the room", async () => {
    const { user, dialog } = await openPeople();
    await user.click(within(dialog).getByRole("button", { name: "Lock room" }));
    await user.click(await within(dialog).findByRole("button", { name: "Unlock room" }));
    expect(await within(dialog).findByText(/The door is open/)).toBeVisible();
  });

  it("makes a link whose secret is in the fragment", async () => {
    const { user, dialog } = await openPeople();
    await user.click(within(dialog).getByRole("button", { name: "Invite somebody" }));
    await user.type(within(dialog).getByLabelText("Name"), "Amina’s daughter");
    await user.click(within(dialog).getByRole("button", { name: "Make link" }));
    const link = await within(dialog).findByLabelText("Send this link to them alone");
    expect((link as HTMLInputElement).value).toMatch(/^http:\/\/[^#?]+\/guest#[\w-]{43}$/);
  });

  it("shows who knocks outside the dialog too", async () => {
    const world = worldOf(accounts.clinician, NOW, { invited: [...thirdParties] });
    const { user } = openApp(world, "/visits/visit-amina");
    await user.click(await screen.findByRole("button", { name: "Let Amina’s daughter Efua in" }));
    await waitFor(() => expect(screen.queryByRole("button", { name: "Let Amina’s daughter Efua in" })).not.toBeInTheDocument());
  });
});
