import type { ComponentProps } from "react";
import { cn } from "~/lib/classes";

export function Table({ className, ...props }: ComponentProps<"table">) {
  return (
    <table
      data-slot="table"
      className={cn("w-full table-fixed border-collapse text-left", className)}
      {...props}
    />
  );
}

export function TableHead({ className, ...props }: ComponentProps<"thead">) {
  return <thead className={cn("border-b bg-surface text-faint text-xs", className)} {...props} />;
}

export function Th({ className, ...props }: ComponentProps<"th">) {
  return (
    <th
      data-slot="th"
      scope="col"
      className={cn("h-8 truncate px-3 text-left font-medium", className)}
      {...props}
    />
  );
}

export function Tr({ className, ...props }: ComponentProps<"tr">) {
  return (
    <tr data-slot="tr" className={cn("border-line/70 border-b last:border-b-0", className)} {...props} />
  );
}

export function Td({ className, ...props }: ComponentProps<"td">) {
  return <td data-slot="td" className={cn("h-8 truncate px-3", className)} {...props} />;
}
