import { useOutletContext } from "react-router";
import {
  DetailsPanel,
  InstancesPanel,
  KeyFigures,
  LastExitPanel,
  RelationsPanel,
  Trouble,
} from "~/features/plugin/summary";
import type { PluginContext } from "./plugin";

export default function PluginSummaryRoute() {
  const { plugin, info, topology } = useOutletContext<PluginContext>();
  return (
    <div className="flex flex-col gap-3 p-4">
      <Trouble plugin={plugin} info={info} />
      <KeyFigures plugin={plugin} info={info} />
      <div className="grid items-start gap-3 xl:grid-cols-2">
        <DetailsPanel info={info} />
        <RelationsPanel topology={topology} id={info.id} />
      </div>
      <InstancesPanel info={info} />
      <LastExitPanel report={info.last_exit} />
    </div>
  );
}
