import { Check, CircleX, Unplug } from "lucide-react";
import { cn } from "~/lib/classes";

/** Says how a recorded call ended: always icon, word and colour together. */
export function OutcomeMark({ outcome, error }: { outcome: string; error: string | null }) {
  const [Icon, tone] =
    outcome === "ok"
      ? [Check, "text-muted"]
      : outcome === "cancelled"
        ? [Unplug, "text-warn"]
        : [CircleX, "text-bad"];
  // A plugin's own error has a name that says more than that it is one.
  const name = outcome === "call-failed" ? /^[A-Za-z]\w*(?=: )/.exec(error ?? "")?.[0] : undefined;
  return (
    <span
      title={error ?? undefined}
      className={cn("inline-flex min-w-0 max-w-full items-center gap-1.5 align-middle", tone)}
    >
      <Icon aria-hidden className="size-3.5 shrink-0" />
      <span className="truncate">{name ?? outcome}</span>
    </span>
  );
}
