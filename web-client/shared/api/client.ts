import createClient, { type Client } from "openapi-fetch";
import { BACKGROUND_HEADER, type Presence } from "@shared/session/presence";
import { presence } from "@shared/session/present";
import { ApiError } from "./error";
import type { paths } from "./generated/openapi";

/** Longest wait for one answer, in milliseconds. */
export const REQUEST_TIMEOUT_MS = 15_000;

export type Api = Client<paths>;

/**
 * A typed client of `/api/v1`. The browser sends the session cookie by itself; every request ends
 * after {@link REQUEST_TIMEOUT_MS} at the latest. What no person at the page caused, such as reading
 * again by timer, on focus or on a push, says so: it does not keep a session alive.
 */
export function createApi(baseUrl: string, person: Pick<Presence, "attended"> = presence): Api {
  return createClient<paths>({
    baseUrl,
    credentials: "same-origin",
    // Looked up on each call, so that a test's interceptor installed later is used.
    fetch: (request) => {
      if (!person.attended) request.headers.set(BACKGROUND_HEADER, "1");
      return globalThis.fetch(request, { signal: AbortSignal.any([request.signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]) });
    },
  });
}

/** The client of the server this page came from. */
export const api: Api = createApi(globalThis.location?.origin ?? "http://localhost");

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/**
 * Waits for an answer and returns its body.
 *
 * @throws {ApiError} for every other outcome, with a stable code.
 */
export async function take<T>(call: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>;
  try {
    answer = await call;
  } catch (cause) {
    throw ApiError.fromFailure(cause);
  }
  const { ok, status, headers } = answer.response;
  if (!ok) throw ApiError.fromProblem(status, answer.error, secondsOf(headers.get("retry-after")));
  return answer.data as T;
}

/** Whole seconds of a `Retry-After`; the other form, a date, is never sent by the API. */
function secondsOf(header: string | null): number | null {
  return header !== null && /^\d+$/.test(header) ? Number(header) : null;
}

/** The `If-Match` value for a row version (RFC 9110, section 13.1.1). */
export const ifMatch = (version: number): string => `"${version}"`;
