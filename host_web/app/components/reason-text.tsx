import type { PluginSummary } from "~/lib/api/types";
import { pauseLeft } from "~/lib/reason";
import { whyOf } from "~/lib/status";
import { useNow } from "~/lib/time";

type Subject = Pick<PluginSummary, "id" | "reason">;

/** Says why a plugin is in its state; what is left of a pause counts down in place. */
export function ReasonText({ plugin }: { plugin: Subject }) {
  return plugin.reason.until === null ? whyOf(plugin) : <CountingDown plugin={plugin} />;
}

function CountingDown({ plugin }: { plugin: Subject }) {
  const now = useNow();
  return <span className="tabular">{whyOf(plugin, now)}</span>;
}

/** Says when the next start is, where there is little room for the whole reason. */
export function PauseLeft({ plugin: { reason } }: { plugin: Subject }) {
  const now = useNow();
  return <span className="shrink-0 text-muted tabular">{pauseLeft(reason, now)}</span>;
}
