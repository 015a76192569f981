import { useOutletContext } from "react-router";
import { CallsView } from "~/features/calls/calls-view";
import type { PluginContext } from "./plugin";

export default function PluginCallsRoute() {
  const { info } = useOutletContext<PluginContext>();
  return <CallsView key={info.id} plugin={info} />;
}
