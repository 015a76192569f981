import { ArrowDown, ArrowUp } from "lucide-react";
import { memo, useRef, useState } from "react";
import { Link } from "react-router";
import { ReasonText } from "~/components/reason-text";
import { StatusMark } from "~/components/status";
import { Table, TableHead, Td, Th, Tr } from "~/components/ui/table";
import { cn } from "~/lib/classes";
import { isAtRest, statusOf } from "~/lib/status";
import { formatBytes, formatDuration, formatNumber } from "~/lib/time";
import { errorsOf, keepOrder, type Row, type Sort, type View } from "./rows";

/** As many rows are drawn at first, and as many more each time the end of them comes into view. */
const PAGE = 100;

interface Props {
  rows: readonly Row[];
  view: View;
  onSort: (text: string) => void;
}

/** Shows the fleet, one row a plugin, in fixed columns. */
export function FleetTable({ rows, view, onSort }: Props) {
  const [held, setHeld] = useState(false);
  const order = useRef<readonly string[]>([]);
  const shown = held ? keepOrder(rows, order.current) : rows;
  order.current = shown.map((row) => row.plugin.id);

  const head = (sort: Sort, label: string, className: string, title?: string) => (
    <SortableTh sort={sort} label={label} view={view} onSort={onSort} className={className} title={title} />
  );
  return (
    <Table
      aria-label="Plugins"
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      className="min-w-[660px]"
    >
      <TableHead>
        <tr>
          {head("need", "State", "w-[116px]")}
          {head("id", "Plugin", "w-44")}
          <Th>Why</Th>
          <Th className="w-[76px] max-xl:hidden">Version</Th>
          {head("rate", "Calls/s", "w-[76px] text-right!", "Calls in the latest second")}
          {head("errors", "Errors", "w-[72px] text-right!", "Failed calls since the host knows the plugin")}
          {head("p99", "p99", "w-20 text-right!", "99 of 100 calls of the latest second took no longer")}
          {head("cpu", "CPU", "w-16 text-right! max-lg:hidden", "Of one core, all processes together")}
          {head(
            "memory",
            "Memory",
            "w-[88px] text-right! max-lg:hidden",
            "Resident memory, all processes together",
          )}
          {head("restarts", "Restarts", "w-[84px] text-right! max-lg:hidden", "Starts after a crash")}
        </tr>
      </TableHead>
      <Rows rows={shown} />
    </Table>
  );
}

function Rows({ rows }: { rows: readonly Row[] }) {
  const [count, setCount] = useState(PAGE);
  const watcher = useRef<IntersectionObserver | null>(null);
  // The last drawn row asks for more when it comes near: a fleet of hundreds costs what is looked at.
  const end = (element: HTMLTableRowElement | null) => {
    watcher.current?.disconnect();
    if (element === null) return;
    watcher.current = new IntersectionObserver(
      ([entry]) => {
        if (entry?.isIntersecting) setCount((old) => old + PAGE);
      },
      { rootMargin: "600px" },
    );
    watcher.current.observe(element);
  };
  return (
    <tbody>
      {rows.slice(0, count).map((row) => (
        <FleetRow key={row.plugin.id} row={row} />
      ))}
      {rows.length > count && (
        <tr ref={end}>
          <td colSpan={10} className="h-8 px-3 text-muted">
            {rows.length - count} more
          </td>
        </tr>
      )}
    </tbody>
  );
}

const FleetRow = memo(
  function FleetRow({ row }: { row: Row }) {
    const { plugin, figures } = row;
    const { id, description, state, reason, version, restarts } = plugin;
    const calm = statusOf(state).tone === "calm";
    const errors = errorsOf(row);
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
          {calm ? (
            description
          ) : isAtRest(plugin) ? (
            "rests until its next call"
          ) : (
            <ReasonText reason={reason} />
          )}
        </Td>
        <Td className="font-mono text-muted text-xs max-xl:hidden">{version}</Td>
        <Figure value={figures?.calls_per_second || null} format={formatNumber} />
        <Figure value={errors || null} format={formatNumber} strong />
        <Figure value={figures?.p99_ms ?? null} format={(ms) => formatDuration(ms / 1000)} />
        <Figure value={figures?.cpu ?? null} format={formatPercent} className="max-lg:hidden" />
        <Figure value={figures?.rss_bytes ?? null} format={formatBytes} className="max-lg:hidden" />
        <Figure value={restarts || null} format={formatNumber} strong className="max-lg:hidden" />
      </Tr>
    );
  },
  // Each sample is an object of its own; a row is drawn anew only when something that it shows is another.
  ({ row: a }, { row: b }) =>
    a.plugin === b.plugin &&
    a.figures?.calls_per_second === b.figures?.calls_per_second &&
    a.figures?.errors === b.figures?.errors &&
    a.figures?.p99_ms === b.figures?.p99_ms &&
    a.figures?.cpu === b.figures?.cpu &&
    a.figures?.rss_bytes === b.figures?.rss_bytes,
);

const formatPercent = (cores: number) => `${formatNumber(Math.round(1000 * cores) / 10)} %`;

function Figure(props: {
  value: number | null;
  format: (value: number) => string;
  strong?: boolean;
  className?: string;
}) {
  const { value, format, strong = false, className } = props;
  return (
    <Td className={cn("text-right", strong && value !== null ? "text-text" : "text-muted", className)}>
      {value === null ? <span className="text-faint">–</span> : format(value)}
    </Td>
  );
}

function SortableTh(props: {
  sort: Sort;
  label: string;
  view: View;
  onSort: (text: string) => void;
  className: string;
  title: string | undefined;
}) {
  const { sort, label, view, onSort, className, title } = props;
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
        title={title}
        onClick={() => onSort(next)}
        className={cn(
          "inline-flex h-6 items-center gap-1 rounded-sm px-1.5 hover:bg-hover hover:text-text",
          active && "text-text",
        )}
      >
        {active && sort !== "need" && <Icon aria-hidden className="size-3" />}
        {label}
      </button>
    </Th>
  );
}
