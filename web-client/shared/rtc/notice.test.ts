import { expect, test } from "vitest";
import type { LocalState } from "./local-media";
import type { Member } from "./members";
import { type Facts, noticeOf } from "./notice";

const on = { on: true, busy: false, problem: undefined };
const local: LocalState = {
  microphone: on,
  camera: on,
  screen: { ...on, on: false },
  cameraPicture: undefined,
  quality: "good",
  speaking: false,
  devices: { audioinput: [], videoinput: [], audiooutput: [], active: {} },
};
const picture = { id: "p", attach: () => undefined, detach: () => undefined };
const doctor: Member = { identity: "dr", name: "Mina Lee", speaking: false, quality: "good", microphoneOn: true, camera: picture, screen: undefined, pictureHeld: false };
const facts = (change: Partial<Facts>): Facts => ({ phase: { name: "connected" }, local, members: [doctor], soundBlocked: false, step: "fine", jerky: new Set(), ...change });

test("fewer pictures are told calmly, below a pause and the own weak network", () => {
  const jerky = new Set(["dr"]);
  expect(noticeOf(facts({ jerky }))).toMatchObject({ kind: "fewer-pictures" });
  expect(noticeOf(facts({ jerky }))?.text).toMatch(/moves less for now so that the sound stays clear/);
  expect(noticeOf(facts({ jerky, members: [{ ...doctor, pictureHeld: true }] }))?.kind).toBe("picture-held");
  expect(noticeOf(facts({ jerky, step: "weak" }))?.kind).toBe("own-network");
  expect(noticeOf(facts({ jerky: new Set(["somebody who left"]) }))).toBeUndefined();
});
