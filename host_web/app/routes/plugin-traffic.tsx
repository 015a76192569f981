import { useMemo } from "react";
import { useOutletContext } from "react-router";
import { TrafficView } from "~/features/traffic/traffic-view";
import type { PluginContext } from "./plugin";

export default function PluginTrafficRoute() {
  const { info } = useOutletContext<PluginContext>();
  const methods = useMemo(() => info.methods.map((method) => method.name), [info.methods]);
  return <TrafficView key={info.id} plugin={info.id} methods={methods} />;
}
