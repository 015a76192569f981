import { memo, useMemo } from "react";
import { Link } from "react-router";
import { CopyButton } from "~/components/copy-button";
import { NewestFirst, useHeld } from "~/components/row-list";
import { TONE_TEXT } from "~/components/status";
import { type Mark, TimeStrip } from "~/components/time-strip";
import { Checkbox, Input, Select } from "~/components/ui/input";
import { EmptyView } from "~/components/views";
import type { HostEvent } from "~/lib/api/types";
import { cn } from "~/lib/classes";
import { describeEvent, EVENT_KINDS } from "~/lib/events";
import { selectEvents, useLive } from "~/lib/live/live";
import { readSpan, type Span, writeSpan } from "~/lib/spans";
import { formatClock, formatDateTime } from "~/lib/time";
import { useSearchParam } from "~/lib/use-search-param";

const ROW = 33;

const countOf = (count: number) => `${count.toLocaleString("en-US")} ${count === 1 ? "event" : "events"}`;

const idOf = ({ id }: HostEvent) => id;

/** Return the events that a view shows, newest first. */
function choose(
  events: readonly HostEvent[],
  view: { plugin: string; kind: string; query: string; all: boolean },
) {
  const words = view.query.toLowerCase().split(/\s+/).filter(Boolean);
  return events
    .filter((event) => {
      if (view.plugin !== "" && event.plugin !== view.plugin) return false;
      if (view.kind !== "" ? event.kind !== view.kind : !view.all && event.kind === "instance-state-changed")
        return false;
      if (words.length === 0) return true;
      const { title, detail } = describeEvent(event);
      const text = `${event.plugin ?? ""} ${event.kind} ${title} ${detail}`.toLowerCase();
      return words.every((word) => text.includes(word));
    })
    .reverse();
}

/** Return the events of a part of the time. */
const within = (events: readonly HostEvent[], span: Span | null) =>
  span === null ? events : events.filter(({ at }) => at >= span.from && at < span.to);

function markOf(event: HostEvent): Mark {
  const { tone } = describeEvent(event);
  return { at: event.at, level: tone === "bad" || tone === "warn" ? tone : "calm" };
}

/** Shows what has happened, newest first; it keeps still while somebody points at it or has scrolled down. */
export function EventList({ plugin = "" }: { plugin?: string }) {
  const events = useLive(selectEvents);
  const [query, setQuery] = useSearchParam("q");
  const [kind, setKind] = useSearchParam("kind");
  const [all, setAll] = useSearchParam("instances");
  const [spanText, setSpanText] = useSearchParam("span");
  const span = useMemo(() => readSpan(spanText), [spanText]);
  const [held, hold] = useHeld(events);
  const source = held ?? events;
  const view = useMemo(() => ({ plugin, kind, query, all: all !== "" }), [plugin, kind, query, all]);
  const fitting = useMemo(() => choose(source, view), [source, view]);
  const shown = useMemo(() => within(fitting, span), [fitting, span]);
  const marks = useMemo(() => fitting.map(markOf), [fitting]);
  const fresh = held === null ? 0 : within(choose(events, view), span).length - shown.length;

  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex flex-wrap items-center gap-2 border-b px-4 py-2">
        <Input
          data-filter
          type="search"
          aria-label="Filter the events"
          placeholder="Filter  /"
          className="w-56"
          value={query}
          onChange={(event) => setQuery(event.target.value)}
        />
        <Select aria-label="Kind" value={kind} onChange={(event) => setKind(event.target.value)}>
          <option value="">All kinds</option>
          {EVENT_KINDS.map((one) => (
            <option key={one} value={one}>
              {one}
            </option>
          ))}
        </Select>
        <label className="flex items-center gap-1.5 text-muted">
          <Checkbox checked={all !== ""} onChange={(event) => setAll(event.target.checked ? "all" : "")} />
          each instance
        </label>
        <p className="ml-auto text-muted tabular">{countOf(shown.length)}</p>
      </div>
      {marks.length > 0 && (
        <TimeStrip
          label="Events"
          marks={marks}
          span={span}
          onSpan={(next) => {
            hold(false);
            setSpanText(writeSpan(next));
          }}
        />
      )}
      {shown.length > 0 ? (
        <NewestFirst
          label="Events"
          items={shown}
          keyOf={idOf}
          rowHeight={ROW}
          fresh={fresh}
          onHold={hold}
          draw={(event, open, toggle) => (
            <Row event={event} withPlugin={plugin === ""} open={open} onToggle={toggle} />
          )}
        />
      ) : events.length === 0 ? (
        <EmptyView title="No events yet" command="polyhost events --follow">
          Whatever happens to the host and its plugins appears here at once.
        </EmptyView>
      ) : (
        <EmptyView title="No event fits">
          {span !== null && fitting.length > 0
            ? "Nothing of the kind happened in the time that is chosen."
            : `Of the latest ${countOf(events.length)} that the host keeps, none is like that.`}
        </EmptyView>
      )}
    </div>
  );
}

const Row = memo(function Row(props: {
  event: HostEvent;
  withPlugin: boolean;
  open: boolean;
  onToggle: (id: string) => void;
}) {
  const { event, withPlugin, open, onToggle } = props;
  const { title, detail, tone } = describeEvent(event);
  return (
    <div className={cn("border-line/70 border-b", open && "bg-hover")}>
      <div className="relative flex min-h-8 items-center gap-3 px-4 hover:bg-hover">
        <button
          type="button"
          data-row
          aria-expanded={open}
          title={formatDateTime(event.at)}
          onClick={() => onToggle(event.id)}
          className="w-[86px] shrink-0 text-left font-mono text-faint text-xs tabular after:absolute after:inset-0"
        >
          {formatClock(event.at)}
        </button>
        {withPlugin && (
          <span className="w-40 shrink-0 truncate">
            {event.plugin === undefined ? (
              <span className="text-faint">host</span>
            ) : (
              <Link
                to={`/plugins/${encodeURIComponent(event.plugin)}`}
                className="relative z-10 font-mono text-xs underline-offset-2 hover:underline"
              >
                {event.plugin}
              </Link>
            )}
          </span>
        )}
        <span className={cn("w-28 shrink-0 truncate font-medium", TONE_TEXT[tone])}>{title}</span>
        <span
          className={cn("min-w-0 flex-1 text-muted", open ? "break-words py-1.5" : "truncate")}
          title={detail}
        >
          {detail}
        </span>
      </div>
      {open && (
        <div className="flex items-start gap-2 px-4 pb-3 max-md:px-2">
          <pre className="min-w-0 flex-1 overflow-x-auto whitespace-pre-wrap break-words rounded-md border border-line bg-surface p-2 font-mono text-xs">
            {JSON.stringify(event, null, 2)}
          </pre>
          <CopyButton text={() => JSON.stringify(event, null, 2)} label="Copy the event" />
        </div>
      )}
    </div>
  );
});
