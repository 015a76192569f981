import type { Gap, HostEvent, PluginState, PluginSummary, Reason, Wanted } from "../api/types";

/** The latest events that the console keeps; the host keeps as many by default (`limits.event_ring`). */
export const KEPT_EVENTS = 4096;

/**
 * What the console knows of the host, from snapshots and the events after them.
 *
 * `epoch` grows when something happened that events do not tell in full, or when some were missed: whoever shows
 * more than is here then asks the host again.
 */
export interface LiveState {
  run: string | null;
  /** Sequence number of the latest event that was applied. */
  sequence: number;
  plugins: ReadonlyMap<string, PluginSummary>;
  /** Sequence number up to which each snapshot of `plugins` holds. */
  pluginsAsOf: number;
  /** Oldest first. */
  events: readonly HostEvent[];
  epoch: number;
}

export const EMPTY: LiveState = {
  run: null,
  sequence: 0,
  plugins: new Map(),
  pluginsAsOf: 0,
  events: [],
  epoch: 0,
};

// After these the host knows more about the plugin than the event says.
const TELL_LESS_THAN_CHANGED: ReadonlySet<string> = new Set([
  "plugin-discovered",
  "plugin-refused",
  "plugin-reloaded",
  "config-reloaded",
  "instance-recycled",
  "host-started",
]);

/** Return the state after `event`; the same object when the event is known already. */
export function applyEvent(state: LiveState, event: HostEvent): LiveState {
  if (event.sequence <= state.sequence) return state;
  const missed = state.sequence > 0 && event.sequence > state.sequence + 1;
  const grows = missed || TELL_LESS_THAN_CHANGED.has(event.kind);
  return {
    ...state,
    sequence: event.sequence,
    plugins: event.sequence > state.pluginsAsOf ? applyToPlugins(state.plugins, event) : state.plugins,
    events: keep(state.events, [event]),
    epoch: grows ? state.epoch + 1 : state.epoch,
  };
}

/** Return the state with the plugins as a snapshot shows them; `asOf` is the event that it reaches at least. */
export function applyPlugins(
  state: LiveState,
  snapshot: { run: string; plugins: readonly PluginSummary[]; asOf: number },
): LiveState {
  const base = state.run === snapshot.run ? state : { ...EMPTY, run: snapshot.run, epoch: state.epoch };
  let plugins: ReadonlyMap<string, PluginSummary> = new Map(
    snapshot.plugins.map((plugin) => [plugin.id, plugin]),
  );
  // The snapshot was taken at `asOf` or later: what has happened since then is applied again, which changes nothing
  // that it has already.
  for (const event of base.events) {
    if (event.sequence > snapshot.asOf) plugins = applyToPlugins(plugins, event);
  }
  return { ...base, plugins, pluginsAsOf: snapshot.asOf, sequence: Math.max(base.sequence, snapshot.asOf) };
}

/** Return the state with events of the past, as the host lists them, before those that are known. */
export function applyHistory(state: LiveState, run: string, events: readonly HostEvent[]): LiveState {
  if (state.run !== null && state.run !== run) return state;
  const known = new Set(state.events.map((event) => event.sequence));
  const fresh = events.filter((event) => !known.has(event.sequence));
  if (fresh.length === 0) return state;
  const all = [...state.events, ...fresh].sort((a, b) => a.sequence - b.sequence).slice(-KEPT_EVENTS);
  return { ...state, run, events: all };
}

/** Return the state after some events were missed: what is shown may be old until the host was asked again. */
export function applyGap(state: LiveState, gap: Gap): LiveState {
  if (gap.reason === "other-run")
    return { ...EMPTY, run: gap.run, plugins: state.plugins, epoch: state.epoch + 1 };
  return { ...state, sequence: Math.max(state.sequence, gap.last ?? 0), epoch: state.epoch + 1 };
}

function keep(events: readonly HostEvent[], fresh: readonly HostEvent[]): readonly HostEvent[] {
  const room = KEPT_EVENTS - fresh.length;
  return [...(events.length > room ? events.slice(-room) : events), ...fresh];
}

function applyToPlugins(
  plugins: ReadonlyMap<string, PluginSummary>,
  event: HostEvent,
): ReadonlyMap<string, PluginSummary> {
  const id = event.plugin;
  if (id === undefined) return plugins;
  if (event.kind === "plugin-unloaded") {
    const rest = new Map(plugins);
    rest.delete(id);
    return rest;
  }
  const old = plugins.get(id);
  if (old === undefined) return plugins;
  const change = changeOf(event);
  return change === null ? plugins : new Map(plugins).set(id, { ...old, ...change });
}

function changeOf(event: HostEvent): Partial<PluginSummary> | null {
  switch (event.kind) {
    case "plugin-state-changed":
      return { state: event.new as PluginState, reason: event.reason as Reason };
    case "plugin-refused":
      return { reason: event.reason as Reason };
    case "instance-state-changed":
      return event["instance"] === 0 ? { pid: (event["pid"] as number | null | undefined) ?? null } : null;
    case "plugin-wanted-changed":
      return { wanted: event["wanted"] as Wanted };
    case "plugin-reloaded":
      return { version: event["version"] as string };
    default:
      return null;
  }
}
