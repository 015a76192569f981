import { useEffect } from "react";
import { useRevalidator } from "react-router";
import { feed, live, refreshPlugins, useLive } from "~/lib/live/live";

/** A reload is several events: the host is asked once for all of them. */
const SETTLE_MS = 150;
/** Counts of calls are in no event; a person who watches them wants them no older than this. */
const COUNTS_MS = 5000;

/** Keep the live picture alive, and have the loaders ask again when events do not tell the whole story. */
export function useLiveData(): void {
  const epoch = useLive((snapshot) => snapshot.state.epoch);
  const { revalidate } = useRevalidator();

  useEffect(() => {
    feed.start();
    return () => feed.pause();
  }, []);

  useEffect(() => {
    if (epoch === 0) return;
    const timer = setTimeout(() => {
      refreshPlugins().catch(() => feed.retry());
      revalidate();
    }, SETTLE_MS);
    return () => clearTimeout(timer);
  }, [epoch, revalidate]);

  useEffect(() => {
    const timer = setInterval(() => {
      const asleep = document.visibilityState === "hidden" || live.getSnapshot().connection !== "live";
      // One that fails is made good by the next; the stream's own state tells the person.
      if (!asleep) refreshPlugins().catch(() => undefined);
    }, COUNTS_MS);
    return () => clearInterval(timer);
  }, []);
}
