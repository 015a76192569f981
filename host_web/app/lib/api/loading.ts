import { type RequestOptions, request } from "./client";
import type { Schemas } from "./schemas";
import type { PluginInfo } from "./types";

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

function sent(source: Source, replace = false): Pick<RequestOptions, "body" | "file" | "headers"> {
  const wish = replace ? { replace } : {};
  switch (source.from) {
    case "path":
      return { body: { path: source.path, ...wish } };
    case "url":
      return {
        body: { url: source.url, ...(source.sha256 === "" ? {} : { sha256: source.sha256 }), ...wish },
      };
    case "upload":
      return {
        file: source.archive,
        headers: source.signature === null ? {} : { "Polyhost-Signature": source.signature },
      };
  }
}

/** Say what is there and what would follow from loading it; nothing of it is run. */
export const inspectPlugin = (source: Source, signal?: AbortSignal) =>
  request<Inspection>(source.from === "upload" ? "/api/plugins/inspect" : "/api/plugins/load/inspect", {
    method: "POST",
    timeoutMs: LOAD_TIMEOUT_MS,
    ...(signal ? { signal } : {}),
    ...sent(source),
  });

/** Load a plugin, in the place of one of its id if that is to be replaced; answered when it is ready or has failed. */
export const loadPlugin = (source: Source, replace: boolean) =>
  request<PluginInfo>(
    source.from === "upload" ? `/api/plugins/upload${replace ? "?replace=true" : ""}` : "/api/plugins/load",
    { method: "POST", timeoutMs: LOAD_TIMEOUT_MS, ...sent(source, replace) },
  );

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
