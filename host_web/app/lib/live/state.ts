import type { HostEvent, PluginSummary } from "../api/types";

/** The latest events that the console keeps; the host keeps as many by default (`limits.event_ring`). */
export const KEPT_EVENTS = 4096;

/** What the topic `metrics` says of one plugin, for the second before `at`. */
export interface Sample {
  calls: number;
  errors: number;
  restarts: number;
  calls_per_second: number;
  errors_per_second: number;
  mean_ms: number | null;
  p50_ms: number | null;
  p99_ms: number | null;
  in_flight: number;
  queued: number;
  rss_bytes: number | null;
  cpu: number | null;
}

/**
 * What the console knows of the host: one picture, changed by what the live stream tells.
 *
 * `epoch` grows when something happened that the stream does not tell in full, or when some of it was missed:
 * whoever shows more than is here then asks the host again.
 */
export interface LiveState {
  run: string | null;
  plugins: ReadonlyMap<string, PluginSummary>;
  /** Oldest first. */
  events: readonly HostEvent[];
  /** By plugin, the latest sample. */
  figures: ReadonlyMap<string, Sample>;
  epoch: number;
}

export const EMPTY: LiveState = {
  run: null,
  plugins: new Map(),
  events: [],
  figures: new Map(),
  epoch: 0,
};

export type PluginItem =
  | { kind: "snapshot"; last_event: string; plugins: PluginSummary[] }
  | { kind: "plugin"; last_event: string; plugin: PluginSummary }
  | { kind: "removed"; last_event: string; id: string };

export interface MetricsItem {
  at: number;
  seconds: number;
  plugins: Record<string, Sample>;
}

// After these the host knows more than the event and the list of plugins say.
const TELL_LESS_THAN_CHANGED: ReadonlySet<string> = new Set([
  "plugin-discovered",
  "plugin-refused",
  "plugin-reloaded",
  "plugin-unloaded",
  "config-reloaded",
  "instance-recycled",
  "extension-failed",
]);

/** Return the state after `event`; the same object when the event is known already. */
export function applyEvent(state: LiveState, event: HostEvent): LiveState {
  const last = state.events.at(-1)?.sequence ?? 0;
  if (event.sequence <= last) return state;
  const kept = state.events.length < KEPT_EVENTS ? state.events : state.events.slice(1 - KEPT_EVENTS);
  const epoch = TELL_LESS_THAN_CHANGED.has(event.kind) ? state.epoch + 1 : state.epoch;
  return { ...state, events: [...kept, event], epoch };
}

/** Return the state after several events; one copy of what is kept serves all of them. */
export function applyEvents(state: LiveState, events: readonly HostEvent[]): LiveState {
  const last = state.events.at(-1)?.sequence ?? 0;
  const fresh = events.filter((event) => event.sequence > last);
  if (fresh.length <= 1) return fresh[0] === undefined ? state : applyEvent(state, fresh[0]);
  const epoch = fresh.some((event) => TELL_LESS_THAN_CHANGED.has(event.kind)) ? state.epoch + 1 : state.epoch;
  return { ...state, events: [...state.events, ...fresh].slice(-KEPT_EVENTS), epoch };
}

/** Return the state with the plugins as the host has just listed them. */
export function applySnapshot(state: LiveState, plugins: readonly PluginSummary[]): LiveState {
  return { ...state, plugins: new Map(plugins.map((plugin) => [plugin.id, plugin])) };
}

/** Return the state after items of the topic `plugins`: each is the latest there is to know. */
export function applyPlugins(state: LiveState, items: readonly PluginItem[]): LiveState {
  const plugins = new Map(state.plugins);
  for (const item of items) {
    switch (item.kind) {
      case "snapshot":
        plugins.clear();
        for (const plugin of item.plugins) plugins.set(plugin.id, plugin);
        break;
      case "plugin":
        plugins.set(item.plugin.id, item.plugin);
        break;
      case "removed":
        plugins.delete(item.id);
        break;
    }
  }
  return { ...state, plugins };
}

/** Return the state with the figures of the latest second. */
export function applyMetrics(state: LiveState, item: MetricsItem): LiveState {
  return { ...state, figures: new Map(Object.entries(item.plugins)) };
}

/** Return the state for another run of the host: what was, is shown until the host has said what is. */
export function beginRun(state: LiveState, run: string): LiveState {
  if (state.run === run) return state;
  return {
    ...state,
    run,
    events: [],
    figures: new Map(),
    epoch: state.run === null ? state.epoch : state.epoch + 1,
  };
}

/** Return the state after some of the stream was missed. */
export function applyGap(state: LiveState): LiveState {
  return { ...state, epoch: state.epoch + 1 };
}
