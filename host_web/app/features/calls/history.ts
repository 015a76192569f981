import { useSyncExternalStore } from "react";
import type { ProblemBody } from "~/lib/api/types";
import type { StreamWays } from "~/lib/live/calls";

/** Calls kept of each plugin, in this tab only: params may be secrets, so they go with it. */
const KEPT_CALLS = 50;
/** What is larger is not kept: the browser gives a page a few megabytes. */
const MAX_KEPT = 100_000;

export type Outcome = { result: unknown; items: number } | { problem: ProblemBody; items: number };

export interface PastCall {
  id: string;
  at: number;
  method: string;
  params: unknown;
  items: unknown[] | null;
  /** How a method was called that nothing describes. */
  stream: StreamWays | null;
  /** Seconds until the outcome. */
  duration: number;
  outcome: Outcome;
}

const listeners = new Set<() => void>();
const read = new Map<string, readonly PastCall[]>();

const keyOf = (plugin: string) => `polyhost-calls:${plugin}`;

export function pastCalls(plugin: string): readonly PastCall[] {
  const known = read.get(plugin);
  if (known !== undefined) return known;
  let calls: readonly PastCall[] = [];
  try {
    calls = JSON.parse(sessionStorage.getItem(keyOf(plugin)) ?? "[]") as PastCall[];
  } catch {
    // A browser that forbids storage has no past.
  }
  read.set(plugin, calls);
  return calls;
}

/** Keep a call that has ended; the newest comes first. */
export function rememberCall(plugin: string, call: PastCall): void {
  change(plugin, [call, ...pastCalls(plugin)].slice(0, KEPT_CALLS));
}

export function forgetCalls(plugin: string): void {
  change(plugin, []);
}

function change(plugin: string, calls: readonly PastCall[]): void {
  read.set(plugin, calls);
  try {
    const small = calls.filter((call) => JSON.stringify(call).length <= MAX_KEPT);
    sessionStorage.setItem(keyOf(plugin), JSON.stringify(small));
  } catch {
    // Full or forbidden: the calls are kept until the page is left.
  }
  for (const listener of listeners) listener();
}

export function usePastCalls(plugin: string): readonly PastCall[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => pastCalls(plugin),
  );
}
