import { useEffect, useState } from "react";
import { getHistory } from "~/lib/api/host";
import { hostNow } from "~/lib/time";
import { type ChartSample, samplesOf, withLater } from "./chart-data";

/** How long the host takes for a sample at most; asked earlier, it would not have it yet. */
const LATE_SECONDS = 0.3;
/** Seconds of a step before the host has said how long they are. */
const FIRST_STEP = 5;

export interface KnownHistory {
  samples: readonly ChartSample[];
  /** Seconds between two samples. */
  step: number;
}

/**
 * Return what the host remembers of a plugin's figures, and each further step as soon as it is there; nothing before it
 * has answered, and where it does not know.
 *
 * All that a chart draws comes from here: the host measures each step in the same way, while the seconds that the page
 * hears of are measured in another one, and would stand beside them as if they were alike.
 */
export function useHistory(id: string): KnownHistory {
  const [known, setKnown] = useState<KnownHistory>({ samples: [], step: FIRST_STEP });
  useEffect(() => {
    const leaving = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let samples: readonly ChartSample[] = [];
    let step = FIRST_STEP;
    const ask = async () => {
      try {
        if (document.visibilityState === "visible") {
          const later = await getHistory(id, samples.at(-1)?.at ?? null, { signal: leaving.signal });
          step = later.seconds;
          samples = withLater(samples, samplesOf(later));
          setKnown({ samples, step });
        }
      } catch {
        // A chart without its past is better than a page that has failed; it is asked again.
      }
      if (leaving.signal.aborted) return;
      const next = (samples.at(-1)?.at ?? hostNow()) + step + LATE_SECONDS - hostNow();
      timer = setTimeout(ask, 1000 * Math.min(step, Math.max(1, next)));
    };
    setKnown({ samples: [], step: FIRST_STEP });
    void ask();
    return () => {
      leaving.abort();
      clearTimeout(timer);
    };
  }, [id]);
  return known;
}
