import { useOutletContext } from "react-router";
import { Charts } from "~/features/plugin/charts";
import { MethodFigures } from "~/features/plugin/method-figures";
import {
  DetailsPanel,
  InstancesPanel,
  KeyFigures,
  LastExitPanel,
  RelationsPanel,
  Trouble,
} from "~/features/plugin/summary";
import { getMetrics } from "~/lib/api/host";
import { useFigures } from "~/lib/live/live";
import { unlessOnlySearchChanged, useRevalidateOn, useSlowly } from "~/lib/revalidation";
import { isRefused } from "~/lib/status";
import type { Route } from "./+types/plugin-summary";
import type { PluginContext } from "./plugin";

export const clientLoader = ({ params, request }: Route.ClientLoaderArgs) =>
  getMetrics(params.id, { signal: request.signal });

export const shouldRevalidate = unlessOnlySearchChanged;

/** The processes and the calls by method follow what the plugin does, but not each second. */
const FOLLOW_MS = 5000;

export default function PluginSummaryRoute({ loaderData: metrics }: Route.ComponentProps) {
  const { plugin, info, topology } = useOutletContext<PluginContext>();
  useRevalidateOn(useSlowly(useFigures(info.id)?.calls, FOLLOW_MS));
  return (
    <div className="flex flex-col gap-3 p-4">
      <Trouble plugin={plugin} info={info} />
      {!isRefused(plugin) && (
        <>
          <KeyFigures plugin={plugin} info={info} metrics={metrics} />
          <Charts key={info.id} id={info.id} />
        </>
      )}
      <div className="grid items-start gap-3 xl:grid-cols-2">
        <DetailsPanel info={info} />
        <RelationsPanel topology={topology} id={info.id} />
      </div>
      <InstancesPanel info={info} />
      <MethodFigures plugin={info.id} metrics={metrics} />
      <LastExitPanel report={info.last_exit} />
    </div>
  );
}
