import { Graph, layout } from "@dagrejs/dagre";
import type { Dependency, Topology } from "~/lib/api/types";

export const NODE_WIDTH = 196;
export const NODE_HEIGHT = 52;

export interface PlacedPlugin {
  kind: "plugin";
  id: string;
  version: string;
  wave: number | null;
  x: number;
  y: number;
}

/** Stands for what nobody provides. */
export interface PlacedHole {
  kind: "hole";
  id: string;
  name: string;
  range: string;
  x: number;
  y: number;
}

export type Placed = PlacedPlugin | PlacedHole;

/** One arrow from a plugin to what it requires, with all that it requires of it. */
export interface Arrow {
  id: string;
  from: string;
  to: string;
  labels: string[];
  optional: boolean;
  unmet: boolean;
}

export interface Placement {
  nodes: Placed[];
  arrows: Arrow[];
  /** Pixels that all of it takes at its full size, with a margin. */
  width: number;
  height: number;
}

const MARGIN = 16;
/** Between two waves there is room for an arrow, and for what is written on it: so much a letter. */
const RANK_ROOM = 48;
const LETTER = 6;
const LABEL_HEIGHT = 12;

const holeOf = ({ name, range }: Dependency) => `? ${name} ${range}`;

/** Return the arrows of a graph: those between the same two plugins are one. */
export function arrowsOf(dependencies: readonly Dependency[]): Arrow[] {
  const arrows = new Map<string, Arrow>();
  for (const one of dependencies) {
    const to = one.provider ?? holeOf(one);
    const id = `${one.dependent} → ${to}`;
    const label = one.kind === "interface" ? `${one.name} ${one.range}` : one.range;
    const known = arrows.get(id);
    if (known === undefined) {
      const unmet = one.provider === null && !one.optional;
      arrows.set(id, { id, from: one.dependent, to, labels: [label], optional: one.optional, unmet });
    } else {
      known.labels.push(label);
      known.optional &&= one.optional;
    }
  }
  return [...arrows.values()];
}

/** Place the plugins: what starts first stands on the left, and an arrow points at what is required. */
export function place({ plugins, dependencies }: Topology): Placement {
  const arrows = arrowsOf(dependencies);
  const graph = new Graph();
  graph.setGraph({ rankdir: "RL", nodesep: 20, ranksep: RANK_ROOM, marginx: MARGIN, marginy: MARGIN });
  graph.setDefaultEdgeLabel(() => ({}));
  const box = { width: NODE_WIDTH, height: NODE_HEIGHT };
  const tied = new Set(arrows.flatMap((arrow) => [arrow.from, arrow.to]));
  const holes = new Map(dependencies.filter((one) => one.provider === null).map((one) => [holeOf(one), one]));
  for (const id of tied) graph.setNode(id, { ...box });
  for (const { from, to, labels } of arrows) {
    const width = LETTER * labels.join(", ").length;
    graph.setEdge(from, to, { width, height: LABEL_HEIGHT, labelpos: "c" });
  }
  layout(graph);

  const at = (id: string) => {
    const { x, y } = graph.node(id);
    return { x: (x ?? 0) - NODE_WIDTH / 2, y: (y ?? 0) - NODE_HEIGHT / 2 };
  };
  const nodes: Placed[] = [];
  // What stands alone is put below in rows: a line of hundreds would make the rest too small to read.
  const bottom = Math.max(0, ...[...tied].map((id) => at(id).y + NODE_HEIGHT));
  const columns = Math.max(3, Math.ceil(Math.sqrt(plugins.length)));
  let alone = 0;
  for (const { id, version, wave } of plugins) {
    const position = tied.has(id)
      ? at(id)
      : {
          x: MARGIN + (alone % columns) * (NODE_WIDTH + 20),
          y: (tied.size === 0 ? MARGIN : bottom + 40) + Math.floor(alone++ / columns) * (NODE_HEIGHT + 20),
        };
    nodes.push({ kind: "plugin", id, version, wave, ...position });
  }
  for (const [id, { name, range }] of holes) nodes.push({ kind: "hole", id, name, range, ...at(id) });
  const width = Math.max(0, ...nodes.map(({ x }) => x + NODE_WIDTH)) + MARGIN;
  const height = Math.max(0, ...nodes.map(({ y }) => y + NODE_HEIGHT)) + MARGIN;
  return { nodes, arrows, width, height };
}
