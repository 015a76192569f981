import { CircleDashed, type LucideIcon, ShieldAlert, ShieldCheck, ShieldOff, ShieldX } from "lucide-react";
import type { Schemas } from "./api/schemas";

export type Verification = Schemas["Verification"];

interface Mark {
  label: string;
  icon: LucideIcon;
  tone: "good" | "off" | "warn" | "bad";
}

const MARKS = {
  off: { label: "Not verified", icon: ShieldOff, tone: "off" },
  verified: { label: "Verified", icon: ShieldCheck, tone: "good" },
  unlocked: { label: "Nobody vouches for it", icon: ShieldAlert, tone: "warn" },
  changed: { label: "Changed", icon: ShieldX, tone: "bad" },
  unsigned: { label: "Unsigned", icon: ShieldAlert, tone: "warn" },
  untrusted: { label: "Signed by a stranger", icon: ShieldX, tone: "bad" },
  refused: { label: "Cannot be verified", icon: ShieldX, tone: "bad" },
} as const satisfies Record<Verification["outcome"], Mark>;

const UNKNOWN: Mark = { label: "Unknown", icon: CircleDashed, tone: "off" };

/** Return what there is to say about a verification in a word, also about one of a newer host. */
export function markOf({ outcome }: Pick<Verification, "outcome">): Mark {
  return (MARKS as Record<string, Mark>)[outcome] ?? UNKNOWN;
}
