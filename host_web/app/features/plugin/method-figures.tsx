import { Link } from "react-router";
import { Panel, PanelHeader } from "~/components/ui/panel";
import { Table, TableHead, Td, Th, Tr } from "~/components/ui/table";
import type { CallFigures, PluginMetrics } from "~/lib/api/types";
import { formatLatency, formatNumber } from "~/lib/time";

const seconds = (value: number | null) => (value === null ? "–" : formatLatency(value));

/** Says of each method how often it was called and how long that took, since the host knows the plugin. */
export function MethodFigures({ plugin, metrics }: { plugin: string; metrics: PluginMetrics }) {
  const called = Object.entries(metrics.methods)
    .filter(([, figures]) => figures.calls > 0)
    .sort(([, a], [, b]) => b.calls - a.calls);
  if (called.length === 0) return null;
  return (
    <Panel aria-labelledby="method-figures" className="overflow-x-auto">
      <PanelHeader id="method-figures" title="Calls by method" />
      <Table className="min-w-[560px]" aria-labelledby="method-figures">
        <TableHead>
          <tr>
            <Th>Method</Th>
            <Th className="w-24 text-right!">Calls</Th>
            <Th className="w-24 text-right!">Errors</Th>
            <Th className="w-24 text-right!">p50</Th>
            <Th className="w-24 text-right!">p90</Th>
            <Th className="w-24 text-right!">p99</Th>
          </tr>
        </TableHead>
        <tbody>
          {called.map(([name, figures]) => (
            <MethodRow key={name} plugin={plugin} name={name} figures={figures} />
          ))}
        </tbody>
      </Table>
    </Panel>
  );
}

function MethodRow({ plugin, name, figures }: { plugin: string; name: string; figures: CallFigures }) {
  const failures = Object.entries(figures.failures)
    .map(([code, count]) => `${count} × ${code}`)
    .join(", ");
  return (
    <Tr className="relative hover:bg-hover">
      <Td>
        <Link
          data-row
          to={`/plugins/${encodeURIComponent(plugin)}/calls?method=${encodeURIComponent(name)}`}
          className="font-mono text-xs after:absolute after:inset-0"
        >
          {name}
        </Link>
      </Td>
      <Td className="text-right">{formatNumber(figures.calls)}</Td>
      <Td className={figures.errors > 0 ? "text-right text-text" : "text-right text-faint"} title={failures}>
        {formatNumber(figures.errors)}
      </Td>
      <Td className="text-right text-muted">{seconds(figures.p50)}</Td>
      <Td className="text-right text-muted">{seconds(figures.p90)}</Td>
      <Td className="text-right text-muted">{seconds(figures.p99)}</Td>
    </Tr>
  );
}
