import { isRouteErrorResponse, Link, Outlet, useRevalidator } from "react-router";
import { PageHeader, PageTitle } from "~/components/page";
import { StatusMark } from "~/components/status";
import { Tabs } from "~/components/tabs";
import { Badge } from "~/components/ui/badge";
import { Button } from "~/components/ui/button";
import { VerificationBadge } from "~/components/verification-badge";
import { EmptyView, ErrorView } from "~/components/views";
import { PluginActions } from "~/features/plugin/actions";
import { losersOf } from "~/features/plugin/relations";
import { ProblemError } from "~/lib/api/client";
import { getPlugin, getTopology } from "~/lib/api/host";
import type { PluginInfo, PluginSummary, Topology } from "~/lib/api/types";
import { selectPlugins, useLive } from "~/lib/live/live";
import { unlessOnlySearchChanged, useRevalidateOn } from "~/lib/revalidation";
import type { Route } from "./+types/plugin";

/** What the tabs of a plugin have in common; `plugin` is the live one. */
export interface PluginContext {
  plugin: PluginSummary;
  info: PluginInfo;
  topology: Topology;
}

export async function clientLoader({ params, request }: Route.ClientLoaderArgs) {
  const { signal } = request;
  const [info, topology] = await Promise.all([getPlugin(params.id, { signal }), getTopology({ signal })]);
  return { info, topology };
}

export const shouldRevalidate = unlessOnlySearchChanged;

const TABS = [
  { to: ".", label: "Summary", end: true },
  { to: "calls", label: "Calls" },
  { to: "traffic", label: "Traffic" },
  { to: "logs", label: "Logs" },
  { to: "interfaces", label: "Interfaces" },
  { to: "manifest", label: "Manifest" },
  { to: "configuration", label: "Configuration" },
  { to: "events", label: "Events" },
];

export default function PluginRoute({ loaderData, params }: Route.ComponentProps) {
  const { info, topology } = loaderData;
  const plugin = useLive(selectPlugins).get(params.id) ?? info;
  useRevalidateOn(`${plugin.state} ${plugin.pid} ${plugin.wanted} ${plugin.statistics.calls}`);
  const context: PluginContext = { plugin, info, topology };
  return (
    <div className="flex min-h-full flex-col tall:has-data-fills:h-full">
      <PageTitle>{params.id}</PageTitle>
      <PageHeader
        title={params.id}
        mono
        beside={
          <>
            <StatusMark state={plugin.state} />
            {plugin.version && <Badge>{plugin.version}</Badge>}
            <VerificationBadge verification={info.verification} />
          </>
        }
        below={<p className="mt-0.5 max-w-prose text-muted">{plugin.description}</p>}
      >
        <PluginActions plugin={plugin} losers={losersOf(topology, params.id)} />
      </PageHeader>
      <Tabs tabs={TABS} label={`Parts of ${params.id}`} />
      <div className="flex min-h-0 flex-1 flex-col">
        <Outlet context={context} />
      </div>
    </div>
  );
}

export function ErrorBoundary({ error, params }: Route.ErrorBoundaryProps) {
  const { revalidate } = useRevalidator();
  const gone =
    (error instanceof ProblemError && error.code === "plugin-not-found") ||
    (isRouteErrorResponse(error) && error.status === 404);
  return (
    <>
      <PageTitle>{params.id ?? "Plugin"}</PageTitle>
      <PageHeader title={params.id ?? "Plugin"} mono />
      {gone ? (
        <EmptyView
          title={`There is no plugin ${params.id}`}
          action={
            <Button asChild>
              <Link to="/">Show all plugins</Link>
            </Button>
          }
        >
          It was unloaded, or never loaded.
        </EmptyView>
      ) : (
        <ErrorView error={error} onRetry={() => void revalidate()} />
      )}
    </>
  );
}
