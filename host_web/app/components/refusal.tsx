import { Lock } from "lucide-react";
import type { Scope } from "~/lib/api/access";
import { cn } from "~/lib/classes";
import { useRefusal } from "~/lib/session";

/** Says why something cannot be done by the person at this page; nothing for those who may do it. */
export function Refusal({ needed, id, className }: { needed: Scope; id?: string; className?: string }) {
  const refusal = useRefusal(needed);
  if (refusal === null) return null;
  return (
    <p id={id} data-slot="refusal" className={cn("flex items-center gap-1.5 text-muted", className)}>
      <Lock aria-hidden className="size-3.5 shrink-0 text-faint" />
      {refusal}
    </p>
  );
}
