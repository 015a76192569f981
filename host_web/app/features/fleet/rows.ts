import type { PluginSummary } from "~/lib/api/types";
import { compareByNeed, needsAttention, statusOf } from "~/lib/status";

export const SORTS = ["need", "id", "calls", "errors", "mean", "restarts"] as const;
export type Sort = (typeof SORTS)[number];

export interface View {
  query: string;
  show: string;
  sort: Sort;
  descending: boolean;
}

/** Read a sort from the address: `calls` or `-calls`; what is none is the order by need. */
export function readSort(text: string): Pick<View, "sort" | "descending"> {
  const descending = text.startsWith("-");
  const name = descending ? text.slice(1) : text;
  const sort = SORTS.find((one) => one === name) ?? "need";
  return { sort, descending: sort === "need" ? false : descending };
}

/** Mean seconds of a call, or null before the first. */
export function meanSeconds({ statistics }: PluginSummary): number | null {
  return statistics.calls > 0 ? statistics.total_seconds / statistics.calls : null;
}

const VALUES: Record<Exclude<Sort, "need" | "id">, (plugin: PluginSummary) => number> = {
  calls: ({ statistics }) => statistics.calls,
  errors: ({ statistics }) => statistics.errors,
  mean: (plugin) => meanSeconds(plugin) ?? -1,
  restarts: ({ restarts }) => restarts,
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
export function rowsOf(plugins: Iterable<PluginSummary>, view: View): PluginSummary[] {
  const found = [...plugins].filter((plugin) => isShown(plugin, view.show) && matches(plugin, view.query));
  const direction = view.descending ? -1 : 1;
  if (view.sort === "need") return found.sort(compareByNeed);
  if (view.sort === "id") return found.sort((a, b) => direction * a.id.localeCompare(b.id));
  const value = VALUES[view.sort];
  return found.sort((a, b) => direction * (value(a) - value(b)) || compareByNeed(a, b));
}

/** Keep rows where they are while somebody points at them: the old order, and what is new after it. */
export function keepOrder(rows: readonly PluginSummary[], order: readonly string[]): PluginSummary[] {
  const byId = new Map(rows.map((row) => [row.id, row]));
  const kept = order.map((id) => byId.get(id)).filter((row) => row !== undefined);
  const known = new Set(order);
  return [...kept, ...rows.filter((row) => !known.has(row.id))];
}
