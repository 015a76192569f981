import type { ProblemBody } from "./types";

/** Longer than any request of the console takes that is not a call: the host answers or is gone. */
const REQUEST_TIMEOUT_MS = 30_000;

/** What proxies answer when the server behind them does not. */
const PROXY_STATUSES = [502, 503, 504];

/** An answer that is no success: what failed, whose fault it is, and what to do, as the host says it. */
export class ProblemError extends Error {
  readonly problem: ProblemBody;
  /** After how many seconds the host takes another attempt, where it says so. */
  readonly retryAfter: number | null;

  constructor(problem: ProblemBody, retryAfter: number | null = null) {
    super(problem.detail);
    this.name = "ProblemError";
    this.problem = problem;
    this.retryAfter = retryAfter;
  }

  get code(): string {
    return this.problem.code;
  }
}

/** The host did not answer at all. */
export class UnreachableError extends Error {
  constructor(cause: unknown) {
    super("The host does not answer.", { cause });
    this.name = "UnreachableError";
  }
}

export interface RequestOptions {
  method?: "GET" | "POST" | "PUT" | "DELETE";
  /** Is sent as JSON. */
  body?: unknown;
  accept?: string;
  signal?: AbortSignal;
  /** Milliseconds until the request is given up; 0 for never. */
  timeoutMs?: number;
}

/**
 * Send a request and return the answer, its body unread.
 *
 * Throws ProblemError for an answer that is no success, UnreachableError for none; an abort passes through.
 */
export async function send(path: string, options: RequestOptions = {}): Promise<Response> {
  const {
    method = "GET",
    body,
    accept = "application/json",
    signal,
    timeoutMs = REQUEST_TIMEOUT_MS,
  } = options;
  const signals = [signal, timeoutMs > 0 ? AbortSignal.timeout(timeoutMs) : undefined].filter(
    (one) => one !== undefined,
  );
  const headers = new Headers({ Accept: accept });
  if (body !== undefined) headers.set("Content-Type", "application/json");
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.any(signals),
      credentials: "same-origin",
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new UnreachableError(error);
  }
  if (!response.ok) {
    throw problemFrom({
      status: response.status,
      statusText: response.statusText,
      contentType: response.headers.get("Content-Type"),
      text: await response.text(),
      retryAfter: response.headers.get("Retry-After"),
    });
  }
  return response;
}

/** Send a request and return its JSON; undefined for an answer without a body. */
export async function request<T>(path: string, options: RequestOptions = {}): Promise<T> {
  const response = await send(path, options);
  if (response.status === 204) return undefined as T;
  return (await response.json()) as T;
}

interface FailedAnswer {
  status: number;
  statusText: string;
  contentType: string | null;
  text: string;
  retryAfter: string | null;
}

/** Read the problem in an answer that is no success; also one that does not come from the host, such as a proxy's. */
export function problemFrom({
  status,
  statusText,
  contentType,
  text,
  retryAfter,
}: FailedAnswer): ProblemError {
  const wait = Number(retryAfter ?? Number.NaN);
  return new ProblemError(bodyOf(), Number.isFinite(wait) ? wait : null);

  function bodyOf(): ProblemBody {
    if (contentType?.includes("json")) {
      try {
        return JSON.parse(text) as ProblemBody;
      } catch {
        // What stands below says as much as is known.
      }
    }
    if (PROXY_STATUSES.includes(status)) {
      return {
        type: "about:blank",
        title: "The host cannot be reached",
        status,
        code: "unreachable",
        detail: `Something between the browser and the host answered in its place, with status ${status}.`,
        hint: "look whether the host runs, and what the proxy in front of it says",
      };
    }
    return {
      type: "about:blank",
      title: statusText || `Status ${status}`,
      status,
      code: "unknown",
      detail: text.slice(0, 500) || `The host answered with status ${status} and without a body.`,
    };
  }
}
