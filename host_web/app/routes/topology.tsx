import { Suspense } from "react";
import { useRevalidator } from "react-router";
import { PageHeader, PageTitle } from "~/components/page";
import { EmptyView, ErrorView, SkeletonRows } from "~/components/views";
import { Waves } from "~/features/topology/waves";
import { getTopology } from "~/lib/api/host";
import { lazyPart } from "~/lib/preload";
import { unlessOnlySearchChanged } from "~/lib/revalidation";
import type { Route } from "./+types/topology";

const TopologyGraph = lazyPart(() => import("~/features/topology/graph"));

export const clientLoader = ({ request }: Route.ClientLoaderArgs) => getTopology({ signal: request.signal });

export const shouldRevalidate = unlessOnlySearchChanged;

export default function TopologyRoute({ loaderData: topology }: Route.ComponentProps) {
  const ties = topology.dependencies.length;
  return (
    <>
      <PageTitle>Topology</PageTitle>
      <PageHeader
        title="Topology"
        below={
          <p className="text-muted">
            {topology.plugins.length} {topology.plugins.length === 1 ? "plugin" : "plugins"}, {ties}{" "}
            {ties === 1 ? "dependency" : "dependencies"}, {topology.waves.length} start{" "}
            {topology.waves.length === 1 ? "wave" : "waves"}. An arrow points at what is required.
          </p>
        }
      />
      {topology.plugins.length === 0 ? (
        <EmptyView title="No plugins yet" command="polyhost load ./my-plugin">
          The graph shows who requires whom, as soon as there is somebody.
        </EmptyView>
      ) : (
        <div className="flex flex-col gap-3 px-4 pb-6">
          <Suspense fallback={<SkeletonRows label="The graph is being drawn" />}>
            <TopologyGraph topology={topology} />
          </Suspense>
          <Waves topology={topology} />
        </div>
      )}
    </>
  );
}

export function ErrorBoundary({ error }: Route.ErrorBoundaryProps) {
  const { revalidate } = useRevalidator();
  return (
    <>
      <PageHeader title="Topology" />
      <ErrorView error={error} onRetry={() => void revalidate()} />
    </>
  );
}
