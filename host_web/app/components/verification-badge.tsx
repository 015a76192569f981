import { markOf, type Verification } from "~/lib/verification";
import { Badge } from "./ui/badge";

/** Says whether somebody vouches for the files of a plugin; nothing where nobody has asked. */
export function VerificationBadge({ verification }: { verification: Verification | null | undefined }) {
  if (!verification || verification.outcome === "off") return null;
  const { label, icon: Icon, tone } = markOf(verification);
  return (
    <Badge tone={tone} title={verification.detail}>
      <Icon aria-hidden />
      {label}
    </Badge>
  );
}
