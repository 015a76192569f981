import type { ComponentProps } from "react";
import { cn } from "~/lib/classes";

export function Kbd({ className, ...props }: ComponentProps<"kbd">) {
  return (
    <kbd
      data-slot="kbd"
      className={cn(
        "inline-flex h-[18px] min-w-[18px] items-center justify-center rounded-sm border border-line bg-sunken px-1 font-sans text-[11px] text-muted",
        className,
      )}
      {...props}
    />
  );
}
