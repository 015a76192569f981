import { ArrowDown, ArrowUp } from "lucide-react";
import { useRef, useState } from "react";
import { Link } from "react-router";
import { StatusMark } from "~/components/status";
import { Table, TableHead, Td, Th, Tr } from "~/components/ui/table";
import type { PluginSummary } from "~/lib/api/types";
import { cn } from "~/lib/classes";
import { isAtRest, statusOf } from "~/lib/status";
import { formatDuration, formatNumber } from "~/lib/time";
import { keepOrder, meanSeconds, type Sort, type View } from "./rows";

interface Props {
  rows: readonly PluginSummary[];
  view: View;
  onSort: (text: string) => void;
}

/** Shows the fleet, one row a plugin, in fixed columns. */
export function FleetTable({ rows, view, onSort }: Props) {
  const [held, setHeld] = useState(false);
  const order = useRef<readonly string[]>([]);
  const shown = held ? keepOrder(rows, order.current) : rows;
  order.current = shown.map((row) => row.id);

  const head = (sort: Sort, label: string, className?: string) => (
    <SortableTh sort={sort} label={label} view={view} onSort={onSort} className={className} />
  );
  return (
    <Table
      aria-label="Plugins"
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      className="min-w-[640px]"
    >
      <TableHead className="sticky top-0 z-10">
        <tr>
          {head("need", "State", "w-32")}
          {head("id", "Plugin", "w-[22%]")}
          <Th>Why</Th>
          <Th className="w-20 max-xl:hidden">Version</Th>
          <Th className="w-20 max-xl:hidden">Transport</Th>
          {head("calls", "Calls", "w-20 text-right")}
          {head("errors", "Errors", "w-20 text-right")}
          {head("mean", "Mean", "w-24 text-right")}
          {head("restarts", "Restarts", "w-24 text-right max-lg:hidden")}
        </tr>
      </TableHead>
      <tbody>
        {shown.map((plugin) => (
          <Row key={plugin.id} plugin={plugin} />
        ))}
      </tbody>
    </Table>
  );
}

function Row({ plugin }: { plugin: PluginSummary }) {
  const { id, description, state, reason, version, transport, statistics, restarts } = plugin;
  const mean = meanSeconds(plugin);
  const calm = statusOf(state).tone === "calm";
  return (
    <Tr className="relative hover:bg-hover has-[a:focus-visible]:bg-selected">
      <Td>
        <StatusMark state={state} />
      </Td>
      <Td>
        <Link
          data-row
          to={`/plugins/${encodeURIComponent(id)}`}
          title={description}
          className="font-mono text-text text-xs after:absolute after:inset-0"
        >
          {id}
        </Link>
      </Td>
      <Td title={calm ? description : reason.text} className={calm ? "text-faint" : "text-text"}>
        {calm ? description : isAtRest(plugin) ? "rests until its next call" : reason.text}
      </Td>
      <Td className="font-mono text-muted text-xs max-xl:hidden">{version}</Td>
      <Td className="text-muted max-xl:hidden">{transport}</Td>
      <Count value={statistics.calls} />
      <Count value={statistics.errors} alarming />
      <Td className="text-right text-muted">{mean === null ? "–" : formatDuration(mean)}</Td>
      <Count value={restarts} alarming className="max-lg:hidden" />
    </Tr>
  );
}

function Count({
  value,
  alarming = false,
  className,
}: {
  value: number;
  alarming?: boolean;
  className?: string;
}) {
  return (
    <Td className={cn("text-right", alarming && value > 0 ? "text-text" : "text-muted", className)}>
      {value === 0 ? "–" : formatNumber(value)}
    </Td>
  );
}

function SortableTh(props: {
  sort: Sort;
  label: string;
  view: View;
  onSort: (text: string) => void;
  className?: string | undefined;
}) {
  const { sort, label, view, onSort, className } = props;
  const active = view.sort === sort;
  // Numbers are interesting from the top, names from A on; need has one order only.
  const numeric = sort !== "id" && sort !== "need";
  const next =
    sort === "need" ? "" : active ? (view.descending ? sort : `-${sort}`) : numeric ? `-${sort}` : sort;
  const Icon = view.descending ? ArrowDown : ArrowUp;
  return (
    <Th
      aria-sort={active ? (view.descending ? "descending" : "ascending") : undefined}
      className={cn("px-1.5!", className)}
    >
      <button
        type="button"
        onClick={() => onSort(next)}
        className={cn(
          "inline-flex h-6 items-center gap-1 rounded-sm px-1.5 hover:bg-hover hover:text-text",
          active && "text-text",
        )}
      >
        {label}
        {active && sort !== "need" && <Icon aria-hidden className="size-3" />}
      </button>
    </Th>
  );
}
