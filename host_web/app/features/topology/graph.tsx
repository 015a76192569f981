import {
  Background,
  Controls,
  type Edge,
  Handle,
  MarkerType,
  type Node,
  type NodeProps,
  Position,
  ReactFlow,
} from "@xyflow/react";
import "@xyflow/react/dist/base.css";
import "./graph.css";
import { CircleHelp } from "lucide-react";
import { memo, useMemo } from "react";
import { Link } from "react-router";
import { StatusMark } from "~/components/status";
import type { Topology } from "~/lib/api/types";
import { cn } from "~/lib/classes";
import { selectPlugins, useLive } from "~/lib/live/live";
import { statusOf, type Tone, whyOf } from "~/lib/status";
import {
  type Arrow,
  NODE_HEIGHT,
  NODE_WIDTH,
  type Placed,
  type PlacedHole,
  type PlacedPlugin,
  place,
} from "./layout";

type PluginNode = Node<{ placed: PlacedPlugin }, "plugin">;
type HoleNode = Node<{ placed: PlacedHole }, "hole">;

const TYPES = { plugin: memo(PluginBox), hole: memo(HoleBox) };

/** Draws who requires whom; each box has the live state of its plugin and leads to it. */
export default function TopologyGraph({ topology }: { topology: Topology }) {
  const { nodes, edges } = useMemo(() => {
    const placement = place(topology);
    return { nodes: placement.nodes.map(nodeOf), edges: placement.arrows.map(edgeOf) };
  }, [topology]);
  return (
    <ReactFlow
      nodes={nodes}
      edges={edges}
      nodeTypes={TYPES}
      fitView
      fitViewOptions={{ maxZoom: 1, padding: 0.08 }}
      minZoom={0.1}
      maxZoom={1.6}
      nodesDraggable={false}
      nodesConnectable={false}
      nodesFocusable={false}
      edgesFocusable={false}
      elementsSelectable={false}
      proOptions={{ hideAttribution: true }}
      aria-label="Dependency graph"
    >
      <Background gap={24} size={1} />
      <Controls showInteractive={false} />
    </ReactFlow>
  );
}

function nodeOf(placed: Placed): PluginNode | HoleNode {
  const base = {
    id: placed.id,
    position: { x: placed.x, y: placed.y },
    width: NODE_WIDTH,
    height: NODE_HEIGHT,
    targetPosition: Position.Right,
    sourcePosition: Position.Left,
  };
  return placed.kind === "plugin"
    ? { ...base, type: "plugin", data: { placed } }
    : { ...base, type: "hole", data: { placed } };
}

function edgeOf({ id, from, to, labels, optional, unmet }: Arrow): Edge {
  return {
    id,
    source: from,
    target: to,
    label: labels.join(", "),
    markerEnd: {
      type: MarkerType.ArrowClosed,
      width: 16,
      height: 16,
      color: unmet ? "var(--bad)" : "var(--line-strong)",
    },
    className: cn(optional && "optional", unmet && "unmet"),
  };
}

const BORDERS: Record<Tone, string> = {
  calm: "border-line",
  off: "border-line",
  busy: "border-busy",
  wait: "border-wait",
  warn: "border-warn",
  bad: "border-bad",
};

function PluginBox({ data: { placed } }: NodeProps<PluginNode>) {
  const plugin = useLive(selectPlugins).get(placed.id);
  return (
    <>
      <Handle type="target" position={Position.Right} />
      <Link
        to={`/plugins/${encodeURIComponent(placed.id)}`}
        title={plugin === undefined ? placed.id : `${placed.id}: ${whyOf(plugin)}`}
        className={cn(
          "nopan flex size-full flex-col justify-center gap-0.5 rounded-md border bg-surface px-3 hover:bg-hover",
          BORDERS[plugin === undefined ? "calm" : statusOf(plugin.state).tone],
        )}
      >
        <span className="flex items-baseline gap-2">
          <span className="truncate font-mono text-text text-xs">{placed.id}</span>
          <span className="ml-auto shrink-0 text-[11px] text-faint">
            {placed.wave === null ? "" : `wave ${placed.wave + 1}`}
          </span>
        </span>
        {plugin && <StatusMark state={plugin.state} className="text-xs" />}
      </Link>
      <Handle type="source" position={Position.Left} />
    </>
  );
}

function HoleBox({ data: { placed } }: NodeProps<HoleNode>) {
  return (
    <>
      <Handle type="target" position={Position.Right} />
      <div className="flex size-full flex-col justify-center gap-0.5 rounded-md border border-bad border-dashed bg-bad-ground px-3 text-bad">
        <span className="truncate font-mono text-xs">
          {placed.name} {placed.range}
        </span>
        <span className="flex items-center gap-1.5 text-xs">
          <CircleHelp aria-hidden className="size-3.5" /> nobody provides it
        </span>
      </div>
    </>
  );
}
