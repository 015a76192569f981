import { useCallback, useEffect, useRef, useState } from "react";
import type { ProblemBody } from "~/lib/api/types";
import { type LiveCall, makeCall, type Progress, type StreamWays } from "~/lib/live/calls";
import { hostNow } from "~/lib/time";
import { rememberCall } from "./history";

/** Items of a stream that are shown; the page counts further ones and does not keep them. */
export const SHOWN_ITEMS = 1000;

export interface CallState {
  method: string;
  startedAt: number;
  /** Seconds from the start to the outcome; null while it runs. */
  duration: number | null;
  takesItems: boolean;
  items: readonly unknown[];
  itemCount: number;
  progress: Progress | null;
  outcome: { result: unknown } | { problem: ProblemBody } | null;
}

export interface CallToMake {
  method: string;
  params: unknown;
  /** Items to send, or null for a method that takes none. */
  items: unknown[] | null;
  /** Whether more items will be sent by hand. */
  keepOpen: boolean;
  timeoutMs: number | null;
  /** Which way the items of a method go that nothing describes; null for none, and for one that is described. */
  stream: StreamWays | null;
}

/** Makes one call at a time over the live websocket; what comes is drawn once a frame. */
export function useCall(plugin: string) {
  const [state, setState] = useState<CallState | null>(null);
  const running = useRef<LiveCall | null>(null);
  const current = useRef<CallState | null>(null);
  const frame = useRef(0);

  useEffect(
    () => () => {
      cancelAnimationFrame(frame.current);
      running.current?.cancel();
    },
    [],
  );

  const draw = useCallback(() => {
    if (frame.current !== 0) return;
    frame.current = requestAnimationFrame(() => {
      frame.current = 0;
      setState(current.current);
    });
  }, []);

  const start = useCallback(
    ({ method, params, items, keepOpen, timeoutMs, stream }: CallToMake) => {
      const began = performance.now();
      const collected: unknown[] = [];
      const change = (part: Partial<CallState>) => {
        if (current.current !== null) current.current = { ...current.current, ...part };
        draw();
      };
      const end = (outcome: { result: unknown } | { problem: ProblemBody }) => {
        const duration = (performance.now() - began) / 1000;
        const at = hostNow();
        const count = current.current?.itemCount ?? 0;
        change({ outcome, duration, items: collected });
        running.current = null;
        rememberCall(plugin, {
          id: `${at}-${Math.random()}`,
          at,
          method,
          params,
          items,
          stream,
          duration,
          outcome: { ...outcome, items: count },
        });
      };
      current.current = {
        method,
        startedAt: hostNow(),
        duration: null,
        takesItems: false,
        items: [],
        itemCount: 0,
        progress: null,
        outcome: null,
      };
      setState(current.current);
      const request = {
        plugin,
        method,
        params,
        ...(timeoutMs === null ? {} : { timeout_ms: timeoutMs }),
        ...(stream === null ? {} : { stream }),
      };
      const call = makeCall(request, {
        opened: ({ takesItems }) => change({ takesItems }),
        item: (item) => {
          if (collected.length < SHOWN_ITEMS) collected.push(item);
          change({ items: collected, itemCount: (current.current?.itemCount ?? 0) + 1 });
        },
        progress: (progress) => change({ progress }),
        result: (result) => end({ result }),
        failed: (problem) => end({ problem }),
      });
      running.current = call;
      for (const item of items ?? []) call.send(item);
      if (items !== null && !keepOpen) call.end();
    },
    [draw, plugin],
  );

  return {
    state,
    start,
    stop: useCallback(() => running.current?.cancel(), []),
    send: useCallback((item: unknown) => running.current?.send(item), []),
    finish: useCallback(() => running.current?.end(), []),
    show: useCallback((shown: CallState | null) => {
      current.current = shown;
      setState(shown);
    }, []),
  };
}
