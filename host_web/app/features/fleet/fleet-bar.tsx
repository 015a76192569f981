import type { ReactNode } from "react";
import { TONE_TEXT } from "~/components/status";
import { PLUGIN_STATES, type PluginSummary } from "~/lib/api/types";
import { cn } from "~/lib/classes";
import type { Sample } from "~/lib/live/state";
import { needsAttention, statusOf } from "~/lib/status";
import { formatBytes, formatNumber, formatPercent, formatRate } from "~/lib/time";
import { totalsOf } from "./rows";

interface Props {
  plugins: ReadonlyMap<string, PluginSummary>;
  figures: ReadonlyMap<string, Sample>;
  show: string;
  onShow: (show: string) => void;
}

/** Says how the fleet is: how many plugins are in which state, each a filter, and what all of them do together. */
export function FleetBar({ plugins, figures, show, onShow }: Props) {
  const all = [...plugins.values()];
  const troubled = all.filter(needsAttention).length;
  const states = PLUGIN_STATES.map((state) => ({
    state,
    count: all.filter((plugin) => plugin.state === state).length,
  }))
    .filter(({ state, count }) => count > 0 || show === state)
    .sort((a, b) => statusOf(a.state).need - statusOf(b.state).need);
  const totals = totalsOf(figures.values());
  const chip = (value: string, count: number, label: ReactNode) => (
    <button
      key={value}
      type="button"
      aria-pressed={show === value}
      onClick={() => onShow(show === value ? "" : value)}
      className={cn(
        "inline-flex h-6 items-center gap-1.5 rounded-md border px-2 tabular hover:bg-hover",
        show === value ? "border-accent bg-selected" : "border-line bg-surface",
      )}
    >
      {label} <span className="font-medium text-text">{formatNumber(count)}</span>
    </button>
  );
  return (
    <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 px-4 pb-3">
      <fieldset className="flex flex-wrap gap-1.5">
        <legend className="sr-only">Show</legend>
        {chip("", all.length, <span className="text-muted">All</span>)}
        {(troubled > 0 || show === "attention") &&
          chip("attention", troubled, <span className="text-muted">Needs attention</span>)}
        {states.map(({ state, count }) => {
          const { icon: Icon, label, tone } = statusOf(state);
          return chip(
            state,
            count,
            <span className={cn("inline-flex items-center gap-1", TONE_TEXT[tone])}>
              <Icon aria-hidden className="size-3.5" />
              {label}
            </span>,
          );
        })}
      </fieldset>
      <dl aria-label="All plugins together" className="flex gap-4 tabular">
        <Total name="Calls">{formatRate(totals.calls)}/s</Total>
        <Total name="Errors" bad={totals.errors > 0}>
          {formatRate(totals.errors)}/s
        </Total>
        <Total name="CPU">{totals.cpu === null ? "–" : formatPercent(totals.cpu)}</Total>
        <Total name="Memory">{totals.rss_bytes === null ? "–" : formatBytes(totals.rss_bytes)}</Total>
      </dl>
    </div>
  );
}

function Total({ name, bad = false, children }: { name: string; bad?: boolean; children: ReactNode }) {
  return (
    <div className="flex items-baseline gap-1.5 whitespace-nowrap">
      <dt className="text-faint text-xs">{name}</dt>
      <dd className={cn("min-w-12", bad && "text-bad")}>{children}</dd>
    </div>
  );
}
