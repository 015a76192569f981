import { Download, Eraser } from "lucide-react";
import { memo, useEffect } from "react";
import { NewestLast } from "~/components/row-list";
import { Button } from "~/components/ui/button";
import { Input, Select } from "~/components/ui/input";
import { EmptyView, ErrorView, SkeletonRows } from "~/components/views";
import { ProblemError } from "~/lib/api/client";
import type { LogLine } from "~/lib/api/types";
import { cn } from "~/lib/classes";
import { useLive } from "~/lib/live/live";
import { formatClock, formatDateTime } from "~/lib/time";
import { useSearchParam } from "~/lib/use-search-param";
import { type Entry, fieldsText, isMissing, LEVELS, rankOf } from "./log-buffer";
import { useLogs } from "./use-logs";

const ROW = 24; // the least height that a finger or a shaking hand can hit

const sequenceOf = ({ sequence }: Entry) => sequence;

const LEVEL_TEXT: Record<string, string> = {
  trace: "text-faint",
  debug: "text-faint",
  info: "text-muted",
  warn: "text-warn font-medium",
  error: "text-bad font-medium",
  fatal: "text-bad font-semibold",
};

/** Shows the log of a plugin: follows it, filters it, and keeps still while somebody reads. */
export function LogView({ plugin }: { plugin: string }) {
  const { buffer, snapshot, ended, problem } = useLogs(plugin);
  const [query, setQuery] = useSearchParam("q");
  const [level, setLevel] = useSearchParam("level");
  const connection = useLive((live) => live.connection);
  useEffect(() => buffer.setFilter({ level, query }), [buffer, level, query]);

  if (problem !== null) return <ErrorView error={new ProblemError(problem)} />;
  const { shown, lines, total, version } = snapshot;
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex flex-wrap items-center gap-2 border-b px-4 py-2">
        <Input
          data-filter
          type="search"
          aria-label="Search the log"
          placeholder="Search  /"
          className="w-56"
          value={query}
          onChange={(event) => setQuery(event.target.value)}
        />
        <Select aria-label="Least level" value={level} onChange={(event) => setLevel(event.target.value)}>
          <option value="">All levels</option>
          {LEVELS.slice(1).map((one) => (
            <option key={one} value={one}>
              {one === "fatal" ? "fatal" : `${one} and above`}
            </option>
          ))}
        </Select>
        <p className="text-muted tabular">
          {lines === total
            ? `${total.toLocaleString("en-US")} lines`
            : `${lines.toLocaleString("en-US")} of ${total.toLocaleString("en-US")}`}
          {ended && " · the plugin was unloaded"}
        </p>
        <div className="ml-auto flex gap-1">
          <Button variant="ghost" onClick={() => download(plugin, shown)} disabled={shown.length === 0}>
            <Download aria-hidden />
            <span className="max-md:sr-only">Download</span>
          </Button>
          <Button
            variant="ghost"
            onClick={() => buffer.clear()}
            disabled={total === 0}
            title="Clear this view; the host keeps its lines"
          >
            <Eraser aria-hidden />
            <span className="max-md:sr-only">Clear</span>
          </Button>
        </div>
      </div>
      {shown.length > 0 ? (
        <NewestLast
          label="Log lines"
          items={shown}
          keyOf={sequenceOf}
          rowHeight={ROW}
          version={version}
          className="font-mono text-xs"
          draw={(entry, open, toggle) =>
            isMissing(entry) ? (
              <p className="bg-warn-ground px-4 leading-6 text-warn">
                {entry.missing.toLocaleString("en-US")} {entry.missing === 1 ? "line" : "lines"} came faster
                than they could be shown; the host has the latest of them
              </p>
            ) : (
              <Line line={entry} open={open} onToggle={toggle} />
            )
          }
        />
      ) : version <= 1 && connection !== "live" ? (
        <SkeletonRows label="The log is being fetched" />
      ) : total > 0 ? (
        <EmptyView title="No line fits">
          {total.toLocaleString("en-US")} lines are here; none has “{query}” at the level {level || "trace"}{" "}
          or above.
        </EmptyView>
      ) : (
        <EmptyView title="Nothing was written yet" command={`polyhost logs ${plugin} --follow`}>
          What the plugin writes to stderr, its log records and the host's remarks about it appear here at
          once.
        </EmptyView>
      )}
    </div>
  );
}

const Line = memo(function Line(props: {
  line: LogLine;
  open: boolean;
  onToggle: (sequence: number) => void;
}) {
  const { line, open, onToggle } = props;
  const fields = fieldsText(line);
  const grave = rankOf(line.level) >= rankOf("error");
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the button inside does the same with keys
    // biome-ignore lint/a11y/noStaticElementInteractions: the whole line is the button's ground
    <div
      onClick={() => {
        if (window.getSelection()?.isCollapsed !== false) onToggle(line.sequence);
      }}
      className={cn(
        "flex cursor-default items-start gap-3 px-4 leading-6 hover:bg-hover",
        grave && "bg-bad-ground/40",
        open && "bg-hover",
      )}
    >
      <button
        type="button"
        aria-expanded={open}
        title={formatDateTime(line.at)}
        onClick={(event) => {
          event.stopPropagation();
          onToggle(line.sequence);
        }}
        className="h-6 w-[86px] shrink-0 text-left text-faint tabular"
      >
        {formatClock(line.at)}
      </button>
      <span className={cn("w-10 shrink-0", LEVEL_TEXT[line.level] ?? "text-muted")}>{line.level}</span>
      <span className="w-12 shrink-0 truncate text-faint max-md:hidden">{line.source}</span>
      <span
        className={cn("min-w-0 flex-1", open ? "whitespace-pre-wrap break-words" : "truncate whitespace-pre")}
      >
        {line.logger && <span className="text-faint">{line.logger}: </span>}
        {open ? line.message : line.message.replaceAll("\n", " ⏎ ")}
        {fields !== "" &&
          (open ? (
            <span className="block text-muted">{JSON.stringify(line.fields, null, 2)}</span>
          ) : (
            <span className="text-faint"> {fields}</span>
          ))}
      </span>
    </div>
  );
});

function download(plugin: string, entries: readonly Entry[]): void {
  const text = entries
    .map((entry) =>
      isMissing(entry)
        ? `… ${entry.missing} lines are missing`
        : [formatDateTime(entry.at), entry.level, entry.source, entry.message, fieldsText(entry)]
            .join(" ")
            .trimEnd(),
    )
    .join("\n");
  const address = URL.createObjectURL(new Blob([`${text}\n`], { type: "text/plain" }));
  const link = Object.assign(document.createElement("a"), { href: address, download: `${plugin}.log` });
  link.click();
  URL.revokeObjectURL(address);
}
