import { problemFrom, UnreachableError } from "./client";

/** How much of a file has left the browser, in bytes. */
export interface Sent {
  loaded: number;
  total: number;
}

export interface UploadOptions {
  headers?: Readonly<Record<string, string>>;
  signal?: AbortSignal | undefined;
  onProgress?: ((sent: Sent) => void) | undefined;
  /** Milliseconds until the request is given up. */
  timeoutMs: number;
}

/**
 * Send a file and return the JSON of the answer. `fetch` does not tell how far it is, so this does without it.
 *
 * Throws ProblemError for an answer that is no success, UnreachableError for none, and what `signal` was aborted with.
 */
export function uploadFile<T>(path: string, file: Blob, type: string, options: UploadOptions): Promise<T> {
  const { headers = {}, signal, onProgress, timeoutMs } = options;
  return new Promise((done, failed) => {
    if (signal?.aborted) return failed(signal.reason);
    const sending = new XMLHttpRequest();
    sending.open("POST", path);
    sending.timeout = timeoutMs;
    for (const [name, value] of Object.entries({
      Accept: "application/json",
      "Content-Type": type,
      ...headers,
    }))
      sending.setRequestHeader(name, value);
    sending.upload.onprogress = ({ loaded }) => onProgress?.({ loaded, total: file.size });
    sending.upload.onload = () => onProgress?.({ loaded: file.size, total: file.size });
    sending.onerror = () => failed(new UnreachableError(new Error("the connection was lost")));
    sending.ontimeout = () => failed(new UnreachableError(new Error("it took too long")));
    sending.onabort = () => failed(signal?.reason);
    sending.onload = () => {
      const { status, statusText, responseText } = sending;
      if (status < 200 || status > 299) {
        const contentType = sending.getResponseHeader("Content-Type");
        failed(problemFrom({ status, statusText, contentType, text: responseText, retryAfter: null }));
        return;
      }
      try {
        done(JSON.parse(responseText) as T);
      } catch (error) {
        failed(error);
      }
    };
    signal?.addEventListener("abort", () => sending.abort(), { once: true });
    sending.send(file);
  });
}
