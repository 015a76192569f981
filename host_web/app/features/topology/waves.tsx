import { Link } from "react-router";
import { StatusMark } from "~/components/status";
import { Panel, PanelHeader } from "~/components/ui/panel";
import { Table, TableHead, Td, Th, Tr } from "~/components/ui/table";
import type { Topology, TopologyPlugin } from "~/lib/api/types";
import { selectPlugins, useLive } from "~/lib/live/live";

/** Lists the waves in which plugins start: the graph in words, for all who cannot or need not see it. */
export function Waves({ topology }: { topology: Topology }) {
  const groups = topology.waves.map((ids, index) => ({
    title: `Wave ${index + 1}`,
    plugins: topology.plugins.filter((plugin) => ids.includes(plugin.id)),
  }));
  const rest = topology.plugins.filter((plugin) => plugin.wave === null);
  if (rest.length > 0) groups.push({ title: "Cannot start", plugins: rest });
  return (
    <Panel aria-labelledby="waves" className="overflow-x-auto">
      <PanelHeader id="waves" title="Start waves" />
      <Table className="min-w-[560px]" aria-labelledby="waves">
        <TableHead>
          <tr>
            <Th className="w-28">Starts in</Th>
            <Th className="w-48">Plugin</Th>
            <Th className="w-32">State</Th>
            <Th>Requires</Th>
          </tr>
        </TableHead>
        <tbody>
          {groups.flatMap(({ title, plugins }) =>
            plugins.map((plugin) => <Row key={plugin.id} wave={title} plugin={plugin} topology={topology} />),
          )}
        </tbody>
      </Table>
    </Panel>
  );
}

function Row({ wave, plugin, topology }: { wave: string; plugin: TopologyPlugin; topology: Topology }) {
  const state = useLive(selectPlugins).get(plugin.id)?.state ?? plugin.state;
  const needs = topology.dependencies.filter((one) => one.dependent === plugin.id);
  const problem = topology.problems[plugin.id];
  return (
    <Tr className="relative hover:bg-hover">
      <Td className="text-muted">{wave}</Td>
      <Td>
        <Link
          data-row
          to={`/plugins/${encodeURIComponent(plugin.id)}`}
          className="font-mono text-xs after:absolute after:inset-0"
        >
          {plugin.id}
        </Link>
      </Td>
      <Td>
        <StatusMark state={state} />
      </Td>
      <Td className="whitespace-normal! py-1.5">
        {problem && <p className="text-bad">{problem.text}</p>}
        {needs.length === 0 ? (
          <span className="text-faint">nothing</span>
        ) : (
          needs.map((one) => (
            <p key={`${one.kind} ${one.name}`}>
              {one.name} <span className="font-mono text-muted text-xs">{one.range}</span>
              <span className="text-muted">
                {one.provider === null ? " from nobody" : ` from ${one.provider}`}
                {one.optional && ", optional"}
              </span>
            </p>
          ))
        )}
      </Td>
    </Tr>
  );
}
