import { expect, it } from "vitest";
import { ApiError } from "@shared/api/error";
import { checkPassword, refusedPassword } from "./password";

it("names what is missing, counting characters as people see them", () => {
  expect(checkPassword({ current: "", next: "short" })).toMatchObject({ current: expect.any(String), next: expect.any(String) });
  expect(checkPassword({ current: "old", next: "🐟🐟🐟🐟" })).toHaveProperty("next");
  expect(checkPassword({ current: "old", next: "three calm words" })).toEqual({});
});

it("shows a refusal at the field it is about", () => {
  expect(refusedPassword(new ApiError("invalid_credentials", 401, ""))).toHaveProperty("current");
  expect(refusedPassword(new ApiError("invalid_field", 422, "new_password: Too common.", null, { field: "new_password" }))).toEqual({ next: "Too common." });
  expect(refusedPassword(new ApiError("network", 0, ""))).toEqual({});
});
