import type { ComponentProps } from "react";
import { cn } from "~/lib/classes";

const control =
  "h-7 rounded-md border border-line-strong/60 bg-surface px-2 text-sm text-text hover:border-line-strong aria-invalid:border-bad disabled:opacity-60";

export function Input({ className, ...props }: ComponentProps<"input">) {
  return <input data-slot="input" className={cn(control, "min-w-0", className)} {...props} />;
}

export function Textarea({ className, ...props }: ComponentProps<"textarea">) {
  return <textarea data-slot="textarea" className={cn(control, "h-auto py-1.5", className)} {...props} />;
}

/** Is the browser's own select: it works with every keyboard, reader and phone, and needs no inline style. */
export function Select({ className, ...props }: ComponentProps<"select">) {
  return <select data-slot="select" className={cn(control, "pr-1", className)} {...props} />;
}

export function Checkbox({ className, ...props }: ComponentProps<"input">) {
  return (
    <input
      data-slot="checkbox"
      type="checkbox"
      className={cn("size-3.5 accent-accent align-[-2px]", className)}
      {...props}
    />
  );
}

export function Label({ className, ...props }: ComponentProps<"label">) {
  // biome-ignore lint/a11y/noLabelWithoutControl: the control is what the user of this part puts inside or names
  return <label data-slot="label" className={cn("text-sm text-muted", className)} {...props} />;
}
