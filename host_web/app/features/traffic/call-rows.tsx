import { useVirtualizer } from "@tanstack/react-virtual";
import { memo, useCallback, useEffect, useRef, useState } from "react";
import { Link } from "react-router";
import type { RecordedCall } from "~/lib/api/traffic";
import { cn } from "~/lib/classes";
import { formatBytes, formatClock, formatDateTime, formatLatency } from "~/lib/time";
import { CallDetails } from "./call-details";
import { OutcomeMark } from "./outcome";

const ROW = 32;
/** As many rows before the end, older calls are asked for. */
const AHEAD = 20;
/** A call that takes longer is worth a glance. */
const SLOW_SECONDS = 1;

interface Props {
  calls: readonly RecordedCall[];
  withPlugin: boolean;
  hasOlder: boolean;
  onOlder: () => void;
  onHold: (still: boolean) => void;
}

/** Is the table of calls; only those in sight are drawn. */
export function CallRows({ calls, withPlugin, hasOlder, onOlder, onHold }: Props) {
  const scroller = useRef<HTMLElement>(null);
  const [open, setOpen] = useState<ReadonlySet<number>>(new Set());
  const rows = useVirtualizer({
    count: calls.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    getItemKey: (index) => calls[index]?.id ?? index,
    overscan: 15,
  });
  const last = rows.getVirtualItems().at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasOlder && last >= calls.length - AHEAD) onOlder();
  }, [hasOlder, last, calls.length, onOlder]);
  const toggle = useCallback(
    (id: number) => {
      onHold(true);
      setOpen((old) => {
        const next = new Set(old);
        if (!next.delete(id)) next.add(id);
        return next;
      });
    },
    [onHold],
  );
  const isBusy = () => (scroller.current?.scrollTop ?? 0) > 0 || open.size > 0;
  return (
    <>
      <Head withPlugin={withPlugin} />
      <section
        ref={scroller}
        aria-label="Recorded calls"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with keys
        tabIndex={0}
        className="min-h-0 flex-1 overflow-auto bg-surface outline-offset-[-2px] [scrollbar-gutter:stable]"
        onPointerEnter={() => onHold(true)}
        onPointerLeave={() => onHold(isBusy())}
        onScroll={() => {
          if (isBusy()) onHold(true);
        }}
      >
        <div className="relative w-full" style={{ height: rows.getTotalSize() }}>
          {rows.getVirtualItems().map(({ index, key, start }) => {
            const call = calls[index];
            if (call === undefined) return null;
            return (
              <div
                key={key}
                ref={rows.measureElement}
                data-index={index}
                className="absolute top-0 left-0 w-full"
                style={{ transform: `translateY(${start}px)` }}
              >
                <Row call={call} withPlugin={withPlugin} open={open.has(call.id)} onToggle={toggle} />
              </div>
            );
          })}
        </div>
      </section>
    </>
  );
}

// One grid for head and rows; what is less asked for goes first when it gets narrow.
const GRID =
  "grid items-center gap-x-3 px-4 grid-cols-[86px_minmax(0,1fr)_150px_72px] lg:grid-cols-[86px_minmax(0,1fr)_120px_150px_72px_132px]";
const GRID_ALL =
  "grid items-center gap-x-3 px-4 grid-cols-[86px_minmax(0,9rem)_minmax(0,1fr)_130px_72px] lg:grid-cols-[86px_minmax(0,11rem)_minmax(0,1fr)_120px_150px_72px_132px]";

function Head({ withPlugin }: { withPlugin: boolean }) {
  return (
    <div
      aria-hidden
      className={cn(
        "h-8 shrink-0 overflow-hidden border-b bg-surface font-medium text-faint text-xs [scrollbar-gutter:stable]",
        withPlugin ? GRID_ALL : GRID,
      )}
    >
      <span>Made</span>
      {withPlugin && <span>Plugin</span>}
      <span>Method</span>
      <span className="max-lg:hidden">By</span>
      <span>Outcome</span>
      <span className="text-right">Took</span>
      <span className="text-right max-lg:hidden">Sent / got</span>
    </div>
  );
}

const Row = memo(function Row(props: {
  call: RecordedCall;
  withPlugin: boolean;
  open: boolean;
  onToggle: (id: number) => void;
}) {
  const { call, withPlugin, open, onToggle } = props;
  const { id, plugin, method, caller, outcome, error, duration, started_at, direction } = call;
  return (
    <div className={cn("border-line/70 border-b", open && "bg-hover")}>
      <div className={cn("relative h-8 hover:bg-hover", withPlugin ? GRID_ALL : GRID)}>
        <button
          type="button"
          data-row
          aria-expanded={open}
          aria-label={`${formatClock(started_at)} ${method} of ${plugin}: ${outcome}`}
          title={formatDateTime(started_at)}
          onClick={() => onToggle(id)}
          className="text-left font-mono text-faint text-xs tabular after:absolute after:inset-0"
        >
          {formatClock(started_at)}
        </button>
        {withPlugin && (
          <span className="truncate">
            <Link
              to={`/plugins/${encodeURIComponent(plugin)}/traffic`}
              className="relative z-10 font-mono text-xs underline-offset-2 hover:underline"
            >
              {plugin}
            </Link>
          </span>
        )}
        <span className="truncate font-mono text-xs" title={method}>
          {direction === "to-host" && <span className="text-faint">asks </span>}
          {method}
        </span>
        <span className="truncate text-muted max-lg:hidden" title={caller ?? undefined}>
          {caller ?? <span className="text-faint">–</span>}
        </span>
        <OutcomeMark outcome={outcome} error={error} />
        <span className={cn("text-right tabular", duration >= SLOW_SECONDS ? "text-warn" : "text-muted")}>
          {formatLatency(duration)}
        </span>
        <span className="text-right text-faint text-xs tabular max-lg:hidden">
          {formatBytes(call.request_bytes)} / {formatBytes(call.response_bytes)}
        </span>
      </div>
      {open && <CallDetails call={call} />}
    </div>
  );
});
