import { cn } from "~/lib/classes";

/** Shows text as it came; what scrolls can be reached and scrolled with keys. */
export function Output({ text, label, className }: { text: string; label: string; className?: string }) {
  return (
    <div
      role="group"
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with keys
      tabIndex={0}
      className={cn("max-h-48 overflow-auto rounded-md border border-line bg-surface p-2", className)}
    >
      <pre className="whitespace-pre-wrap break-words font-mono text-xs">{text}</pre>
    </div>
  );
}
