import { useCallback, useRef, useSyncExternalStore } from "react";
import { getHealth, getLiveRefusal, getPlugins } from "../api/host";
import type { HostEvent } from "../api/types";
import { refreshSession } from "../session";
import { LiveSocket } from "./socket";
import type { LiveState, MetricsItem, PluginItem, Sample } from "./state";
import { type LiveSnapshot, LiveStore } from "./store";

// A page has one stream and one picture of the host, whichever part of it asks; loaders ask outside of React.
export const live = new LiveStore((callback) => {
  // A page in the background gets no frames, and its store must not grow meanwhile.
  if (document.visibilityState === "visible") requestAnimationFrame(callback);
  else setTimeout(callback, 250);
});

export const socket = new LiveSocket({
  connection: (connection) => {
    live.setConnection(connection);
    if (connection === "reconnecting") void askWhatIsWrong();
  },
  hello: (hello) => live.receiveHello(hello),
});

/** A browser does not tell why a websocket was refused: ask whether nobody is signed in any more, or what else it is. */
async function askWhatIsWrong(): Promise<void> {
  try {
    if ((await refreshSession()).sign_in_needed) {
      socket.signOut();
      return;
    }
    const refusal = await getLiveRefusal();
    live.setRefusal(refusal);
    if (refusal !== null) socket.holdOff();
  } catch {
    // The host is not there: the next attempt comes by itself.
  }
}

/** Keep the picture of the whole host alive; returns what ends it. */
export function follow(): () => void {
  const { run } = live.getSnapshot().state;
  const ends = [
    socket.subscribe<PluginItem>("plugins", {}, { items: (items) => live.receivePlugins(items) }),
    socket.subscribe<MetricsItem>("metrics", {}, { items: (items) => live.receiveMetrics(items) }),
    socket.subscribe<HostEvent>(
      "events",
      {},
      { items: (items) => live.receiveEvents(items), gap: () => live.receiveGap() },
      // All that the host keeps comes first.
      run === null ? null : `${run}-0`,
    ),
  ];
  socket.start();
  return () => {
    for (const end of ends) end();
    socket.pause();
  };
}

/** Read a part of the live picture; the reader is drawn anew only when that part changes. */
export function useLive<T>(select: (snapshot: LiveSnapshot) => T): T {
  const latest = useRef<{ snapshot: LiveSnapshot; select: typeof select; value: T } | null>(null);
  return useSyncExternalStore(live.subscribe, () => {
    const snapshot = live.getSnapshot();
    const last = latest.current;
    if (last !== null && last.snapshot === snapshot && last.select === select) return last.value;
    const value = select(snapshot);
    const kept = last !== null && Object.is(last.value, value) ? last.value : value;
    latest.current = { snapshot, select, value: kept };
    return kept;
  });
}

export const selectPlugins = ({ state }: LiveSnapshot): LiveState["plugins"] => state.plugins;
export const selectFigures = ({ state }: LiveSnapshot): LiveState["figures"] => state.figures;
export const selectEvents = ({ state }: LiveSnapshot): LiveState["events"] => state.events;

/** Return a text that changes when a plugin comes, goes, or gets into another state or version. */
export function useStatesOfPlugins(): string {
  return useLive(selectStates);
}

const selectStates = ({ state }: LiveSnapshot): string =>
  [...state.plugins.values()].map(({ id, state, version }) => `${id} ${state} ${version}`).join();

export function useFigures(id: string): Sample | undefined {
  return useLive(useCallback((snapshot: LiveSnapshot) => snapshot.state.figures.get(id), [id]));
}

/** Ask the host for its plugins and put them into the live picture. */
export async function refreshPlugins(signal?: AbortSignal): Promise<void> {
  const options = signal ? { signal } : {};
  const [health, plugins] = await Promise.all([getHealth(options), getPlugins(options)]);
  live.setPlugins(health.run, plugins);
}
