import type { ReactNode } from "react";
import { cn } from "~/lib/classes";

/** Lists facts with their names, as many beside each other as there is room for. */
export function Facts({ children, className }: { children: ReactNode; className?: string }) {
  return (
    <dl className={cn("grid grid-cols-2 sm:grid-cols-4 xl:grid-cols-8 gap-px bg-line/70", className)}>
      {children}
    </dl>
  );
}

export function Fact({ name, title, children }: { name: string; title?: string; children: ReactNode }) {
  return (
    <div
      className="min-w-0 bg-surface px-3 py-2 shadow-[1px_0_0_0_var(--line),0_1px_0_0_var(--line)]"
      title={title}
    >
      <dt className="text-faint text-xs">{name}</dt>
      <dd className="truncate text-base tabular">{children}</dd>
    </div>
  );
}

/** Lists facts in lines, the name beside each. */
export function Lines({ children }: { children: ReactNode }) {
  return <dl className="grid grid-cols-[8rem_minmax(0,1fr)] gap-x-3 gap-y-1.5 px-3 py-2.5">{children}</dl>;
}

export function Line({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-muted">{name}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </>
  );
}
