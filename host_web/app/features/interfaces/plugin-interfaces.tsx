import { Link } from "react-router";
import { Badge } from "~/components/ui/badge";
import { Panel, PanelHeader } from "~/components/ui/panel";
import { Table, TableHead, Td, Th, Tr } from "~/components/ui/table";
import { EmptyView } from "~/components/views";
import type { InterfaceSnapshot } from "~/lib/api/interfaces";
import type { Dependency, PluginInfo } from "~/lib/api/types";
import { addressOf } from "./interface-list";
import { furtherOf, type Method, MethodCard } from "./method-card";

/** A part of what a plugin can do: the methods of one interface, or those that belong to none. */
export interface Provided {
  /** Null for methods that belong to no interface that the plugin names. */
  name: string | null;
  version: string | null;
  methods: readonly Method[];
}

/** Put the methods of a plugin to the interfaces that it provides, by name; what belongs to none comes last. */
export function providedBy({ provides, methods }: Pick<PluginInfo, "provides" | "methods">): Provided[] {
  const left = new Set(methods);
  const found: Provided[] = Object.entries(provides)
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([name, version]) => {
      const own = methods.filter((method) => method.name.slice(0, method.name.lastIndexOf(".")) === name);
      for (const method of own) left.delete(method);
      return { name, version, methods: own };
    });
  if (left.size > 0) found.push({ name: null, version: null, methods: [...left] });
  return found;
}

interface Props {
  plugin: PluginInfo;
  /** What is known of the interfaces that it provides, by name. */
  known: ReadonlyMap<string, InterfaceSnapshot>;
  requirements: readonly Dependency[];
  /** The method that is opened, by its full name; empty for none. */
  open: string;
  onOpen: (method: string) => void;
}

/** Shows what a plugin provides, method by method, and which interfaces it requires of others. */
export function PluginInterfaces({ plugin, known, requirements, open, onOpen }: Props) {
  const provided = providedBy(plugin);
  const running = plugin.state === "ready" || plugin.state === "degraded";
  return (
    <div className="flex flex-col gap-3 p-4">
      {provided.length === 0 && (
        <Panel aria-label="Provided">
          <EmptyView title="It provides no interface that is described">
            {running
              ? "The plugin comes without interface files, and has named no interface when it said hello. Its methods can be called by their names."
              : "The plugin comes without interface files. It says what it has when it runs."}
          </EmptyView>
        </Panel>
      )}
      {provided.map(({ name, version, methods }) => (
        <Panel key={name ?? ""} aria-label={name ?? "Further methods"}>
          <PanelHeader title={name ?? "Further methods"}>
            {name !== null && version !== null && (
              <span className="flex items-center gap-2">
                <Badge>{version}</Badge>
                <Link
                  to={addressOf({ name, version })}
                  className="text-accent-text underline-offset-2 hover:underline"
                >
                  Who else has it, and what changed
                </Link>
              </span>
            )}
          </PanelHeader>
          {methods.length === 0 && (
            <p className="px-3 py-2.5 text-muted">
              Nothing describes its methods{running ? "" : ": the plugin may do so when it runs"}.
            </p>
          )}
          {methods.map((method) => (
            <MethodCard
              key={method.name}
              method={method}
              further={furtherOf(known.get(name ?? ""), method.name)}
              open={open === method.name}
              onToggle={() => onOpen(open === method.name ? "" : method.name)}
              provider={running ? plugin.id : null}
            />
          ))}
        </Panel>
      ))}
      <Required requirements={requirements.filter(({ kind }) => kind === "interface")} />
    </div>
  );
}

const WITHOUT = {
  restart: "it is stopped until there is another",
  degrade: "it goes on, degraded",
  ignore: "it goes on",
} as const;

function Required({ requirements }: { requirements: readonly Dependency[] }) {
  return (
    <Panel aria-labelledby="required" className="overflow-x-auto">
      <PanelHeader id="required" title="Required of others" />
      {requirements.length === 0 ? (
        <p className="px-3 py-2.5 text-muted">It requires no interface.</p>
      ) : (
        <Table className="min-w-[560px]" aria-labelledby="required">
          <TableHead>
            <tr>
              <Th className="w-56">Interface</Th>
              <Th className="w-28">Versions</Th>
              <Th className="w-56">Given by</Th>
              <Th>When it is lost</Th>
            </tr>
          </TableHead>
          <tbody>
            {requirements.map(({ name, range, optional, provider, version, on_loss }) => (
              <Tr key={name}>
                <Td title={name}>
                  {version === null || provider === null ? (
                    <span className="font-mono text-xs">{name}</span>
                  ) : (
                    <Link
                      data-row
                      to={addressOf({ name, version })}
                      className="font-mono text-accent-text text-xs underline-offset-2 hover:underline"
                    >
                      {name}
                    </Link>
                  )}
                </Td>
                <Td className="font-mono text-xs">{range}</Td>
                <Td>
                  {provider !== null ? (
                    <Link
                      to={`/plugins/${encodeURIComponent(provider)}`}
                      className="font-mono text-accent-text text-xs underline-offset-2 hover:underline"
                    >
                      {provider}
                    </Link>
                  ) : version !== null ? (
                    "the host"
                  ) : (
                    <span className={optional ? "text-muted" : "text-warn"}>nobody</span>
                  )}
                  {version !== null && <span className="text-muted"> in {version}</span>}
                </Td>
                <Td className="text-muted">
                  {optional ? "it does without: the requirement is optional" : WITHOUT[on_loss]}
                </Td>
              </Tr>
            ))}
          </tbody>
        </Table>
      )}
    </Panel>
  );
}
