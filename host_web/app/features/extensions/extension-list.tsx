import { Prose } from "~/components/prose";
import { Badge } from "~/components/ui/badge";
import { Panel, PanelHeader } from "~/components/ui/panel";
import { Table, TableHead, Td, Th, Tr } from "~/components/ui/table";
import { EmptyView } from "~/components/views";
import type { Extension, Extensions, Hook } from "~/lib/api/types";

/** What each kind of hook is, for those who meet it the first time. */
const KINDS = {
  provide: "All answers are collected.",
  decide: "The first answer wins.",
  on: "All are told, one at a time; a failure is isolated.",
} as const satisfies Record<Hook["kind"], string>;

function matches(extension: Extension, query: string): boolean {
  const { name, origin, version, description, hooks } = extension;
  const text = [name, origin, version, description, ...hooks].join(" ").toLowerCase();
  return query
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** Lists the extensions in the order in which they were registered. */
export function ExtensionTable({ extensions, query }: { extensions: readonly Extension[]; query: string }) {
  const shown = extensions.filter((extension) => matches(extension, query));
  return (
    <Panel aria-label="Extensions" className="overflow-x-auto">
      {shown.length === 0 ? (
        extensions.length === 0 ? (
          <EmptyView title="No extensions" command="polyhost serve">
            This host was started with all of them disabled.
          </EmptyView>
        ) : (
          <EmptyView title="No extension fits">
            None has “{query}” in its name, description or hooks.
          </EmptyView>
        )
      ) : (
        <Table className="min-w-[640px]" aria-label="Extensions">
          <TableHead>
            <tr>
              <Th className="w-48">Extension</Th>
              <Th className="w-24">From</Th>
              <Th className="w-20">Version</Th>
              <Th>What it does</Th>
              <Th className="w-56 max-lg:hidden">Hooks</Th>
              <Th className="w-20 text-right!">Failures</Th>
            </tr>
          </TableHead>
          <tbody>
            {shown.map((extension) => (
              <ExtensionRow key={extension.name} extension={extension} />
            ))}
          </tbody>
        </Table>
      )}
    </Panel>
  );
}

function ExtensionRow({ extension }: { extension: Extension }) {
  const { name, origin, version, description, hooks, enabled, failures, last_error } = extension;
  return (
    <Tr className="align-top">
      <Td className="py-1.5 leading-5">
        <span className={enabled ? "font-mono text-xs" : "font-mono text-off text-xs line-through"}>
          {name}
        </span>
        {!enabled && <Badge tone="off">disabled</Badge>}
      </Td>
      <Td className="py-1.5 text-muted">{origin}</Td>
      <Td className="py-1.5 font-mono text-muted text-xs leading-5">{version}</Td>
      <Td className="whitespace-normal! py-1.5">
        <Prose text={description} />
        {last_error !== null && <p className="break-words text-bad">{last_error}</p>}
      </Td>
      <Td className="whitespace-normal! py-1.5 max-lg:hidden">
        {hooks.map((hook) => (
          <span key={hook} className="block truncate font-mono text-muted text-xs leading-5" title={hook}>
            {hook.replace(/^hostcore_/, "")}
          </span>
        ))}
      </Td>
      <Td
        className={failures > 0 ? "py-1.5 text-right font-medium text-bad" : "py-1.5 text-right text-faint"}
      >
        {failures}
      </Td>
    </Tr>
  );
}

/** Lists the hooks with who implements them, in calling order. */
export function HookTable({ hooks }: { hooks: Extensions["hooks"] }) {
  return (
    <Panel aria-labelledby="hooks" className="overflow-x-auto">
      <PanelHeader id="hooks" title="Hooks, with who is called in which order" />
      <Table className="min-w-[560px]" aria-labelledby="hooks">
        <TableHead>
          <tr>
            <Th className="w-80">Hook</Th>
            <Th className="w-20">Kind</Th>
            <Th>Called</Th>
          </tr>
        </TableHead>
        <tbody>
          {hooks.map((hook) => (
            <Tr key={hook.name}>
              <Td className="font-mono text-xs">{hook.name}</Td>
              <Td className="text-muted" title={(KINDS as Record<string, string>)[hook.kind]}>
                {hook.kind}
              </Td>
              <Td className="whitespace-normal! py-1.5">
                {hook.extensions.length === 0 ? (
                  <span className="text-faint">nobody</span>
                ) : (
                  <ol className="flex flex-wrap gap-x-1.5 font-mono text-xs leading-5">
                    {hook.extensions.map((name, index) => (
                      <li key={name}>
                        {name}
                        {index < hook.extensions.length - 1 && <span className="text-faint"> →</span>}
                      </li>
                    ))}
                  </ol>
                )}
              </Td>
            </Tr>
          ))}
        </tbody>
      </Table>
    </Panel>
  );
}
