import { type RequestOptions, request } from "./client";
import type { EventList, Extensions, Health, LogLine, PluginInfo, PluginSummary, Topology } from "./types";

type Signal = Pick<RequestOptions, "signal">;

const at = (id: string) => `/api/plugins/${encodeURIComponent(id)}`;

export const getHealth = (options: Signal = {}) => request<Health>("/api/health", options);

export async function getPlugins(options: Signal = {}): Promise<PluginSummary[]> {
  return (await request<{ plugins: PluginSummary[] }>("/api/plugins", options)).plugins;
}

export const getPlugin = (id: string, options: Signal = {}) => request<PluginInfo>(`${at(id)}/info`, options);

export const getTopology = (options: Signal = {}) => request<Topology>("/api/topology", options);

export const getExtensions = (options: Signal = {}) => request<Extensions>("/api/extensions", options);

export const getEvents = (options: Signal = {}) => request<EventList>("/api/events", options);

export async function getLogs(id: string, last: number, options: Signal = {}): Promise<LogLine[]> {
  return (await request<{ lines: LogLine[] }>(`${at(id)}/logs?last=${last}`, options)).lines;
}

/** What an operator can ask of one plugin; each is answered when it is done. */
export type Command = "start" | "stop" | "restart" | "reload" | "enable" | "disable" | "reset";

// A plugin may take its whole start timeout, and those that it requires theirs before it.
const COMMAND_TIMEOUT_MS = 180_000;

export const commandPlugin = (id: string, command: Command) =>
  request<PluginInfo>(`${at(id)}/${command}`, { method: "POST", timeoutMs: COMMAND_TIMEOUT_MS });

/** Stop a plugin and forget it; with `cascade` also those that require it. Returns the ids of what was unloaded. */
export async function unloadPlugin(id: string, cascade: boolean): Promise<string[]> {
  const answer = await request<{ unloaded: string[] } | undefined>(
    `${at(id)}${cascade ? "?cascade=true" : ""}`,
    {
      method: "DELETE",
      timeoutMs: COMMAND_TIMEOUT_MS,
    },
  );
  return answer?.unloaded ?? [id];
}
