import type { PluginSummary } from "~/lib/api/types";
import { PLUGIN_STATES } from "~/lib/api/types";
import { statusOf } from "~/lib/status";

/** Says in one line how the fleet is: `6 plugins: 5 ready, 1 failed`. */
export function FleetLine({ plugins }: { plugins: ReadonlyMap<string, PluginSummary> }) {
  const counts = PLUGIN_STATES.map((state) => ({
    state,
    count: [...plugins.values()].filter((plugin) => plugin.state === state).length,
  }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => statusOf(a.state).need - statusOf(b.state).need);
  return (
    <p className="text-muted tabular">
      {plugins.size} {plugins.size === 1 ? "plugin" : "plugins"}
      {counts.length > 0 && ": "}
      {counts.map(({ state, count }) => `${count} ${statusOf(state).label.toLowerCase()}`).join(", ")}
    </p>
  );
}
