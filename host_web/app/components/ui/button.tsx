import { cva, type VariantProps } from "class-variance-authority";
import { type ComponentProps, cloneElement, type ReactElement } from "react";
import { cn } from "~/lib/classes";

const buttonVariants = cva(
  "inline-flex shrink-0 select-none items-center justify-center gap-1.5 whitespace-nowrap rounded-md font-medium transition-colors disabled:opacity-50 aria-disabled:opacity-50 [&_svg]:size-3.5 [&_svg]:shrink-0",
  {
    variants: {
      variant: {
        default: "border border-line bg-surface text-text hover:bg-hover",
        primary: "bg-accent text-on-accent hover:bg-accent-hover",
        ghost: "text-muted hover:bg-hover hover:text-text",
        danger: "border border-line bg-surface text-bad hover:bg-bad-ground",
      },
      size: {
        small: "h-6 px-2 text-xs",
        medium: "h-7 px-2.5 text-sm",
        icon: "size-7",
        iconSmall: "size-6",
      },
    },
    defaultVariants: { variant: "default", size: "medium" },
  },
);

type ButtonProps = ComponentProps<"button"> & VariantProps<typeof buttonVariants> & { asChild?: boolean };

/** Is a button, or with `asChild` gives its looks to the link inside. */
export function Button({ className, variant, size, asChild = false, children, ...props }: ButtonProps) {
  const looks = {
    "data-slot": "button",
    className: cn(buttonVariants({ variant, size }), className),
    ...props,
  };
  return asChild ? (
    cloneElement(children as ReactElement<object>, looks)
  ) : (
    <button type="button" {...looks}>
      {children}
    </button>
  );
}
