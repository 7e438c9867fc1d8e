import { setupServer } from "msw/node";
import { http, HttpResponse } from "msw";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { createApi, ifMatch, take } from "./client";
import { ApiError, codeOf } from "./error";

const server = setupServer();
beforeAll(() => server.listen({ onUnhandledRequest: "error" }));
afterEach(() => server.resetHandlers());
afterAll(() => server.close());

const api = createApi("http://clinic.example");
const read = () => take(api.GET("/api/v1/session"));
const answer = (response: () => Response): void => server.use(http.get("http://clinic.example/api/v1/session", response));
async function failure(): Promise<ApiError> {
  const error: unknown = await read().catch((thrown: unknown) => thrown);
  if (error instanceof ApiError) return error;
  throw new Error("did not fail with an ApiError");
}

test("a problem document becomes its stable code with all it carries", async () => {
  answer(() =>
    HttpResponse.json(
      { type: "about:blank", title: "Conflict", status: 409, detail: "Taken.", code: "already_admitted", request_id: "r1", admitted_by: { display_name: "Sam" } },
      { status: 409 },
    ),
  );
  const error = await failure();
  expect(error).toMatchObject({ code: "already_admitted", status: 409, detail: "Taken.", requestId: "r1" });
  expect(error.extra).toEqual({ admitted_by: { display_name: "Sam" } });
  expect(error.isPassing).toBe(false);
});

test("no answer at all is a network failure that may pass", async () => {
  answer(() => HttpResponse.error());
  const error = await failure();
  expect(error).toMatchObject({ code: "network", status: 0, isPassing: true });
});

test("a proxy's page instead of an answer is told as the server being away", async () => {
  answer(() => new HttpResponse("<h1>Bad gateway</h1>", { status: 502, headers: { "content-type": "text/html" } }));
  expect(await failure()).toMatchObject({ code: "unavailable", isPassing: true });
});

test("an unexplained refusal is unreadable and does not pass", async () => {
  answer(() => new HttpResponse("nope", { status: 400 }));
  expect(await failure()).toMatchObject({ code: "unreadable", isPassing: false });
});

test("an ended session is known as such", async () => {
  answer(() => HttpResponse.json({ code: "session_expired", title: "", status: 401 }, { status: 401 }));
  expect((await failure()).isSignedOut).toBe(true);
});

test("the code of anything thrown", () => {
  expect(codeOf(new TypeError("x"))).toBe("unexpected");
  expect(ifMatch(3)).toBe('"3"');
});
