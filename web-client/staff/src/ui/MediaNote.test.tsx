import { render, screen } from "@testing-library/react";
import { expect, it } from "vitest";
import type { Visit } from "@shared/api/types";
import { MediaNote } from "./MediaNote";

const poor: Visit["media"][number] = {
  party: "patient",
  sentence: "Audio intact 99.2 %, video paused 40 s, patient's network.",
  audio_intact_permille: 992,
  video_paused_seconds: 40,
  connection_losses: 0,
};
const good: Visit["media"][number] = {
  party: "clinician",
  sentence: "Audio intact 100 %, video without a pause.",
  audio_intact_permille: 1000,
  video_paused_seconds: 0,
  connection_losses: 0,
};

it("says for each party how the call went", () => {
  render(<MediaNote media={[poor, good]} />);
  const lines = screen.getAllByRole("listitem").map((line) => line.textContent);
  expect(lines).toEqual([`Patient: ${poor.sentence}`, `Clinician: ${good.sentence}`]);
  expect(screen.getByRole("list", { name: "How the call went" })).toBeDefined();
});

it("shows nothing while there is nothing to say", () => {
  const { container } = render(<MediaNote media={[]} />);
  expect(container.innerHTML).toBe("");
});
