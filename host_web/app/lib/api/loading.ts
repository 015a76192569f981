import { request } from "./client";
import type { Schemas } from "./schemas";
import type { PluginInfo } from "./types";
import { type Sent, uploadFile } from "./upload";

export type Inspection = Schemas["Inspection"];

/** Where a plugin comes from: a folder of the host's machine, an address that the host fetches, or a file of ours. */
export type Source =
  | { from: "path"; path: string }
  | { from: "url"; url: string; sha256: string }
  | { from: "upload"; archive: Archive; signature: string | null };

export interface Archive {
  data: Blob;
  name: string;
  type: "application/zip" | "application/gzip" | "application/x-tar";
}

// An archive of a GiB over a slow line, and then a build and the start of the plugin.
const LOAD_TIMEOUT_MS = 900_000;

export interface LoadOptions {
  signal?: AbortSignal;
  /** Is told how far an upload has come. */
  onProgress?: (sent: Sent) => void;
  /** Whether it takes the place of a plugin of its id. */
  replace?: boolean;
}

/** Say what is there and what would follow from loading it; nothing of it is run. */
export const inspectPlugin = (source: Source, options: LoadOptions = {}) =>
  send<Inspection>(source, { upload: "/api/plugins/inspect", other: "/api/plugins/load/inspect" }, options);

/** Load a plugin, in the place of one of its id if that is to be replaced; answered when it is ready or has failed. To abort it once it was uploaded changes nothing. */
export const loadPlugin = (source: Source, options: LoadOptions = {}) =>
  send<PluginInfo>(source, { upload: "/api/plugins/upload", other: "/api/plugins/load" }, options);

function send<T>(
  source: Source,
  paths: { upload: string; other: string },
  { signal, onProgress, replace = false }: LoadOptions,
): Promise<T> {
  if (source.from === "upload") {
    const { archive, signature } = source;
    return uploadFile<T>(`${paths.upload}${replace ? "?replace=true" : ""}`, archive.data, archive.type, {
      headers: signature === null ? {} : { "Polyhost-Signature": signature },
      signal,
      onProgress,
      timeoutMs: LOAD_TIMEOUT_MS,
    });
  }
  return request<T>(paths.other, {
    method: "POST",
    timeoutMs: LOAD_TIMEOUT_MS,
    body: {
      ...(source.from === "path"
        ? { path: source.path }
        : { url: source.url, ...(source.sha256 === "" ? {} : { sha256: source.sha256 }) }),
      ...(replace ? { replace } : {}),
    },
    ...(signal ? { signal } : {}),
  });
}

/** Enough of a file to know what it is: a tar says so at its 257th byte. */
const HEAD = 262;

/** Tell by its first bytes which kind of archive a file is; null for none. */
export async function readArchive(file: File): Promise<Archive | null> {
  const head = new Uint8Array(await file.slice(0, HEAD).arrayBuffer());
  const text = String.fromCharCode(...head);
  const type = text.startsWith("PK")
    ? "application/zip"
    : text.startsWith("\x1f\x8b")
      ? "application/gzip"
      : text.slice(257, 262) === "ustar"
        ? "application/x-tar"
        : null;
  return type === null ? null : { data: file, name: file.name, type };
}

/** Read a signature in minisign's format as the host takes it. */
export async function readSignature(file: File): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  return btoa(String.fromCharCode(...bytes));
}
