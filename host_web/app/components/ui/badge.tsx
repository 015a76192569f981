import { cva, type VariantProps } from "class-variance-authority";
import type { ComponentProps } from "react";
import { cn } from "~/lib/classes";

const badgeVariants = cva(
  "inline-flex h-5 items-center gap-1 whitespace-nowrap rounded-sm px-1.5 text-xs [&_svg]:size-3",
  {
    variants: {
      tone: {
        calm: "bg-sunken text-muted",
        off: "bg-sunken text-faint",
        busy: "bg-busy-ground text-busy",
        wait: "bg-wait-ground text-wait",
        warn: "bg-warn-ground text-warn",
        bad: "bg-bad-ground text-bad",
        good: "bg-good-ground text-good",
      },
    },
    defaultVariants: { tone: "calm" },
  },
);

export function Badge({
  className,
  tone,
  ...props
}: ComponentProps<"span"> & VariantProps<typeof badgeVariants>) {
  return <span data-slot="badge" className={cn(badgeVariants({ tone }), className)} {...props} />;
}
