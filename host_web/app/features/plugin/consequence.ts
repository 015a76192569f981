import type { Command } from "~/lib/api/host";

/** Say what follows for those who could not run without a plugin; `dependents` is in the order in which they stop. */
export function consequenceOf(asked: Command | "unload" | null, dependents: readonly string[]): string {
  const one = dependents.length === 1;
  const who = one ? `${dependents[0]} could` : `${dependents.length} plugins could`;
  if (asked === "unload") {
    const own = "It is stopped and forgotten; its folder and its data stay.";
    if (dependents.length === 0) return own;
    return `${who} not run without it, and ${one ? "is" : "are"} unloaded first, in this order. Folders and data stay.`;
  }
  if (dependents.length === 0) return "Whoever requires it is given another provider, or does without.";
  return asked === "restart"
    ? `${who} not run without it: ${one ? "it stops" : "they stop"} first, in this order, and ${one ? "is" : "are"} started again after it.`
    : `${who} not run without it: ${one ? "it stops" : "they stop"} first, in this order, or ${one ? "goes" : "go"} on without it where the manifest says so.`;
}
