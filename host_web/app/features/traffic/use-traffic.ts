import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { type CallFilter, getTraffic, type RecordedCall, type TrafficPage } from "~/lib/api/traffic";
import { socket } from "~/lib/live/live";
import { CallBuffer, type CallSnapshot, KEPT_CALLS, makeMatcher } from "./call-buffer";

type TrafficItem = { kind: "call"; call: RecordedCall } | { kind: "message" };

export interface Traffic {
  snapshot: CallSnapshot;
  /** How the log does, as of the latest answer; null before the first. */
  statistics: TrafficPage["statistics"] | null;
  error: unknown;
  /** Whether the host has older calls than those that are here, and there is room for them. */
  hasOlder: boolean;
  loadOlder: () => void;
  retry: () => void;
}

/** Read recorded calls and follow those that come, as long as they are shown. */
export function useTraffic(filter: CallFilter): Traffic {
  const buffer = useMemo(() => new CallBuffer(), []);
  const [statistics, setStatistics] = useState<Traffic["statistics"]>(null);
  const [error, setError] = useState<unknown>(null);
  const [next, setNext] = useState<number | null>(null);
  const [attempt, setAttempt] = useState(0);
  const loading = useRef(false);

  // biome-ignore lint/correctness/useExhaustiveDependencies: an attempt is the same thing once more
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    const matches = makeMatcher(filter);
    let waiting: RecordedCall[] = [];
    let frame = 0;
    const flush = () => {
      frame = 0;
      const calls = waiting;
      waiting = [];
      buffer.add(calls);
    };
    const fetchLatest = async () => {
      try {
        const page = await getTraffic(filter, null, { signal });
        buffer.add(page.calls);
        setStatistics(page.statistics);
        setNext(page.next);
        setError(null);
      } catch (problem) {
        if (!signal.aborted) setError(problem);
      }
    };
    buffer.clear();
    setNext(null);
    const { plugin, method, outcome } = filter;
    const wanted = Object.entries({ plugin, method, outcome }).filter(([, value]) => value !== "");
    const end = socket.subscribe<TrafficItem>("traffic", Object.fromEntries(wanted), {
      items: (items) => {
        for (const item of items) if (item.kind === "call" && matches(item.call)) waiting.push(item.call);
        if (waiting.length > 0) frame ||= requestAnimationFrame(flush);
      },
      // What was missed is in the log.
      gap: () => void fetchLatest(),
    });
    void fetchLatest();
    return () => {
      controller.abort();
      cancelAnimationFrame(frame);
      end();
    };
  }, [buffer, filter, attempt]);

  const loadOlder = useCallback(() => {
    if (next === null || loading.current) return;
    loading.current = true;
    getTraffic(filter, next)
      .then((page) => {
        buffer.add(page.calls);
        setNext(page.next);
      }, setError)
      .finally(() => {
        loading.current = false;
      });
  }, [buffer, filter, next]);

  const snapshot = useSyncExternalStore(buffer.subscribe, buffer.getSnapshot);
  return {
    snapshot,
    statistics,
    error,
    hasOlder: next !== null && snapshot.calls.length < KEPT_CALLS,
    loadOlder,
    retry: () => setAttempt((old) => old + 1),
  };
}
