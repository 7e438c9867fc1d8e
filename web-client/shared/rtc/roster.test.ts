import { expect, test, vi } from "vitest";
import { Roster } from "./roster";

test("names are asked for once when somebody unknown comes, and never for who is known", async () => {
  const ask = vi.fn(() => Promise.resolve(new Map([["guest", "Amina’s daughter"]])));
  const roster = new Roster(new Map([["dr", "Mina Lee"]]), ask);
  roster.need(["dr"]);
  expect(ask).not.toHaveBeenCalled();
  roster.need(["dr", "guest"]);
  roster.need(["dr", "guest"]);
  expect(roster.expects("guest")).toBe(true);
  await vi.waitFor(() => expect(roster.names.get().get("guest")).toBe("Amina’s daughter"));
  roster.need(["dr", "guest"]);
  expect(ask).toHaveBeenCalledTimes(1);
});

test("who stays unknown is not asked for again, and a question that failed is", async () => {
  const ask = vi.fn<() => Promise<ReadonlyMap<string, string>>>().mockRejectedValueOnce(new Error("away")).mockResolvedValue(new Map());
  const roster = new Roster(new Map(), ask);
  roster.need(["stranger"]);
  await vi.waitFor(() => {
    roster.need(["stranger"]);
    expect(ask).toHaveBeenCalledTimes(2);
  });
  await vi.waitFor(() => expect(roster.expects("stranger")).toBe(false));
  roster.need(["stranger"]);
  expect(ask).toHaveBeenCalledTimes(2);
});
