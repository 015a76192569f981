import { useEffect, useState } from "react";
import { getHistory } from "~/lib/api/host";
import type { Schemas } from "~/lib/api/schemas";

/** The page hears each second itself and keeps five minutes of them: the host is asked well before they run out. */
const REFRESH_MS = 120_000;

/** Return what the host remembers of a plugin's figures; null before it has answered, and where it does not know. */
export function useHistory(id: string): Schemas["FigureHistory"] | null {
  const [history, setHistory] = useState<Schemas["FigureHistory"] | null>(null);
  useEffect(() => {
    const leaving = new AbortController();
    // A chart without its past is better than a page that has failed.
    const ask = () => getHistory(id, { signal: leaving.signal }).then(setHistory, () => undefined);
    void ask();
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") void ask();
    }, REFRESH_MS);
    return () => {
      leaving.abort();
      clearInterval(timer);
    };
  }, [id]);
  return history;
}
