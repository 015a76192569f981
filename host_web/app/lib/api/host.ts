import { ProblemError, type RequestOptions, request } from "./client";
import type { Schemas } from "./schemas";
import type {
  ConfigVerdict,
  EventList,
  Extensions,
  Health,
  LogLine,
  ManifestText,
  PluginConfig,
  PluginInfo,
  PluginMetrics,
  PluginSummary,
  ProblemBody,
  Topology,
} from "./types";

// A plugin may take its whole start timeout, and those that it requires theirs before it.
const COMMAND_TIMEOUT_MS = 180_000;

/** What a request that asks for no websocket is told where one would be taken, and what stands for no answer of the host. */
const NO_REFUSALS = ["upgrade-required", "unreachable"];

type Signal = Pick<RequestOptions, "signal">;

const at = (id: string) => `/api/plugins/${encodeURIComponent(id)}`;

export const getHealth = (options: Signal = {}) => request<Health>("/api/health", options);

export const getAbout = (options: Signal = {}) => request<Schemas["About"]>("/api/about", options);

/** Why the host would take no websocket of this page right now; null when it would, or when it cannot be reached. */
export async function getLiveRefusal(options: Signal = {}): Promise<ProblemBody | null> {
  try {
    await request("/api/live", options);
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return NO_REFUSALS.includes(error.code) ? null : error.problem;
  }
  return null;
}

export async function getPlugins(options: Signal = {}): Promise<PluginSummary[]> {
  return (await request<{ plugins: PluginSummary[] }>("/api/plugins", options)).plugins;
}

export const getPlugin = (id: string, options: Signal = {}) => request<PluginInfo>(`${at(id)}/info`, options);

export const getMetrics = (id: string, options: Signal = {}) =>
  request<PluginMetrics>(`${at(id)}/metrics`, options);

/** How a plugin was over the last half hour; `after`, in seconds since 1970, leaves out what is known already. */
export const getHistory = (id: string, after: number | null, options: Signal = {}) =>
  request<Schemas["FigureHistory"]>(
    `${at(id)}/metrics/history${after === null ? "" : `?after=${after}`}`,
    options,
  );

export const getManifest = (id: string, options: Signal = {}) =>
  request<ManifestText>(`${at(id)}/manifest`, options);

export const getConfig = (id: string, options: Signal = {}) =>
  request<PluginConfig>(`${at(id)}/config`, options);

/** Ask whether values would do; nothing is changed. */
export const checkConfig = (id: string, values: unknown, options: Signal = {}) =>
  request<ConfigVerdict>(`${at(id)}/config/validate`, { method: "POST", body: { values }, ...options });

/** Lay values over the plugin's configuration, whole; answered when the plugin runs with them. */
export const putConfig = (id: string, values: unknown) =>
  request<PluginInfo>(`${at(id)}/config`, { method: "PUT", body: { values }, timeoutMs: COMMAND_TIMEOUT_MS });

export const getTopology = (options: Signal = {}) => request<Topology>("/api/topology", options);

export const getExtensions = (options: Signal = {}) => request<Extensions>("/api/extensions", options);

export const getEvents = (options: Signal = {}) => request<EventList>("/api/events", options);

export async function getLogs(id: string, last: number, options: Signal = {}): Promise<LogLine[]> {
  return (await request<{ lines: LogLine[] }>(`${at(id)}/logs?last=${last}`, options)).lines;
}

/** What an operator can ask of one plugin; each is answered when it is done. */
export type Command = "start" | "stop" | "restart" | "reload" | "enable" | "disable" | "reset";

export const commandPlugin = (id: string, command: Command) =>
  request<PluginInfo>(`${at(id)}/${command}`, { method: "POST", timeoutMs: COMMAND_TIMEOUT_MS });

/** Name those who could not run without a plugin, in the order in which they stop. */
export async function getDependents(id: string, options: Signal = {}): Promise<string[]> {
  return (await request<Schemas["Dependents"]>(`${at(id)}/dependents`, options)).dependents;
}

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
