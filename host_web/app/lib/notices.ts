import { useSyncExternalStore } from "react";

/** How long a notice of success stays; one of failure stays until it is dismissed. */
const SHOWN_MS = 5000;

export interface Notice {
  id: number;
  tone: "good" | "bad";
  text: string;
  detail?: string;
}

let notices: readonly Notice[] = [];
let nextId = 1;
const listeners = new Set<() => void>();

function change(next: readonly Notice[]): void {
  notices = next;
  for (const listener of listeners) listener();
}

export function dismiss(id: number): void {
  change(notices.filter((notice) => notice.id !== id));
}

/** Tell the person what came of what they did; readers of the screen hear it too. */
export function notify(tone: Notice["tone"], text: string, detail?: string): void {
  const id = nextId++;
  change([...notices.slice(-2), { id, tone, text, ...(detail ? { detail } : {}) }]);
  if (tone === "good") setTimeout(() => dismiss(id), SHOWN_MS);
}

export function useNotices(): readonly Notice[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => notices,
    () => notices,
  );
}
