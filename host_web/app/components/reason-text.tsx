import type { PluginSummary } from "~/lib/api/types";
import { nextStart } from "~/lib/reason";
import { whyOf } from "~/lib/status";
import { useNow } from "~/lib/time";

type Subject = Pick<PluginSummary, "id" | "reason">;

/** Says why a plugin is in its state, and when it is started again. */
export function ReasonText({ plugin }: { plugin: Subject }) {
  return (
    <>
      {whyOf(plugin)}
      {plugin.reason.until !== null && (
        <>
          ; <NextStart plugin={plugin} />
        </>
      )}
    </>
  );
}

/** Counts down in place to the next start of a plugin that waits for it. */
export function NextStart({ plugin: { reason } }: { plugin: Subject }) {
  const now = useNow();
  return <span className="whitespace-nowrap tabular">{nextStart(reason, now)}</span>;
}
