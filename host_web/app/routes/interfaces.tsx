import { useMemo } from "react";
import { useRevalidator } from "react-router";
import { PageHeader, PageTitle } from "~/components/page";
import { Input } from "~/components/ui/input";
import { Panel } from "~/components/ui/panel";
import { EmptyView, ErrorView } from "~/components/views";
import { chooseInterfaces, InterfaceTable } from "~/features/interfaces/interface-list";
import { getInterfaces } from "~/lib/api/interfaces";
import { useStatesOfPlugins } from "~/lib/live/live";
import { unlessOnlySearchChanged, useRevalidateOn } from "~/lib/revalidation";
import { useSearchParam } from "~/lib/use-search-param";
import type { Route } from "./+types/interfaces";

export const clientLoader = ({ request }: Route.ClientLoaderArgs) =>
  getInterfaces({ signal: request.signal });

export const shouldRevalidate = unlessOnlySearchChanged;

export default function InterfacesRoute({ loaderData: interfaces }: Route.ComponentProps) {
  const [query, setQuery] = useSearchParam("q");
  const shown = useMemo(() => chooseInterfaces(interfaces, query), [interfaces, query]);
  useRevalidateOn(useStatesOfPlugins());
  return (
    <>
      <PageTitle>Interfaces</PageTitle>
      <PageHeader
        title="Interfaces"
        below={<p className="text-muted">What plugins provide to each other and to whoever calls them.</p>}
      >
        <Input
          data-filter
          type="search"
          aria-label="Filter the interfaces"
          placeholder="Filter  /"
          className="w-48"
          value={query}
          onChange={(event) => setQuery(event.target.value)}
        />
      </PageHeader>
      <div className="px-4 pb-6">
        <Panel aria-label="Interfaces" className="overflow-x-auto">
          {shown.length > 0 ? (
            <InterfaceTable interfaces={shown} />
          ) : interfaces.length > 0 ? (
            <EmptyView title="No interface fits the filter">
              {interfaces.length} are known; none has “{query}” in its name, methods or plugins.
            </EmptyView>
          ) : (
            <EmptyView title="No interfaces yet" command="polyhost load ./my-plugin">
              An interface appears with the first plugin that provides or requires it.
            </EmptyView>
          )}
        </Panel>
      </div>
    </>
  );
}

export function ErrorBoundary({ error }: Route.ErrorBoundaryProps) {
  const { revalidate } = useRevalidator();
  return (
    <>
      <PageTitle>Interfaces</PageTitle>
      <PageHeader title="Interfaces" />
      <ErrorView error={error} onRetry={() => void revalidate()} />
    </>
  );
}
