import type { ProblemBody } from "./types";

/** Longer than any request of the console takes that is not a call: the host answers or is gone. */
const REQUEST_TIMEOUT_MS = 30_000;

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
  /** In place of `body`: is sent as it is. */
  file?: { data: Blob; type: string };
  headers?: Readonly<Record<string, string>>;
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
    file,
    accept = "application/json",
    signal,
    timeoutMs = REQUEST_TIMEOUT_MS,
  } = options;
  const signals = [signal, timeoutMs > 0 ? AbortSignal.timeout(timeoutMs) : undefined].filter(
    (one) => one !== undefined,
  );
  const headers = new Headers({ Accept: accept, ...options.headers });
  if (body !== undefined) headers.set("Content-Type", "application/json");
  if (file !== undefined) headers.set("Content-Type", file.type);
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers,
      body: file?.data ?? (body === undefined ? null : JSON.stringify(body)),
      signal: AbortSignal.any(signals),
      credentials: "same-origin",
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new UnreachableError(error);
  }
  if (!response.ok) {
    const wait = Number(response.headers.get("Retry-After") ?? Number.NaN);
    throw new ProblemError(await readProblem(response), Number.isFinite(wait) ? wait : null);
  }
  return response;
}

/** Send a request and return its JSON; undefined for an answer without a body. */
export async function request<T>(path: string, options: RequestOptions = {}): Promise<T> {
  const response = await send(path, options);
  if (response.status === 204) return undefined as T;
  return (await response.json()) as T;
}

async function readProblem(response: Response): Promise<ProblemBody> {
  const text = await response.text();
  if (response.headers.get("Content-Type")?.includes("json")) {
    try {
      return JSON.parse(text) as ProblemBody;
    } catch {
      // What stands below says as much as is known.
    }
  }
  return {
    type: "about:blank",
    title: response.statusText || `Status ${response.status}`,
    status: response.status,
    code: "unknown",
    detail: text.slice(0, 500) || `The host answered with status ${response.status} and without a body.`,
  };
}
