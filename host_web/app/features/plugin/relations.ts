import type { Dependency, Topology } from "~/lib/api/types";

/** Return what a plugin requires. */
export function requirementsOf(topology: Topology, id: string): Dependency[] {
  return topology.dependencies.filter((one) => one.dependent === id);
}

/** Return whom a plugin was picked for. */
export function dependentsOf(topology: Topology, id: string): Dependency[] {
  return topology.dependencies.filter((one) => one.provider === id);
}

/** Return the ids of those who lose something when a plugin goes, those who could do without it left out. */
export function losersOf(topology: Topology, id: string): string[] {
  const lose = dependentsOf(topology, id).filter((one) => !one.optional && one.on_loss !== "ignore");
  return [...new Set(lose.map((one) => one.dependent))].sort();
}
