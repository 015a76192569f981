import { RotateCcw } from "lucide-react";
import { Button } from "~/components/ui/button";
import { cn } from "~/lib/classes";
import { useRefusal } from "~/lib/session";
import { formatClock, formatLatency } from "~/lib/time";
import { forgetCalls, type PastCall, usePastCalls } from "./history";
import { wasStopped } from "./outcome";

/** Lists the calls that were made in this tab of the browser, to make them again. */
export function HistoryList({ plugin, onRepeat }: { plugin: string; onRepeat: (past: PastCall) => void }) {
  const past = usePastCalls(plugin);
  const refusal = useRefusal("operator");
  if (past.length === 0) return null;
  return (
    <section aria-label="Earlier calls" className="border-t px-3 py-2">
      <h3 className="flex items-center text-muted text-xs">
        <span className="flex-1">Earlier calls in this tab</span>
        <Button size="small" variant="ghost" onClick={() => forgetCalls(plugin)}>
          Forget them
        </Button>
      </h3>
      <ul className="mt-1 flex flex-col">
        {past.map((one) => (
          <li key={one.id} className="flex h-8 items-center gap-3 border-line/70 border-b last:border-b-0">
            <span className="shrink-0 font-mono text-faint text-xs tabular">{formatClock(one.at)}</span>
            <span className="shrink-0 font-mono text-xs">
              {one.method.slice(one.method.lastIndexOf(".") + 1)}
            </span>
            <span
              className="min-w-0 flex-1 truncate font-mono text-muted text-xs"
              title={JSON.stringify(one.params)}
            >
              {JSON.stringify(one.params)}
            </span>
            <span
              className={cn(
                "shrink-0 text-xs tabular",
                "problem" in one.outcome && !wasStopped(one.outcome) ? "text-bad" : "text-muted",
              )}
            >
              {wasStopped(one.outcome)
                ? "stopped"
                : "problem" in one.outcome
                  ? (one.outcome.problem.error?.name ?? one.outcome.problem.code)
                  : formatLatency(one.duration)}
            </span>
            <Button
              size="iconSmall"
              variant="ghost"
              aria-label={`Call ${one.method} again`}
              disabled={refusal !== null}
              title={refusal ?? undefined}
              onClick={() => onRepeat(one)}
            >
              <RotateCcw aria-hidden />
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}
