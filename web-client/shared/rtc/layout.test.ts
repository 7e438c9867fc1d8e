import { describe, expect, test } from "vitest";
import { type Choice, type Layout, layoutOf, MAX_TILES } from "./layout";
import type { LocalState } from "./local-media";
import type { Member, Picture } from "./members";

const picture = (id: string): Picture => ({ id, attach: () => undefined, detach: () => undefined });
const local = { cameraPicture: picture("self") } as LocalState;
const everyone: Choice = { view: "everyone", pinned: undefined };
const speakerView: Choice = { view: "speaker", pinned: undefined };

const member = (identity: string, change: Partial<Member> = {}): Member => ({
  identity,
  name: identity,
  speaking: false,
  quality: "good",
  microphoneOn: true,
  camera: picture(identity),
  screen: undefined,
  pictureHeld: false,
  ...change,
});
const people = (count: number): Member[] => Array.from({ length: count }, (_, at) => member(`p${at}`));
const speaks = (members: readonly Member[], ...who: string[]): Member[] => members.map((one) => ({ ...one, speaking: who.includes(one.identity) }));
const large = (layout: Layout): string | undefined => (layout.stage.kind === "large" ? layout.stage.tile.key : undefined);
const keys = (layout: Layout): string[] => layout.tiles.map((tile) => tile.key);

test("with one other person they are large and oneself is in the corner", () => {
  const layout = layoutOf(people(1), local, everyone);
  expect(large(layout)).toBe("person:p0");
  expect(layout.tiles).toEqual([]);
  expect(layout.selfPlace).toBe("corner");
});

test("several are shown in one size, in the order of their coming, oneself among them", () => {
  const layout = layoutOf(people(MAX_TILES - 1), local, everyone);
  expect(layout.stage).toEqual({ kind: "everyone" });
  expect(keys(layout)).toEqual(people(MAX_TILES - 1).map((one) => `person:${one.identity}`));
  expect(layout.unseen).toBe(0);
  expect(layout.selfPlace).toBe("tile");
});

describe("more than fit", () => {
  const crowd = people(20);
  const first = layoutOf(crowd, local, everyone);

  test("leave room for oneself and for the number of the others", () => {
    expect(first.tiles).toHaveLength(MAX_TILES - 2);
    expect(first.unseen).toBe(20 - (MAX_TILES - 2));
  });

  test("who speaks gets the place of somebody who was silent longest, and keeps it", () => {
    const talked = layoutOf(speaks(crowd, "p0"), local, everyone, first);
    const now = layoutOf(speaks(crowd, "p15"), local, everyone, talked);
    expect(keys(now)).toContain("person:p15");
    expect(keys(now)).toContain("person:p0");
    expect(now.tiles).toHaveLength(MAX_TILES - 2);
    const silence = layoutOf(crowd, local, everyone, now);
    expect(new Set(keys(silence))).toEqual(new Set(keys(now)));
  });

  test("a place that becomes free is filled", () => {
    const left = layoutOf(crowd.slice(1), local, everyone, first);
    expect(keys(left)).not.toContain("person:p0");
    expect(left.tiles).toHaveLength(MAX_TILES - 2);
  });
});

describe("a shared screen", () => {
  const sharing = [member("a"), member("b", { screen: picture("s") })];

  test("is large with everybody beside it, and a second one waits beside", () => {
    const layout = layoutOf(sharing, local, everyone);
    expect(large(layout)).toBe("screen:b");
    expect(keys(layout)).toEqual(["person:a", "person:b"]);
    const two = layoutOf([member("a", { screen: picture("t") }), ...sharing.slice(1)], local, everyone, layout);
    expect(large(two)).toBe("screen:b");
    expect(keys(two)).toEqual(["screen:a", "person:a", "person:b"]);
  });

  test("gives way to what is pinned", () => {
    const layout = layoutOf(sharing, local, { view: "everyone", pinned: "person:a" });
    expect(layout.stage).toMatchObject({ kind: "large", pinned: true, tile: { key: "person:a" } });
    expect(keys(layout)).toEqual(["screen:b", "person:b"]);
  });

  test("of the only other person shows their face beside it", () => {
    const layout = layoutOf([member("a", { screen: picture("s") })], local, everyone);
    expect(large(layout)).toBe("screen:a");
    expect(keys(layout)).toEqual(["person:a"]);
  });
});

test("somebody pinned who leaves is let go until they come back", () => {
  const pinned: Choice = { view: "everyone", pinned: "person:p1" };
  expect(large(layoutOf(people(3), local, pinned))).toBe("person:p1");
  expect(layoutOf([member("p0"), member("p2")], local, pinned).stage.kind).toBe("everyone");
  expect(large(layoutOf(people(3), local, pinned))).toBe("person:p1");
});

describe("the speaker view", () => {
  test("shows who speaks, and in silence who spoke last", () => {
    const start = layoutOf(people(3), local, speakerView);
    expect(large(start)).toBe("person:p0");
    const talked = layoutOf(speaks(people(3), "p2"), local, speakerView, start);
    expect(large(talked)).toBe("person:p2");
    expect(large(layoutOf(people(3), local, speakerView, talked))).toBe("person:p2");
  });

  test("does not leave a speaker for a second voice", () => {
    const one = layoutOf(speaks(people(3), "p1"), local, speakerView);
    expect(large(layoutOf(speaks(people(3), "p1", "p2"), local, speakerView, one))).toBe("person:p1");
    expect(large(layoutOf(speaks(people(3), "p2"), local, speakerView, one))).toBe("person:p2");
  });
});
