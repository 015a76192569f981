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
  type Viewport,
} from "@xyflow/react";
import "@xyflow/react/dist/base.css";
import "./graph.css";
import { CircleHelp } from "lucide-react";
import { memo, useMemo, useState } from "react";
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

/** Smaller than this nobody can read it: what is wider can be dragged. */
const LEAST_ZOOM = 0.6;
const LEAST_HEIGHT = 240;
/** Below the graph there is room for its buttons. */
const CONTROLS_HEIGHT = 44;

/** Draws who requires whom; each box has the live state of its plugin and leads to it. */
export default function TopologyGraph({ topology }: { topology: Topology }) {
  const { nodes, edges, width, height } = useMemo(() => {
    const { nodes, arrows, ...size } = place(topology);
    return { nodes: nodes.map(nodeOf), edges: arrows.map(edgeOf), ...size };
  }, [topology]);
  const [room, setRoom] = useState(0);
  const zoom = Math.min(1, Math.max(LEAST_ZOOM, room / width));
  return (
    <div
      ref={(element) => setRoom((old) => element?.clientWidth ?? old)}
      className="overflow-hidden rounded-lg border border-line"
      style={{ height: Math.max(LEAST_HEIGHT, height * zoom + CONTROLS_HEIGHT) }}
    >
      {room > 0 && (
        <Flow nodes={nodes} edges={edges} at={{ x: Math.max(0, (room - width * zoom) / 2), y: 0, zoom }} />
      )}
    </div>
  );
}

function Flow({ nodes, edges, at }: { nodes: Node[]; edges: Edge[]; at: Viewport }) {
  return (
    <ReactFlow
      nodes={nodes}
      edges={edges}
      nodeTypes={TYPES}
      defaultViewport={at}
      fitViewOptions={{ maxZoom: 1, padding: 0.04 }}
      // The wheel is for the page; with Ctrl it makes the graph larger and smaller.
      zoomOnScroll={false}
      preventScrolling={false}
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
      <Controls showInteractive={false} orientation="horizontal" position="bottom-right" />
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
