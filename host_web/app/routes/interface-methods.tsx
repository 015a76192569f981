import { useOutletContext } from "react-router";
import { Panel, PanelHeader } from "~/components/ui/panel";
import { furtherOf, MethodCard } from "~/features/interfaces/method-card";
import { Errors, Providers, Requirers } from "~/features/interfaces/relations";
import { useSearchParam } from "~/lib/use-search-param";
import type { InterfaceContext } from "./interface";

export default function InterfaceMethodsRoute() {
  const { one } = useOutletContext<InterfaceContext>();
  const [open, setOpen] = useSearchParam("method");
  const running = one.providers.find(({ state }) => state === "ready" || state === "degraded");
  return (
    <div className="grid items-start gap-3 p-4 xl:grid-cols-[minmax(0,1fr)_22rem]">
      <Panel aria-label="Methods">
        <PanelHeader title={one.methods.length === 1 ? "1 method" : `${one.methods.length} methods`} />
        {one.methods.length === 0 && (
          <p className="px-3 py-2.5 text-muted">
            Nothing describes this interface: only a manifest names it. A plugin without interface files says
            what it has when it runs.
          </p>
        )}
        {one.methods.map((method) => {
          const name = method.name.slice(method.name.lastIndexOf(".") + 1);
          return (
            <MethodCard
              key={method.name}
              method={method}
              further={furtherOf(one, name)}
              open={open === name}
              onToggle={() => setOpen(open === name ? "" : name)}
              provider={running?.plugin ?? null}
            />
          );
        })}
      </Panel>
      <div className="flex flex-col gap-3">
        <Providers providers={one.providers} />
        <Requirers requirers={one.requirers} version={one.version} />
        <Errors errors={one.errors} />
      </div>
    </div>
  );
}
