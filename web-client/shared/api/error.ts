/**
 * Why a request failed, from a problem document (RFC 9457) or from the way there.
 *
 * `code` is stable: one of the server's codes, or
 * - `network`: no answer came (offline, server away, time-out),
 * - `unreadable`: an answer came that is not the API's.
 */
export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    readonly code: string,
    /** HTTP status, 0 when no answer came. */
    readonly status: number,
    /** One sentence for a person, as the server wrote it. */
    readonly detail: string,
    /** Leads the operator to the log line; null when no answer came. */
    readonly requestId: string | null = null,
    /** Members beyond RFC 9457, such as `state` or `admitted_by`. */
    readonly extra: Readonly<Record<string, unknown>> = {},
    /** After how many seconds to come back (`Retry-After`, RFC 9110); null when the server did not say. */
    readonly retryAfter: number | null = null,
    options?: ErrorOptions,
  ) {
    super(`${code}: ${detail}`, options);
  }

  /** Whether trying again unchanged may succeed: nobody answered, or the server was away. */
  get isPassing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 502;
  }

  /** Whether the session is over, so that only signing in helps. */
  get isSignedOut(): boolean {
    return this.code === "unauthenticated" || this.code === "session_expired";
  }

  /** The detail without the name of the field it begins with: people see the field. */
  get plain(): string {
    const field = this.extra["field"];
    return typeof field === "string" && this.detail.startsWith(`${field}: `) ? this.detail.slice(field.length + 2) : this.detail;
  }

  /** Reads a problem document; anything else becomes `unreadable`. */
  static fromProblem(status: number, body: unknown, retryAfter: number | null = null): ApiError {
    if (typeof body !== "object" || body === null || !("code" in body) || typeof body.code !== "string") {
      const code = status >= 502 ? "unavailable" : "unreadable";
      return new ApiError(code, status, `The server answered ${status} without an explanation.`, null, {}, retryAfter);
    }
    const { code, title, detail, request_id, type: _type, status: _status, ...extra } = body as Record<string, unknown>;
    const text = [detail, title].find((part) => typeof part === "string" && part !== "");
    return new ApiError(
      String(code),
      status,
      typeof text === "string" ? text : String(code),
      typeof request_id === "string" ? request_id : null,
      extra,
      retryAfter,
    );
  }

  /** Wraps whatever `fetch` threw. */
  static fromFailure(cause: unknown): ApiError {
    if (cause instanceof ApiError) return cause;
    return new ApiError("network", 0, "The server could not be reached.", null, {}, null, { cause });
  }
}

/** The stable code of any thrown thing; `unexpected` when it is not an {@link ApiError}. */
export function codeOf(error: unknown): string {
  return error instanceof ApiError ? error.code : "unexpected";
}
