import type { PluginSummary } from "~/lib/api/types";
import type { Sample } from "~/lib/live/state";
import { compareByNeed, needsAttention, statusOf } from "~/lib/status";

export const SORTS = ["need", "id", "rate", "errors", "p99", "cpu", "memory", "restarts"] as const;
export type Sort = (typeof SORTS)[number];

export interface View {
  query: string;
  show: string;
  sort: Sort;
  descending: boolean;
}

/** One plugin with what is known of it at this second; there are no figures before the first sample. */
export interface Row {
  plugin: PluginSummary;
  figures: Sample | undefined;
}

/** Read a sort from the address: `rate` or `-rate`; what is none is the order by need. */
export function readSort(text: string): Pick<View, "sort" | "descending"> {
  const descending = text.startsWith("-");
  const name = descending ? text.slice(1) : text;
  const sort = SORTS.find((one) => one === name) ?? "need";
  return { sort, descending: sort === "need" ? false : descending };
}

/** Return errors since the host knows the plugin. */
export function errorsOf({ plugin, figures }: Row): number {
  return figures?.errors ?? plugin.statistics.errors;
}

const NONE = -1; // below every figure, so that what has none comes last when sorted from the top

const VALUES: Record<Exclude<Sort, "need" | "id">, (row: Row) => number> = {
  rate: ({ figures }) => figures?.calls_per_second ?? NONE,
  errors: errorsOf,
  p99: ({ figures }) => figures?.p99_ms ?? NONE,
  cpu: ({ figures }) => figures?.cpu ?? NONE,
  memory: ({ figures }) => figures?.rss_bytes ?? NONE,
  restarts: ({ plugin }) => plugin.restarts,
};

/** What can be shown alone: all, what needs attention, or the plugins of one state. */
function isShown(plugin: PluginSummary, show: string): boolean {
  if (show === "") return true;
  return show === "attention" ? needsAttention(plugin) : plugin.state === show;
}

function matches(plugin: PluginSummary, query: string): boolean {
  if (query === "") return true;
  const { id, description, version, transport, provides, reason } = plugin;
  const text = [
    id,
    description,
    version,
    transport,
    statusOf(plugin.state).label,
    reason.text,
    ...Object.keys(provides),
  ]
    .join(" ")
    .toLowerCase();
  return query
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** Return the plugins that a view shows, in its order. */
export function rowsOf(
  plugins: Iterable<PluginSummary>,
  figures: ReadonlyMap<string, Sample>,
  view: View,
): Row[] {
  const found = [...plugins]
    .filter((plugin) => isShown(plugin, view.show) && matches(plugin, view.query))
    .map((plugin) => ({ plugin, figures: figures.get(plugin.id) }));
  const direction = view.descending ? -1 : 1;
  const byNeed = (a: Row, b: Row) => compareByNeed(a.plugin, b.plugin);
  if (view.sort === "need") return found.sort(byNeed);
  if (view.sort === "id") return found.sort((a, b) => direction * a.plugin.id.localeCompare(b.plugin.id));
  const value = VALUES[view.sort];
  return found.sort((a, b) => direction * (value(a) - value(b)) || byNeed(a, b));
}

/** What all plugins do together, in this second. */
export interface Totals {
  calls: number;
  errors: number;
  /** Null before the first process was measured. */
  cpu: number | null;
  rss_bytes: number | null;
}

/** Add up the figures of all plugins. */
export function totalsOf(figures: Iterable<Sample>): Totals {
  const totals: Totals = { calls: 0, errors: 0, cpu: null, rss_bytes: null };
  for (const one of figures) {
    totals.calls += one.calls_per_second;
    totals.errors += one.errors_per_second;
    if (one.cpu !== null) totals.cpu = (totals.cpu ?? 0) + one.cpu;
    if (one.rss_bytes !== null) totals.rss_bytes = (totals.rss_bytes ?? 0) + one.rss_bytes;
  }
  return totals;
}

/** Keep rows where they are while somebody points at them: the old order, and what is new after it. */
export function keepOrder(rows: readonly Row[], order: readonly string[]): Row[] {
  const byId = new Map(rows.map((row) => [row.plugin.id, row]));
  const kept = order.map((id) => byId.get(id)).filter((row) => row !== undefined);
  const known = new Set(order);
  return [...kept, ...rows.filter((row) => !known.has(row.plugin.id))];
}
