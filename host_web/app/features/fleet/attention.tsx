import { Link } from "react-router";
import { ReasonText } from "~/components/reason-text";
import { Refusal } from "~/components/refusal";
import { StatusMark } from "~/components/status";
import { Badge } from "~/components/ui/badge";
import { Button } from "~/components/ui/button";
import { Panel, PanelHeader } from "~/components/ui/panel";
import { useCommands } from "~/components/use-commands";
import type { PluginSummary } from "~/lib/api/types";
import { COMMAND_TEXTS } from "~/lib/commands";
import { useRefusal } from "~/lib/session";
import { commandsFor, compareByNeed, needsAttention } from "~/lib/status";

/** Lists what somebody should look at, with the reason and what most likely helps; nothing where all is well. */
export function Attention({ plugins }: { plugins: Iterable<PluginSummary> }) {
  const troubled = [...plugins].filter(needsAttention).sort(compareByNeed);
  if (troubled.length === 0) return null;
  return (
    <Panel aria-labelledby="attention">
      <PanelHeader id="attention" title="Needs attention">
        <Refusal needed="operator" className="text-xs" />
        <Badge tone="bad">{troubled.length}</Badge>
      </PanelHeader>
      <ul className="max-h-64 overflow-auto">
        {troubled.map((plugin) => (
          <Row key={plugin.id} plugin={plugin} />
        ))}
      </ul>
    </Panel>
  );
}

function Row({ plugin }: { plugin: PluginSummary }) {
  const { running, run } = useCommands(plugin.id);
  const first = commandsFor(plugin.state)[0];
  const refusal = useRefusal("operator");
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 border-line/70 border-b px-3 py-1.5 last:border-b-0">
      <StatusMark state={plugin.state} className="w-[104px]" />
      <Link
        to={`/plugins/${encodeURIComponent(plugin.id)}`}
        className="w-[164px] truncate font-mono text-xs underline-offset-2 hover:underline"
      >
        {plugin.id}
      </Link>
      <p className="min-w-48 flex-1 break-words text-muted">
        <ReasonText reason={plugin.reason} />
      </p>
      <div className="flex gap-1.5">
        <Button asChild size="small" variant="ghost">
          <Link to={`/plugins/${encodeURIComponent(plugin.id)}/logs`}>Logs</Link>
        </Button>
        {first && (
          <Button
            size="small"
            disabled={running !== null || refusal !== null}
            onClick={() => void run(first)}
            title={refusal ?? COMMAND_TEXTS[first].meaning}
          >
            {COMMAND_TEXTS[first].label}
          </Button>
        )}
      </div>
    </li>
  );
}
