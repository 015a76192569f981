import { useRef, useSyncExternalStore } from "react";
import { getHealth, getPlugins } from "../api/host";
import { Feed } from "./feed";
import type { LiveState } from "./state";
import { type LiveSnapshot, LiveStore } from "./store";

// A page has one stream and one picture of the host, whichever part of it asks; loaders ask outside of React.
export const live = new LiveStore((callback) => {
  // A page in the background gets no frames, and its store must not grow meanwhile.
  if (document.visibilityState === "visible") requestAnimationFrame(callback);
  else setTimeout(callback, 250);
});
export const feed = new Feed(live);

/** Read a part of the live picture; the reader is drawn anew only when that part changes. */
export function useLive<T>(select: (snapshot: LiveSnapshot) => T): T {
  const latest = useRef<{ snapshot: LiveSnapshot; value: T } | null>(null);
  return useSyncExternalStore(live.subscribe, () => {
    const snapshot = live.getSnapshot();
    if (latest.current?.snapshot === snapshot) return latest.current.value;
    const value = select(snapshot);
    if (latest.current !== null && Object.is(latest.current.value, value)) {
      latest.current.snapshot = snapshot;
      return latest.current.value;
    }
    latest.current = { snapshot, value };
    return value;
  });
}

export const selectPlugins = ({ state }: LiveSnapshot): LiveState["plugins"] => state.plugins;

/** Ask the host for its plugins and put them into the live picture. */
export async function refreshPlugins(signal?: AbortSignal): Promise<void> {
  const options = signal ? { signal } : {};
  // The health comes first: the list is then at least as new as the event that it names.
  const health = await getHealth(options);
  live.setPlugins({ run: health.run, plugins: await getPlugins(options), asOf: health.last_event });
}
