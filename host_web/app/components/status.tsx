import type { PluginState } from "~/lib/api/types";
import { cn } from "~/lib/classes";
import { statusOf, type Tone } from "~/lib/status";

export const TONE_TEXT: Record<Tone, string> = {
  calm: "text-calm",
  busy: "text-busy",
  wait: "text-wait",
  warn: "text-warn",
  bad: "text-bad",
  off: "text-off",
};

/** Shows a state: always icon, word and colour together. */
export function StatusMark({ state, className }: { state: PluginState; className?: string }) {
  const status = statusOf(state);
  const Icon = status.icon;
  return (
    <span
      data-slot="status"
      data-state={state}
      title={status.meaning}
      className={cn(
        "inline-flex items-center gap-1.5 align-middle whitespace-nowrap font-medium",
        TONE_TEXT[status.tone],
        className,
      )}
    >
      <Icon aria-hidden className={cn("size-3.5 shrink-0", status.moving && "animate-spin")} />
      {status.label}
    </span>
  );
}
