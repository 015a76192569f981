import { Lock, Plus } from "lucide-react";
import { useDeferredValue, useMemo } from "react";
import { Link } from "react-router";
import { PageHeader, PageTitle } from "~/components/page";
import { Button } from "~/components/ui/button";
import { Input } from "~/components/ui/input";
import { Panel } from "~/components/ui/panel";
import { EmptyView } from "~/components/views";
import { FleetBar } from "~/features/fleet/fleet-bar";
import { FleetTable } from "~/features/fleet/fleet-table";
import { readSort, rowsOf, type View } from "~/features/fleet/rows";
import { selectFigures, selectPlugins, useLive } from "~/lib/live/live";
import { useRefusal } from "~/lib/session";
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
      <PageHeader title="Plugins">
        <Input
          data-filter
          type="search"
          aria-label="Filter the plugins"
          placeholder="Filter  /"
          className="w-48"
          value={query}
          onChange={(event) => setQuery(event.target.value)}
        />
        <Button asChild>
          <Link to="/load" title={refusedLoad ?? "Load a plugin (l)"}>
            {refusedLoad === null ? <Plus aria-hidden /> : <Lock aria-hidden />}
            Load
          </Link>
        </Button>
      </PageHeader>
      <FleetBar plugins={plugins} figures={figures} show={show} onShow={setShow} />
      <div className="px-4 pb-6">
        <Panel aria-label="The fleet" className="overflow-x-auto">
          {rows.length > 0 ? (
            <FleetTable rows={rows} view={slow} onSort={setSort} />
          ) : plugins.size > 0 ? (
            <EmptyView title="No plugin fits the filter">
              {plugins.size} are loaded; none of them has “{query || show}” in its name, state or interfaces.
            </EmptyView>
          ) : (
            <EmptyView
              title="No plugins yet"
              command="polyhost load ./my-plugin"
              {...(refusedLoad === null
                ? {
                    action: (
                      <Button asChild>
                        <Link to="/load">Load one here</Link>
                      </Button>
                    ),
                  }
                : {})}
            >
              A plugin is a folder with a <code className="font-mono">plugin.toml</code>. This host has found
              none. Put one into a folder that it searches and run{" "}
              <code className="font-mono">polyhost reload</code>, or load one from elsewhere:
            </EmptyView>
          )}
        </Panel>
      </div>
    </>
  );
}
