import { useState } from "react";
import { EmptyView } from "~/components/views";
import type { PluginInfo } from "~/lib/api/types";
import { useSearchParam } from "~/lib/use-search-param";
import type { PastCall } from "./history";
import { HistoryList } from "./history-list";
import { MethodList } from "./method-list";
import { OutcomeView } from "./outcome";
import { Request } from "./request";
import { undescribed } from "./undescribed";
import { useCall } from "./use-call";

/** Lets a person call the methods of a plugin, watch the outcome, and do it again. */
export function CallsView({ plugin }: { plugin: PluginInfo }) {
  const [wanted, setWanted] = useSearchParam("method");
  const call = useCall(plugin.id);
  const methods = plugin.methods;
  const method =
    methods.find((one) => one.name === wanted) ?? (wanted === "" ? methods[0] : undescribed(wanted));
  const [repeated, setRepeated] = useState<PastCall | null>(null);

  const again = (past: PastCall) => {
    setRepeated(past);
    setWanted(past.method);
    call.start({ ...past, stream: past.stream ?? null, keepOpen: false, timeoutMs: null });
  };
  return (
    <div data-fills className="flex min-h-0 flex-1 max-lg:flex-col">
      <div className="flex min-h-0 shrink-0 flex-col border-line max-lg:border-b lg:w-56 lg:border-r">
        <MethodList methods={methods} chosen={method?.name ?? ""} onChoose={setWanted} />
      </div>
      <div className="grid min-h-0 min-w-0 flex-1 lg:overflow-auto xl:grid-cols-2 xl:overflow-hidden">
        <div className="min-w-0 scroll-pb-16 border-line xl:overflow-auto xl:border-r">
          {method === undefined ? (
            <EmptyView title="No methods are described">
              {plugin.id} comes without interface files, so the host does not know what it can do. Write the
              name of another method, such as <code className="font-mono">{exampleName(plugin)}</code>.
            </EmptyView>
          ) : (
            <Request
              key={`${method.name} ${repeated?.id ?? ""}`}
              plugin={plugin.id}
              method={method}
              initial={repeated?.method === method.name ? repeated : null}
              busy={call.state !== null && call.state.outcome === null}
              onCall={call.start}
            />
          )}
        </div>
        <div className="min-w-0 border-line max-xl:border-t xl:overflow-auto">
          <OutcomeView
            state={call.state}
            method={methods.find((one) => one.name === call.state?.method)}
            onStop={call.stop}
            onSend={call.send}
            onFinish={call.finish}
          />
          <HistoryList plugin={plugin.id} onRepeat={again} />
        </div>
      </div>
    </div>
  );
}

const exampleName = ({ provides }: PluginInfo): string => `${Object.keys(provides)[0] ?? "Interface"}.Method`;
