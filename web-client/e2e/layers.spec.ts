import { expect, test, withClinic } from "./clinic";
import { followLayers, followRates } from "./layered";

/**
 * Layers inside one stream, judged by Chromium's own decoder: a viewer who needs less gets less of
 * the stream, and what it gets goes on being decoded: the decoder asks for no keyframe. Freezes are
 * printed and not judged, since a busy machine makes some of its own.
 */
withClinic();

test("what is left out of a layered stream is not missed by Chromium's decoder", async ({ person }) => {
  const course = await followLayers(person, "vp9");
  if (course === undefined) throw new Error("Chromium encodes no VP9 with layers");
  const { all, less } = course;
  expect(less.codec.toLowerCase()).toBe("video/vp9");
  expect(less.plis, "keyframes the decoder asked for").toBe(0);
  expect(less.kbits, "kbit/s with fewer layers").toBeLessThan(0.8 * all.kbits);
});

/**
 * Temporal layers of VP8, as a client sends them that is not told otherwise. While fewer pictures are let through, and when all
 * come again, the decoder misses none of those it needs: it asks for no keyframe.
 */
test("a lower frame rate of a VP8 camera is whole to Chromium's decoder, and so is the way back", async ({ person }) => {
  const { less, again } = await followRates(person, 1);
  for (const seen of [less, again]) {
    expect(seen.codec.toLowerCase()).toBe("video/vp8");
    expect(seen.plis, "keyframes the decoder asked for").toBe(0);
  }
});
