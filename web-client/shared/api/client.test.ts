import { http, HttpResponse } from "msw";
import { setupServer } from "msw/node";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createApi, take } from "./client";

const marks: (string | null)[] = [];
const server = setupServer(
  http.get("*/api/v1/session", ({ request }) => {
    marks.push(request.headers.get("bedside-background"));
    return HttpResponse.json({});
  }),
  http.post("*/api/v1/sessions", () =>
    HttpResponse.json({ code: "rate_limited", detail: "Wait." }, { status: 429, headers: { "retry-after": "40", "content-type": "application/problem+json" } }),
  ),
);
beforeAll(() => server.listen());
afterAll(() => server.close());

it("marks what no person caused, and nothing else", async () => {
  const person = { attended: true };
  const api = createApi("http://localhost", person);
  await api.GET("/api/v1/session");
  person.attended = false;
  await api.GET("/api/v1/session");
  expect(marks).toEqual([null, "1"]);
});

it("tells after how many seconds to come back", async () => {
  const asked = take(createApi("http://localhost").POST("/api/v1/sessions", { body: { email: "a@b.example", password: "x" } }));
  await expect(asked).rejects.toMatchObject({ code: "rate_limited", retryAfter: 40 });
});
