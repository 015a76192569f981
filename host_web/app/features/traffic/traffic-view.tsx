import { Download, FilterX } from "lucide-react";
import { useId, useMemo, useState } from "react";
import { useSearchParams } from "react-router";
import { useHeld } from "~/components/row-list";
import { SearchInput } from "~/components/search-input";
import { Button } from "~/components/ui/button";
import { Select } from "~/components/ui/input";
import { EmptyView, ErrorView, explain, SkeletonRows } from "~/components/views";
import { type CallFilter, exportTraffic, type RecordedCall, type TrafficPage } from "~/lib/api/traffic";
import { saveAs } from "~/lib/download";
import { notify } from "~/lib/notices";
import { formatBytes } from "~/lib/time";
import { CallRows } from "./call-rows";
import { RecordSettings } from "./record-settings";
import { useTraffic } from "./use-traffic";

const FILTERS = ["plugin", "method", "outcome", "caller", "slower"] as const;
type FilterName = (typeof FILTERS)[number];

const SLOWER = [
  ["", "However fast"],
  ["10", "10 ms and longer"],
  ["100", "100 ms and longer"],
  ["1000", "1 s and longer"],
  ["10000", "10 s and longer"],
] as const;

interface Props {
  /** The one plugin that the view is about; all of them without one. */
  plugin?: string;
  /** What can be asked for, to choose from. */
  plugins?: readonly string[];
  methods?: readonly string[];
}

/** Shows recorded calls, the latest first, and those that are made meanwhile; it keeps still for a reader. */
export function TrafficView({ plugin, plugins = [], methods = [] }: Props) {
  const [params, setParams] = useSearchParams();
  const [chosenPlugin, method, outcome, caller, slower] = FILTERS.map((name) => params.get(name) ?? "") as [
    string,
    string,
    string,
    string,
    string,
  ];
  const filter = useMemo<CallFilter>(
    () => ({ plugin: plugin ?? chosenPlugin, method, outcome, caller, slower }),
    [plugin, chosenPlugin, method, outcome, caller, slower],
  );
  const traffic = useTraffic(filter);
  const { calls, isFilled } = traffic.snapshot;
  const [held, hold] = useHeld(calls);
  // While somebody reads, nothing moves: what has come since waits, older calls are added at the end.
  const shown = useMemo(() => (held === null ? calls : stillOf(calls, held)), [calls, held]);
  const fresh = useMemo(() => countFresh(calls, shown), [calls, shown]);
  const set = (name: FilterName, value: string) => {
    hold(false);
    setParams(
      (old) => {
        const next = new URLSearchParams(old);
        if (value === "") next.delete(name);
        else next.set(name, value);
        return next;
      },
      { replace: true, preventScrollReset: true },
    );
  };
  const filtered = FILTERS.some((name) => params.get(name));

  if (traffic.error !== null && calls.length === 0)
    return <ErrorView error={traffic.error} onRetry={traffic.retry} />;
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex flex-wrap items-center gap-2 border-b px-4 py-2">
        <Filters filter={filter} set={set} plugin={plugin} plugins={plugins} methods={methods} />
        {filtered && (
          <Button
            variant="ghost"
            title="Take all filters away"
            onClick={() => {
              hold(false);
              setParams({}, { replace: true });
            }}
          >
            <FilterX aria-hidden />
            <span className="max-lg:sr-only">All</span>
          </Button>
        )}
        <div className="ml-auto flex items-center gap-3">
          {plugin !== undefined && <RecordSettings plugin={plugin} />}
          <Export filter={filter} disabled={calls.length === 0} />
        </div>
      </div>
      <Trouble statistics={traffic.statistics} />
      {shown.length > 0 ? (
        <CallRows
          calls={shown}
          withPlugin={plugin === undefined}
          fresh={fresh}
          onEnd={traffic.hasOlder ? traffic.loadOlder : undefined}
          onHold={hold}
        />
      ) : !isFilled ? (
        <SkeletonRows label="The calls are being fetched" />
      ) : filtered ? (
        <EmptyView title="No recorded call fits">
          Methods and callers are written in full; <code className="font-mono text-xs">Interface.*</code>{" "}
          stands for all methods of one.
        </EmptyView>
      ) : (
        <EmptyView
          title="No calls yet"
          {...(plugin === undefined ? {} : { command: `polyhost call ${plugin} Interface.Method` })}
        >
          Each call of a plugin is written down here when it ends: who made it, how long it took, and how it
          came out.
        </EmptyView>
      )}
    </div>
  );
}

/** Return what was there when the reader began to read, and what is older. */
export function stillOf(
  calls: readonly RecordedCall[],
  held: readonly RecordedCall[],
): readonly RecordedCall[] {
  const oldest = held.at(-1)?.id ?? Number.POSITIVE_INFINITY;
  const older = calls.filter(({ id }) => id < oldest);
  return older.length === 0 ? held : [...held, ...older];
}

/** Count the calls that have come since. */
function countFresh(calls: readonly RecordedCall[], shown: readonly RecordedCall[]): number {
  if (calls[0] === shown[0]) return 0;
  const known = new Set(shown.map(({ id }) => id));
  return calls.filter(({ id }) => !known.has(id)).length;
}

function Filters(props: {
  filter: CallFilter;
  set: (name: FilterName, value: string) => void;
  plugin: string | undefined;
  plugins: readonly string[];
  methods: readonly string[];
}) {
  const { filter, set, plugin, plugins, methods } = props;
  const listId = useId();
  const interfaces = [...new Set(methods.map((name) => name.slice(0, name.lastIndexOf(".") + 1)))];
  return (
    <>
      {plugin === undefined && (
        <Select
          aria-label="Plugin"
          value={filter.plugin}
          onChange={(event) => set("plugin", event.target.value)}
          className="max-w-32 lg:max-w-44"
        >
          <option value="">All plugins</option>
          {[...new Set([...plugins, filter.plugin])].filter(Boolean).map((id) => (
            <option key={id}>{id}</option>
          ))}
        </Select>
      )}
      <SearchInput
        data-filter
        list={listId}
        aria-label="Method"
        placeholder="Method or Interface.*  /"
        className="w-44 lg:w-52"
        value={filter.method}
        onSettle={(value) => set("method", value.trim())}
      />
      <datalist id={listId}>
        {interfaces.map((name) => (
          <option key={name} value={`${name}*`} />
        ))}
        {methods.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <Select
        aria-label="Outcome"
        value={filter.outcome}
        onChange={(event) => set("outcome", event.target.value)}
      >
        <option value="">Any outcome</option>
        <option value="ok">ok</option>
        <option value="failed">all but ok</option>
        {["call-failed", "call-timed-out", "params-invalid", "plugin-crashed", "cancelled"].map((code) => (
          <option key={code}>{code}</option>
        ))}
        {!["", "ok", "failed"].includes(filter.outcome) && <option hidden>{filter.outcome}</option>}
      </Select>
      <Select
        aria-label="How long it took"
        className="max-lg:max-w-32"
        value={filter.slower}
        onChange={(event) => set("slower", event.target.value)}
      >
        {SLOWER.map(([value, label]) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
        {!SLOWER.some(([value]) => value === filter.slower) && (
          <option value={filter.slower}>{filter.slower} ms and longer</option>
        )}
      </Select>
      {filter.caller !== "" && (
        <Button size="small" onClick={() => set("caller", "")} title="Take this filter away">
          by {filter.caller} ×
        </Button>
      )}
    </>
  );
}

function Export({ filter, disabled }: { filter: CallFilter; disabled: boolean }) {
  const [busy, setBusy] = useState(false);
  const save = async () => {
    setBusy(true);
    try {
      saveAs(`${filter.plugin || "traffic"}.ndjson`, await exportTraffic(filter));
    } catch (error) {
      const { title, detail } = explain(error);
      notify("bad", `Export: ${title}`, detail);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Button
      variant="ghost"
      disabled={disabled || busy}
      title="Save all calls that fit, with what was recorded of their bodies, one a line"
      onClick={() => void save()}
    >
      <Download aria-hidden />
      <span className="max-lg:sr-only">{busy ? "Exporting…" : "Export"}</span>
    </Button>
  );
}

/** Says what the log could not keep; nothing while all is well. */
function Trouble({ statistics }: { statistics: TrafficPage["statistics"] | null }) {
  if (statistics === null || (statistics.trouble === null && statistics.dropped === 0)) return null;
  return (
    <p className="border-b bg-warn-ground px-4 py-1.5 text-warn">
      {statistics.trouble === null
        ? `${statistics.dropped.toLocaleString("en-US")} records were dropped since the host was started: they came faster than the disk takes them.`
        : `Nothing is written at this moment: ${statistics.trouble}. The log has ${formatBytes(statistics.bytes)}.`}
    </p>
  );
}
