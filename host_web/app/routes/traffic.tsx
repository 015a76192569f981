import { useMemo } from "react";
import { PageHeader, PageTitle } from "~/components/page";
import { TrafficView } from "~/features/traffic/traffic-view";
import { selectPlugins, useLive } from "~/lib/live/live";

export default function TrafficRoute() {
  const plugins = useLive(selectPlugins);
  const ids = useMemo(() => [...plugins.keys()].sort(), [plugins]);
  return (
    <div className="flex h-full flex-col">
      <PageTitle>Traffic</PageTitle>
      <PageHeader
        title="Traffic"
        below={<p className="text-muted">Calls between the host, its plugins and whoever uses them.</p>}
      />
      <div className="flex min-h-0 flex-1 flex-col border-t">
        <TrafficView plugins={ids} />
      </div>
    </div>
  );
}
