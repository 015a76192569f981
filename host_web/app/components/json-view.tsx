import type { ReactNode } from "react";
import { cn } from "~/lib/classes";
import { formatBytes } from "~/lib/time";

/** Text beyond this is shown without colours: a browser draws each coloured word as an element of its own. */
const COLOURED = 50_000;

// A string, with what makes it a key; a number; a word.
const TOKEN = /("(?:\\.|[^"\\])*")(\s*:)?|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|\b(true|false|null)\b/g;

function coloured(text: string): ReactNode[] {
  const parts: ReactNode[] = [];
  let last = 0;
  for (const found of text.matchAll(TOKEN)) {
    const [all, string, colon] = found;
    parts.push(text.slice(last, found.index));
    const tone = string === undefined ? "text-wait" : colon === undefined ? "text-good" : "text-busy";
    parts.push(
      <span key={found.index} className={tone}>
        {string ?? all}
      </span>,
      colon ?? "",
    );
    last = found.index + all.length;
  }
  parts.push(text.slice(last));
  return parts;
}

/** As many characters of binary data are shown; all of it is there for who copies it. */
const SHOWN_BASE64 = 48;

/** Shorten binary data for the eye. */
export function shortenBytes(key: string, value: unknown): unknown {
  if (key !== "$bytes" || typeof value !== "string" || value.length <= 2 * SHOWN_BASE64) return value;
  return `${value.slice(0, SHOWN_BASE64)}… (${formatBytes((value.length * 3) / 4)})`;
}

/** Shows a value as indented JSON in quiet colours. */
export function JsonView({ value, label, className }: { value: unknown; label: string; className?: string }) {
  const text = JSON.stringify(value, shortenBytes, 2) ?? "";
  return (
    <div
      role="group"
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with keys
      tabIndex={0}
      className={cn("overflow-auto", className)}
    >
      <pre className="whitespace-pre-wrap break-words font-mono text-xs leading-[18px]">
        {text.length > COLOURED ? text : coloured(text)}
      </pre>
    </div>
  );
}
