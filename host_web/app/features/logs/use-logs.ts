import { useEffect, useState, useSyncExternalStore } from "react";
import type { LogLine, ProblemBody } from "~/lib/api/types";
import { socket } from "~/lib/live/live";
import { LogBuffer, type LogSnapshot } from "./log-buffer";

/** Kept lines that come first: as many as the host keeps of a plugin unless it was told otherwise. */
const FIRST_LINES = 10_000;

export interface Logs {
  buffer: LogBuffer;
  snapshot: LogSnapshot;
  /** Nothing more can come. */
  ended: boolean;
  problem: ProblemBody | null;
}

/** Read the log of a plugin and follow it, as long as it is shown. */
export function useLogs(plugin: string): Logs {
  const [buffer] = useState(() => new LogBuffer());
  const [ended, setEnded] = useState(false);
  const [problem, setProblem] = useState<ProblemBody | null>(null);
  useEffect(() => {
    let waiting: LogLine[] = [];
    let frame = 0;
    const flush = () => {
      frame = 0;
      const lines = waiting;
      waiting = [];
      buffer.add(lines);
    };
    const end = socket.subscribe<LogLine>(
      "logs",
      { plugin, last: FIRST_LINES },
      {
        items: (lines) => {
          waiting.push(...lines);
          frame ||= requestAnimationFrame(flush);
        },
        ended: () => setEnded(true),
        refused: setProblem,
      },
    );
    return () => {
      cancelAnimationFrame(frame);
      end();
    };
  }, [buffer, plugin]);
  const snapshot = useSyncExternalStore(buffer.subscribe, buffer.getSnapshot);
  return { buffer, snapshot, ended, problem };
}
