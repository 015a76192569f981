import { CircleCheck, CircleX, type LucideIcon, TriangleAlert } from "lucide-react";
import { Panel, PanelHeader } from "~/components/ui/panel";
import type { Finding } from "~/lib/api/interfaces";
import { cn } from "~/lib/classes";

const SEVERITIES = {
  break: {
    icon: CircleX,
    tone: "text-bad",
    title: (count: number) => (count === 1 ? "1 change breaks" : `${count} changes break`),
    meaning: "who was written against the old version",
  },
  warn: {
    icon: TriangleAlert,
    tone: "text-warn",
    title: (count: number) => (count === 1 ? "1 change may surprise" : `${count} changes may surprise`),
    meaning: "and breaks nothing by itself",
  },
  ok: {
    icon: CircleCheck,
    tone: "text-muted",
    title: (count: number) => (count === 1 ? "1 change is compatible" : `${count} changes are compatible`),
    meaning: "for callers and for plugins",
  },
} as const satisfies Record<Finding["severity"], { icon: LucideIcon; [key: string]: unknown }>;

const ORDER = ["break", "warn", "ok"] as const;

/** Shows what differs between two versions, what breaks first. */
export function Findings({ findings }: { findings: readonly Finding[] }) {
  return (
    <>
      {ORDER.map((severity) => {
        const some = findings.filter((one) => one.severity === severity);
        if (some.length === 0) return null;
        const { icon: Icon, tone, title, meaning } = SEVERITIES[severity];
        return (
          <Panel key={severity} aria-label={title(some.length)} data-severity={severity}>
            <PanelHeader
              title={
                <>
                  <span className={tone}>{title(some.length)}</span>{" "}
                  <span className="font-normal text-muted">{meaning}</span>
                </>
              }
            />
            <ul>
              {some.map(({ rule, pointer, message }) => (
                <li
                  key={`${rule} ${pointer} ${message}`}
                  className="flex items-start gap-2 border-line/70 border-b px-3 py-1.5 last:border-b-0"
                >
                  <Icon aria-hidden className={cn("mt-0.5 size-4 shrink-0", tone)} />
                  <div className="min-w-0 flex-1">
                    <p className="break-words">{message}</p>
                    <p className="flex flex-wrap gap-x-3 text-faint text-xs">
                      <code className="break-all font-mono">{pointer || "/"}</code>
                      <span>rule {rule}</span>
                    </p>
                  </div>
                </li>
              ))}
            </ul>
          </Panel>
        );
      })}
    </>
  );
}
