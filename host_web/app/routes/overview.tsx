import { Lock, Plus } from "lucide-react";
import { useDeferredValue, useMemo } from "react";
import { Link } from "react-router";
import { PageHeader, PageTitle } from "~/components/page";
import { Button } from "~/components/ui/button";
import { Input, Select } from "~/components/ui/input";
import { Panel } from "~/components/ui/panel";
import { EmptyView } from "~/components/views";
import { Attention } from "~/features/fleet/attention";
import { FleetTable } from "~/features/fleet/fleet-table";
import { FleetLine } from "~/features/fleet/host-line";
import { readSort, rowsOf, type View } from "~/features/fleet/rows";
import { PLUGIN_STATES } from "~/lib/api/types";
import { selectFigures, selectPlugins, useLive } from "~/lib/live/live";
import { useRefusal } from "~/lib/session";
import { statusOf } from "~/lib/status";
import { useSearchParam } from "~/lib/use-search-param";

export default function OverviewRoute() {
  const refusedLoad = useRefusal("admin");
  const plugins = useLive(selectPlugins);
  const figures = useLive(selectFigures);
  const [query, setQuery] = useSearchParam("q");
  const [show, setShow] = useSearchParam("show");
  const [sort, setSort] = useSearchParam("sort");
  const view = useMemo<View>(() => ({ query, show, ...readSort(sort) }), [query, show, sort]);
  const slow = useDeferredValue(view);
  const rows = useMemo(() => rowsOf(plugins.values(), figures, slow), [plugins, figures, slow]);

  return (
    <>
      <PageTitle>Plugins</PageTitle>
      <PageHeader title="Plugins" below={<FleetLine plugins={plugins} />}>
        <Input
          data-filter
          type="search"
          aria-label="Filter the plugins"
          placeholder="Filter  /"
          className="w-48"
          value={query}
          onChange={(event) => setQuery(event.target.value)}
        />
        <Select aria-label="Show" value={show} onChange={(event) => setShow(event.target.value)}>
          <option value="">All states</option>
          <option value="attention">Needs attention</option>
          {PLUGIN_STATES.map((state) => (
            <option key={state} value={state}>
              {statusOf(state).label}
            </option>
          ))}
        </Select>
        <Button asChild>
          <Link to="/load" title={refusedLoad ?? "Load a plugin (l)"}>
            {refusedLoad === null ? <Plus aria-hidden /> : <Lock aria-hidden />}
            Load
          </Link>
        </Button>
      </PageHeader>
      <div className="flex flex-col gap-3 px-4 pb-6">
        <Attention plugins={plugins.values()} />
        <Panel aria-label="The fleet" className="overflow-x-auto">
          {rows.length > 0 ? (
            <FleetTable rows={rows} view={slow} onSort={setSort} />
          ) : plugins.size > 0 ? (
            <EmptyView title="No plugin fits the filter">
              {plugins.size} are loaded; none of them has “{query || show}” in its name, state or interfaces.
            </EmptyView>
          ) : (
            <EmptyView title="No plugins yet" command="polyhost load ./my-plugin">
              A plugin is a folder with a <code className="font-mono">plugin.toml</code>. This host was
              started without any; load the first one:
            </EmptyView>
          )}
        </Panel>
      </div>
    </>
  );
}
