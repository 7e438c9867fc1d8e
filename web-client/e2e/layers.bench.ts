import { test, withClinic } from "./clinic";
import { followLayers } from "./layered";

withClinic();

test("layers of an AV1 stream as Chromium's decoder sees them", async ({ person }) => {
  await followLayers(person, "av1");
});
