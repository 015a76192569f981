import { CircleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { CopyButton } from "~/components/copy-button";
import { Fact, Facts, Line, Lines } from "~/components/facts";
import { Output } from "~/components/output";
import { ReasonText } from "~/components/reason-text";
import { StatusMark } from "~/components/status";
import { Ago, Since } from "~/components/time";
import { Panel, PanelHeader } from "~/components/ui/panel";
import { Table, TableHead, Td, Th, Tr } from "~/components/ui/table";
import type {
  Dependency,
  ExitReport,
  PluginInfo,
  PluginMetrics,
  PluginSummary,
  Topology,
} from "~/lib/api/types";
import { useFigures } from "~/lib/live/live";
import { isRefused, statusOf } from "~/lib/status";
import {
  formatBytes,
  formatDuration,
  formatLatency,
  formatNumber,
  formatPercent,
  formatRate,
} from "~/lib/time";
import { dependentsOf, requirementsOf } from "./relations";

/** Says in numbers how a plugin is: those that move come with each second, the rest with the page. */
export function KeyFigures(props: { plugin: PluginSummary; info: PluginInfo; metrics: PluginMetrics }) {
  const { plugin, info, metrics } = props;
  const now = useFigures(info.id);
  const calls = now?.calls ?? plugin.statistics.calls;
  const errors = now?.errors ?? plugin.statistics.errors;
  const started = info.instances.map((one) => one.started_at).filter((at) => at !== null);
  return (
    <Panel aria-label="Key figures">
      <Facts>
        <Fact name="Uptime">
          {started.length > 0 && plugin.pid !== null ? <Since at={Math.min(...started)} /> : "–"}
        </Fact>
        <Fact name="Restarts">{formatNumber(plugin.restarts)}</Fact>
        <Fact name="Calls">
          {formatNumber(calls)}
          {now !== undefined && now.calls_per_second > 0 && (
            <span className="text-muted text-sm"> {formatRate(now.calls_per_second)}/s</span>
          )}
        </Fact>
        <Fact name="Errors">
          {formatNumber(errors)}
          {calls > 0 && errors > 0 && (
            <span className="text-muted text-sm"> {formatNumber((100 * errors) / calls)} %</span>
          )}
        </Fact>
        <Fact name="p50 / p99" title="Half of the calls, and 99 of 100, took no longer">
          {metrics.total.p50 === null || metrics.total.p99 === null
            ? "–"
            : `${formatLatency(metrics.total.p50).replace(/ ms$/, metrics.total.p99 < 1 ? "" : "$&")} / ${formatLatency(metrics.total.p99)}`}
        </Fact>
        <Fact name="In flight" title="Calls that it works on, and that wait for it">
          {now === undefined ? "–" : formatNumber(now.in_flight)}
          {now !== undefined && now.queued > 0 && (
            <span className="text-muted text-sm"> {now.queued} wait</span>
          )}
        </Fact>
        <Fact name="CPU" title="Of one core, at the latest look">
          {now?.cpu == null ? "–" : formatPercent(now.cpu)}
        </Fact>
        <Fact name="Memory" title="Resident memory at the latest look, of its processes together">
          {now?.rss_bytes == null ? "–" : formatBytes(now.rss_bytes)}
        </Fact>
      </Facts>
    </Panel>
  );
}

/** Says why a plugin does not serve, with what its process said last: the first thing to read when it fails. */
export function Trouble({ plugin, info }: { plugin: PluginSummary; info: PluginInfo }) {
  const { tone, meaning } = statusOf(plugin.state);
  const refused = isRefused(plugin);
  if (tone !== "bad" && tone !== "warn" && plugin.state !== "waiting") return null;
  const lines = info.last_exit?.stderr ?? [];
  return (
    <section
      aria-label="Why"
      className={
        tone === "bad"
          ? "rounded-lg border border-bad/40 bg-bad-ground/60 px-3 py-2.5"
          : "rounded-lg border border-line bg-warn-ground/60 px-3 py-2.5"
      }
    >
      <p className="flex items-start gap-2">
        <CircleAlert
          aria-hidden
          className={`mt-0.5 size-4 shrink-0 ${tone === "bad" ? "text-bad" : "text-warn"}`}
        />
        <span className="min-w-0">
          <span className="break-words font-medium">
            <ReasonText plugin={plugin} />
          </span>
          <span className="text-muted">
            {refused
              ? ". The host has not taken it over; mend what is said here, then reload it."
              : `. ${meaning}`}
          </span>{" "}
          <code className="whitespace-nowrap font-mono text-muted text-xs">{plugin.reason.code}</code>
        </span>
      </p>
      {plugin.waiting_for.length > 0 && (
        <p className="mt-1 pl-6 text-muted">
          It waits for <PluginLinks ids={plugin.waiting_for} />.
        </p>
      )}
      {lines.length > 0 && <Output text={lines.join("\n")} label="Last lines of stderr" className="mt-2" />}
    </section>
  );
}

export function InstancesPanel({ info }: { info: PluginInfo }) {
  if (info.instances.length === 0) return null;
  return (
    <Panel aria-labelledby="instances">
      <PanelHeader id="instances" title={info.instances.length === 1 ? "Process" : "Processes"} />
      <div className="overflow-x-auto">
        <Table className="min-w-[600px]" aria-labelledby="instances">
          <TableHead>
            <tr>
              <Th className="w-12">#</Th>
              <Th className="w-32">State</Th>
              <Th className="w-20">PID</Th>
              <Th className="w-28">Uptime</Th>
              <Th className="w-20 text-right!">Starts</Th>
              <Th className="w-20 text-right!">In flight</Th>
              <Th className="w-20 text-right!">Queued</Th>
              <Th className="w-20 text-right!">CPU</Th>
              <Th className="w-24 text-right!">Memory</Th>
            </tr>
          </TableHead>
          <tbody>
            {info.instances.map((one) => (
              <Tr key={one.index}>
                <Td className="text-muted">{one.index}</Td>
                <Td>
                  <StatusMark state={one.state} />
                </Td>
                <Td className="font-mono text-xs">{one.pid ?? "–"}</Td>
                <Td>{one.started_at === null ? "–" : <Since at={one.started_at} />}</Td>
                <Td className="text-right">{one.incarnation}</Td>
                <Td className="text-right">{one.in_flight}</Td>
                <Td className="text-right">{one.queued}</Td>
                <Td className="text-right">{one.cpu === null ? "–" : formatPercent(one.cpu)}</Td>
                <Td className="text-right">{one.rss_bytes === null ? "–" : formatBytes(one.rss_bytes)}</Td>
              </Tr>
            ))}
          </tbody>
        </Table>
      </div>
    </Panel>
  );
}

/** Shows what a plugin requires, who was picked and why, and who requires it. */
export function RelationsPanel({ topology, id }: { topology: Topology; id: string }) {
  const requirements = requirementsOf(topology, id);
  const dependents = dependentsOf(topology, id);
  return (
    <Panel aria-labelledby="relations">
      <PanelHeader id="relations" title="Dependencies" />
      <Lines>
        <Line name="Requires">
          {requirements.length === 0 ? (
            <span className="text-muted">nothing</span>
          ) : (
            <ul className="flex flex-col gap-1">
              {requirements.map((one) => (
                <Requirement key={`${one.kind} ${one.name}`} dependency={one} />
              ))}
            </ul>
          )}
        </Line>
        <Line name="Required by">
          {dependents.length === 0 ? (
            <span className="text-muted">nobody</span>
          ) : (
            <ul className="flex flex-col gap-1">
              {dependents.map((one) => (
                <li key={`${one.dependent} ${one.name}`}>
                  <PluginLinks ids={[one.dependent]} />{" "}
                  <span className="text-muted">
                    for {one.name} {one.range}
                    {one.optional && ", optionally"}
                  </span>
                </li>
              ))}
            </ul>
          )}
        </Line>
      </Lines>
    </Panel>
  );
}

function Requirement({ dependency }: { dependency: Dependency }) {
  const { name, range, provider, version, optional, candidates } = dependency;
  return (
    <li>
      {name} <span className="font-mono text-muted text-xs">{range}</span>{" "}
      {provider === null ? (
        <span className={optional ? "text-muted" : "text-bad"}>
          {optional ? "not there, and not needed" : "nobody provides it"}
        </span>
      ) : (
        <>
          <span className="text-muted">from</span> <PluginLinks ids={[provider]} />{" "}
          <span className="text-muted">{version}</span>
        </>
      )}
      {candidates.length > 1 && (
        <details className="text-muted">
          <summary className="w-fit rounded-sm text-xs hover:text-text">
            {candidates.length} were looked at
          </summary>
          <ul className="pl-3">
            {candidates.map((one) => (
              <li key={one.plugin}>
                <span className="font-mono text-xs">{one.plugin}</span> {one.version}: {one.text}
              </li>
            ))}
          </ul>
        </details>
      )}
    </li>
  );
}

function PluginLinks({ ids }: { ids: readonly string[] }): ReactNode {
  return ids.map((id, index) => (
    <span key={id}>
      {index > 0 && ", "}
      <Link
        to={`/plugins/${encodeURIComponent(id)}`}
        className="font-mono text-accent-text text-xs underline-offset-2 hover:underline"
      >
        {id}
      </Link>
    </span>
  ));
}

export function DetailsPanel({ info }: { info: PluginInfo }) {
  return (
    <Panel aria-labelledby="details">
      <PanelHeader id="details" title="Details" />
      <Lines>
        <Line name="Provides">
          {Object.keys(info.provides).length === 0 ? (
            <span className="text-muted">no interface that a file describes</span>
          ) : (
            Object.entries(info.provides).map(([name, version]) => (
              <Link
                key={name}
                to={`/interfaces/${encodeURIComponent(name)}/${encodeURIComponent(version)}`}
                className="mr-3 whitespace-nowrap text-accent-text underline-offset-2 hover:underline"
              >
                {name} <span className="font-mono text-xs">{version}</span>
              </Link>
            ))
          )}
        </Line>
        <Line name="Folder">
          <span className="flex min-w-0 items-center gap-1">
            <span className="truncate font-mono text-xs" title={info.folder}>
              {info.folder}
            </span>
            <CopyButton text={info.folder} label="Copy the folder" />
          </span>
        </Line>
        {info.transport && (
          <Line name="Transport">
            {info.transport}
            {info.encoding && <span className="text-muted"> in {info.encoding}</span>}
          </Line>
        )}
        <Line name="Starts">
          {info.start === "eager" ? "with the host" : "by its first call"}
          <span className="text-muted"> · wanted: {info.wanted}</span>
        </Line>
        <Line name="Last call">
          {info.last_call_at === null ? (
            <span className="text-muted">none yet</span>
          ) : (
            <Ago at={info.last_call_at} />
          )}
        </Line>
      </Lines>
    </Panel>
  );
}

/** Says how a process of the plugin ended last. */
export function LastExitPanel({ report }: { report: ExitReport | null }) {
  if (report === null) return null;
  return (
    <Panel aria-labelledby="last-exit">
      <PanelHeader id="last-exit" title="Last exit">
        <span className="text-muted">
          <Ago at={report.at} />
        </span>
      </PanelHeader>
      <Lines>
        <Line name="Why">
          {report.reason.text} <code className="font-mono text-muted text-xs">{report.reason.code}</code>
        </Line>
        <Line name="Ended with">
          {report.signal ?? `status ${report.exit_code ?? "unknown"}`}
          <span className="text-muted">
            {" "}
            after {formatDuration(report.uptime)}, as PID {report.pid}
          </span>
        </Line>
        <Line name="Used">
          {formatDuration(report.user_seconds + report.system_seconds)} of CPU
          {report.max_rss_bytes > 0 && `, at most ${formatBytes(report.max_rss_bytes)} of memory`}
        </Line>
        <Line name="Calls cut off">{report.calls_in_flight}</Line>
      </Lines>
      {report.stderr.length > 0 && (
        <div className="px-3 pb-3">
          <Output text={report.stderr.join("\n")} label="Last lines of stderr" className="mt-2" />
        </div>
      )}
      {report.stray.length > 0 && (
        <div className="px-3 pb-3">
          <p className="text-muted">Printed between messages:</p>
          <Output text={report.stray.join("\n")} label="Stray output" className="mt-2" />
        </div>
      )}
    </Panel>
  );
}
