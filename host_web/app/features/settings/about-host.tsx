import { Line, Lines } from "~/components/facts";
import { Ago } from "~/components/time";
import { Panel, PanelHeader } from "~/components/ui/panel";
import type { Schemas } from "~/lib/api/schemas";

/** Says what runs here, for those who ask for help or offer it. */
export function AboutHost({ about }: { about: Schemas["About"] }) {
  return (
    <Panel aria-label="This host">
      <PanelHeader title="This host" />
      <Lines>
        <Line name="Polyhost">
          {about.version} <span className="text-muted">on {about.python}</span>
        </Line>
        <Line name="Machine">
          {about.platform}, {about.cores} {about.cores === 1 ? "core" : "cores"}
        </Line>
        <Line name="Process">
          PID {about.pid}, started <Ago at={about.started_at} />
        </Line>
        <Line name="Data folder">
          <code className="break-all font-mono text-xs">{about.data}</code>
        </Line>
        <Line name="Transports">{about.transports.join(", ")}</Line>
        <Line name="Run">
          <code className="font-mono text-xs">{about.run}</code>
        </Line>
      </Lines>
    </Panel>
  );
}
