import type { ReactNode } from "react";
import { cn } from "~/lib/classes";

/** Heads a page: its name, what goes with it, and what can be done. The heading takes the focus on navigation. */
export function PageHeader({
  title,
  mono = false,
  beside,
  below,
  children,
}: {
  title: string;
  mono?: boolean;
  beside?: ReactNode;
  below?: ReactNode;
  children?: ReactNode;
}) {
  return (
    <header className="flex flex-wrap items-start gap-x-4 gap-y-2 px-4 pt-4 pb-3">
      <div className="min-w-0 flex-1">
        <div className="flex min-h-7 flex-wrap items-center gap-x-3 gap-y-1">
          <h1
            tabIndex={-1}
            className={cn("min-w-0 font-semibold text-lg wrap-anywhere", mono && "font-mono")}
          >
            {title}
          </h1>
          {beside}
        </div>
        {below}
      </div>
      {children && <div className="flex flex-wrap items-center gap-2">{children}</div>}
    </header>
  );
}

/** Is the title that the browser shows. */
export function PageTitle({ children }: { children: string }) {
  return <title>{`${children} · Polyhost`}</title>;
}
