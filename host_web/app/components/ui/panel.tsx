import type { ComponentProps, ReactNode } from "react";
import { cn } from "~/lib/classes";

/** Frames one thing of a page. Never put one into another. */
export function Panel({ className, ...props }: ComponentProps<"section">) {
  return (
    <section
      data-slot="panel"
      className={cn("overflow-hidden rounded-lg border border-line bg-surface", className)}
      {...props}
    />
  );
}

export function PanelHeader({
  title,
  children,
  id,
}: {
  title: ReactNode;
  children?: ReactNode;
  id?: string;
}) {
  return (
    <header className="flex min-h-9 items-center gap-2 border-b px-3">
      <h2 id={id} className="min-w-0 flex-1 truncate font-medium text-sm">
        {title}
      </h2>
      {children}
    </header>
  );
}
