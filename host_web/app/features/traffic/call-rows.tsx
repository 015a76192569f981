import { memo } from "react";
import { Link } from "react-router";
import { NewestFirst } from "~/components/row-list";
import type { RecordedCall } from "~/lib/api/traffic";
import { cn } from "~/lib/classes";
import { formatBytes, formatClock, formatDateTime, formatLatency } from "~/lib/time";
import { CallDetails } from "./call-details";
import { OutcomeMark } from "./outcome";

const ROW = 33;
/** A call that takes longer is worth a glance. */
const SLOW_SECONDS = 1;

const idOf = ({ id }: RecordedCall) => id;

interface Props {
  calls: readonly RecordedCall[];
  withPlugin: boolean;
  fresh: number;
  onEnd: (() => void) | undefined;
  onHold: (still: boolean) => void;
}

/** Is the table of calls; only those in sight are drawn. */
export function CallRows({ calls, withPlugin, fresh, onEnd, onHold }: Props) {
  return (
    <>
      <Head withPlugin={withPlugin} />
      <NewestFirst
        label="Recorded calls"
        items={calls}
        keyOf={idOf}
        rowHeight={ROW}
        className="[scrollbar-gutter:stable]"
        fresh={fresh}
        onHold={onHold}
        onEnd={onEnd}
        draw={(call, open, toggle) => (
          <Row call={call} withPlugin={withPlugin} open={open} onToggle={toggle} />
        )}
      />
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
      <span>Time</span>
      {withPlugin && <span>Plugin</span>}
      <span>Method</span>
      <span className="max-lg:hidden">Called by</span>
      <span>Outcome</span>
      <span className="text-right">Took</span>
      <span className="text-right max-lg:hidden">Sent / received</span>
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
        <span
          className="truncate max-lg:hidden"
          title={caller ?? "Made over the API, the command line or by the application"}
        >
          {caller ?? <span className="text-faint">from outside</span>}
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
