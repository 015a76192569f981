import { ArrowDown, ArrowUp } from "lucide-react";
import { memo, useMemo, useRef, useState } from "react";
import { Link } from "react-router";
import { NextStart } from "~/components/reason-text";
import { StatusMark } from "~/components/status";
import { Button } from "~/components/ui/button";
import { Table, TableHead, Td, Th, Tr } from "~/components/ui/table";
import { useCommands } from "~/components/use-commands";
import type { PluginSummary } from "~/lib/api/types";
import { cn } from "~/lib/classes";
import { COMMAND_TEXTS } from "~/lib/commands";
import { useRefusal } from "~/lib/session";
import { commandsFor, isAtRest, needsAttention, statusOf, whyOf } from "~/lib/status";
import { formatBytes, formatLatency, formatNumber, formatPercent, formatRate } from "~/lib/time";
import { useMedia } from "~/lib/use-media";
import { errorsOf, keepOrder, type Row, type Sort, type View } from "./rows";

/** As many rows are drawn at first, and as many more each time the end of them comes into view. */
const PAGE = 100;

interface Props {
  rows: readonly Row[];
  view: View;
  onSort: (text: string) => void;
}

interface Column {
  key: string;
  sort?: Sort;
  label: string;
  width?: string;
  title?: string;
  /** The window has to be so wide, in pixels. */
  from?: number;
  /** Says something of a running process only. */
  live?: boolean;
}

const COLUMNS: readonly Column[] = [
  { key: "state", sort: "need", label: "State", width: "w-[116px]" },
  { key: "id", sort: "id", label: "Plugin", width: "w-48 max-lg:w-40 min-[1440px]:w-60" },
  { key: "why", label: "About" },
  { key: "version", label: "Version", width: "w-[88px]", from: 1440 },
  {
    key: "rate",
    sort: "rate",
    label: "Calls/s",
    width: "w-[72px]",
    title: "Calls in the latest second",
    live: true,
  },
  {
    key: "errors",
    sort: "errors",
    label: "Errors",
    width: "w-[68px]",
    title: "Failed calls since the host knows the plugin",
    live: true,
  },
  {
    key: "p99",
    sort: "p99",
    label: "p99",
    width: "w-20",
    title: "99 of 100 calls of the latest second took no longer",
    live: true,
  },
  {
    key: "cpu",
    sort: "cpu",
    label: "CPU",
    width: "w-[68px]",
    title: "Of one core, all processes together",
    from: 1024,
    live: true,
  },
  {
    key: "memory",
    sort: "memory",
    label: "Memory",
    width: "w-[84px]",
    title: "Resident memory, all processes together",
    from: 1024,
    live: true,
  },
  {
    key: "restarts",
    sort: "restarts",
    label: "Restarts",
    width: "w-[76px]",
    title: "Starts after a crash",
    from: 1024,
  },
];

/** Return the columns that there is room for. */
function useColumns(): readonly Column[] {
  const wide = useMedia("(min-width: 1024px)");
  const wider = useMedia("(min-width: 1440px)");
  return useMemo(
    () => COLUMNS.filter(({ from = 0 }) => from < 1024 || (from === 1024 ? wide : wider)),
    [wide, wider],
  );
}

/** Shows the fleet, one row a plugin, in fixed columns; a plugin that is not well has its reason where its figures would be. */
export function FleetTable({ rows, view, onSort }: Props) {
  const [held, setHeld] = useState(false);
  const order = useRef<readonly string[]>([]);
  const columns = useColumns();
  const shown = held ? keepOrder(rows, order.current) : rows;
  order.current = shown.map((row) => row.plugin.id);
  return (
    <Table
      aria-label="Plugins"
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      className="min-w-[660px]"
    >
      <TableHead>
        <tr>
          {columns.map(({ key, sort, label, width, title }, index) =>
            sort === undefined ? (
              <Th key={key} className={width}>
                {label}
              </Th>
            ) : (
              <SortableTh
                key={key}
                sort={sort}
                label={label}
                view={view}
                onSort={onSort}
                className={cn(width, index > 2 && "text-right!")}
                title={title}
              />
            ),
          )}
        </tr>
      </TableHead>
      <Rows rows={shown} columns={columns} />
    </Table>
  );
}

function Rows({ rows, columns }: { rows: readonly Row[]; columns: readonly Column[] }) {
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
        <FleetRow key={row.plugin.id} row={row} columns={columns} />
      ))}
      {rows.length > count && (
        <tr ref={end}>
          <td colSpan={columns.length} className="h-8 px-3 text-muted">
            {rows.length - count} more
          </td>
        </tr>
      )}
    </tbody>
  );
}

const FleetRow = memo(
  function FleetRow({ row, columns }: { row: Row; columns: readonly Column[] }) {
    const { plugin } = row;
    const { id, description, state } = plugin;
    const tells = statusOf(state).tone !== "calm" && !isAtRest(plugin);
    // Without a process there are no figures, and the reason has their room.
    const spans = tells && plugin.pid === null;
    const about = spans ? columns.filter(({ key, live }) => live || key === "version").length + 1 : 1;
    return (
      <Tr className="relative hover:bg-hover has-[a[data-row]:focus-visible]:bg-selected">
        {columns.map((column) => {
          switch (column.key) {
            case "state":
              return (
                <Td key="state">
                  <StatusMark state={state} />
                </Td>
              );
            case "id":
              return (
                <Td key="id">
                  <Link
                    data-row
                    to={`/plugins/${encodeURIComponent(id)}`}
                    title={`${id}: ${description}`}
                    className="font-mono text-text text-xs after:absolute after:inset-0"
                  >
                    {id}
                  </Link>
                </Td>
              );
            case "why":
              return tells ? (
                <Td key="why" colSpan={about} className="whitespace-normal! py-1">
                  <Why plugin={plugin} />
                </Td>
              ) : (
                <Td key="why" title={description} className="text-faint">
                  {isAtRest(plugin) ? "Rests until its next call" : description}
                </Td>
              );
            case "version":
              return spans ? null : (
                <Td key="version" className="font-mono text-muted text-xs" title={plugin.version}>
                  {plugin.version}
                </Td>
              );
            default:
              return spans && column.live ? null : (
                <Figure key={column.key} {...FIGURES[column.key]?.(row)} />
              );
          }
        })}
      </Tr>
    );
  },
  // Each sample is an object of its own; a row is drawn anew only when something that it shows is another.
  ({ row: a, columns: before }, { row: b, columns }) =>
    before === columns &&
    a.plugin === b.plugin &&
    a.figures?.calls_per_second === b.figures?.calls_per_second &&
    a.figures?.errors === b.figures?.errors &&
    a.figures?.p99_ms === b.figures?.p99_ms &&
    a.figures?.cpu === b.figures?.cpu &&
    a.figures?.rss_bytes === b.figures?.rss_bytes,
);

/** Says why a plugin is not well, and offers what most likely helps. */
function Why({ plugin }: { plugin: PluginSummary }) {
  const { running, run } = useCommands(plugin.id);
  const refusal = useRefusal("operator");
  const first = needsAttention(plugin) ? commandsFor(plugin)[0] : undefined;
  return (
    <div className="flex items-center gap-3">
      <p className="line-clamp-2 min-w-0 flex-1 break-words" title={whyOf(plugin)}>
        {whyOf(plugin)}
      </p>
      {plugin.reason.until !== null && (
        <span className="shrink-0 text-muted">
          <NextStart plugin={plugin} />
        </span>
      )}
      {first && (
        // Above the link, which is as large as the row.
        <div className="relative z-10 flex w-28 shrink-0 justify-end gap-1">
          <Button asChild size="small" variant="ghost">
            <Link to={`/plugins/${encodeURIComponent(plugin.id)}/logs`}>Logs</Link>
          </Button>
          <Button
            size="small"
            disabled={running !== null || refusal !== null}
            onClick={() => void run(first)}
            title={refusal ?? COMMAND_TEXTS[first].meaning}
          >
            {COMMAND_TEXTS[first].label}
          </Button>
        </div>
      )}
    </div>
  );
}

interface FigureProps {
  text?: string;
  /** Stands out: somebody may want to look. */
  strong?: boolean;
}

/** What each column says; nothing where there is no figure, which is not the same as 0. */
const FIGURES: Record<string, (row: Row) => FigureProps> = {
  rate: ({ figures }) => shown(figures?.calls_per_second, formatRate),
  errors: (row) => shown(errorsOf(row), formatNumber, true),
  p99: ({ figures }) => shown(figures?.p99_ms, (ms) => formatLatency(ms / 1000)),
  cpu: ({ figures }) => shown(figures?.cpu, formatPercent),
  memory: ({ figures }) => shown(figures?.rss_bytes, formatBytes),
  restarts: ({ plugin }) => shown(plugin.restarts, formatNumber, true),
};

function shown(
  value: number | null | undefined,
  format: (value: number) => string,
  strong = false,
): FigureProps {
  return value == null ? {} : { text: format(value), strong: strong && value > 0 };
}

function Figure({ text = "–", strong = false }: FigureProps) {
  const quiet = text === "–" || text === "0" || text === "0 %";
  return (
    <Td className={cn("text-right", strong ? "text-text" : quiet ? "text-faint" : "text-muted")}>{text}</Td>
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
