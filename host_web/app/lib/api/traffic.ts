import { type RequestOptions, request, send } from "./client";
import type { Schemas } from "./schemas";

export type RecordedCall = Schemas["RecordedCall"];
export type RecordedMessage = Schemas["RecordedMessage"];
export type RecordedBody = Schemas["RecordedBody"];
export type CallDetails = Schemas["CallDetails"];
export type TrafficPage = Schemas["TrafficList"];
export type TrafficSettings = Schemas["TrafficSettings"];

type Signal = Pick<RequestOptions, "signal">;

/** Which calls a view is about; an empty member does not count. */
export interface CallFilter {
  plugin: string;
  method: string;
  outcome: string;
  caller: string;
  /** Milliseconds, as text. */
  slower: string;
}

/** As many calls as one answer brings. */
export const TRAFFIC_PAGE = 200;
// An export is everything that is kept: up to a GiB.
const EXPORT_TIMEOUT_MS = 600_000;

function queryOf({ plugin, method, outcome, caller, slower }: CallFilter): URLSearchParams {
  const members = { plugin, method, outcome, caller, slower_than_ms: slower };
  return new URLSearchParams(Object.entries(members).filter(([, value]) => value !== ""));
}

export function getTraffic(filter: CallFilter, before: number | null, options: Signal = {}) {
  const query = queryOf(filter);
  query.set("limit", String(TRAFFIC_PAGE));
  if (before !== null) query.set("before", String(before));
  return request<TrafficPage>(`/api/traffic?${query}`, options);
}

export const getRecordedCall = (id: number | string, options: Signal = {}) =>
  request<CallDetails>(`/api/traffic/${encodeURIComponent(id)}`, options);

/** Make a recorded call again, of the plugin that got it. */
export const replayCall = (id: number) =>
  request<{ result: unknown }>(`/api/traffic/${id}/replay`, { method: "POST", timeoutMs: 0 });

/** Fetch all calls that fit, with what they carried, one a line. */
export async function exportTraffic(filter: CallFilter): Promise<Blob> {
  const query = queryOf(filter);
  query.set("bodies", "true");
  const response = await send(`/api/traffic?${query}`, {
    accept: "application/x-ndjson",
    timeoutMs: EXPORT_TIMEOUT_MS,
  });
  return response.blob();
}

const settingsOf = (plugin: string) => `/api/plugins/${encodeURIComponent(plugin)}/traffic/settings`;

export const getTrafficSettings = (plugin: string, options: Signal = {}) =>
  request<TrafficSettings>(settingsOf(plugin), options);

export const changeTrafficSettings = (plugin: string, settings: TrafficSettings) =>
  request<TrafficSettings>(settingsOf(plugin), { method: "PUT", body: settings });
