import { Link } from "react-router";
import { StatusMark } from "~/components/status";
import { Badge } from "~/components/ui/badge";
import { Table, TableHead, Td, Th, Tr } from "~/components/ui/table";
import type { InterfaceSummary } from "~/lib/api/interfaces";

/** Lead to a version of an interface. */
export function addressOf({ name, version }: { name: string; version: string }): string {
  return `/interfaces/${encodeURIComponent(name)}/${encodeURIComponent(version)}`;
}

/** Return the interfaces that have all words of a query in their name, methods, providers or description. */
export function chooseInterfaces(interfaces: readonly InterfaceSummary[], query: string): InterfaceSummary[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  return interfaces.filter((one) => {
    const plugins = [...one.providers, ...one.requirers].map(({ plugin }) => plugin);
    const text = [one.name, one.version, one.description, ...one.aliases, ...one.method_names, ...plugins]
      .join(" ")
      .toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

/** Lists the interfaces, the versions of one below each other. */
export function InterfaceTable({ interfaces }: { interfaces: readonly InterfaceSummary[] }) {
  return (
    <Table aria-label="Interfaces" className="min-w-[560px]">
      <TableHead>
        <tr>
          <Th className="xl:w-56">Interface</Th>
          <Th className="w-20">Version</Th>
          <Th className="w-20 text-right!">Methods</Th>
          <Th className="w-40 lg:w-56">Provided by</Th>
          <Th className="w-40 lg:w-44">Required by</Th>
          <Th className="max-xl:hidden">What it is for</Th>
        </tr>
      </TableHead>
      <tbody>
        {interfaces.map((one) => (
          <Row key={`${one.name} ${one.version}`} one={one} />
        ))}
      </tbody>
    </Table>
  );
}

function Row({ one }: { one: InterfaceSummary }) {
  const { name, version, method_names, providers, requirers, description } = one;
  const unserved = requirers.filter(({ provider, optional }) => provider === null && !optional);
  return (
    <Tr className="relative hover:bg-hover has-[a:focus-visible]:bg-selected">
      <Td>
        <Link
          data-row
          to={addressOf(one)}
          title={name}
          className="font-mono text-text text-xs after:absolute after:inset-0"
        >
          {name}
        </Link>
      </Td>
      <Td className="font-mono text-muted text-xs">{version}</Td>
      <Td className="text-right text-muted">
        {method_names.length > 0 ? method_names.length : <span className="text-faint">–</span>}
      </Td>
      <Td title={providers.map(({ plugin, state }) => `${plugin}: ${state}`).join("\n")}>
        <Providers providers={providers} />
      </Td>
      <Td title={requirers.map(({ plugin, range }) => `${plugin} ${range}`).join("\n")}>
        {requirers.length === 0 ? (
          <span className="text-faint">–</span>
        ) : (
          <>
            {requirers.map(({ plugin }) => plugin).join(", ")}
            {unserved.length > 0 && (
              <Badge tone="warn" className="ml-1.5">
                {unserved.length} unserved
              </Badge>
            )}
          </>
        )}
      </Td>
      <Td className="text-faint max-xl:hidden" title={description}>
        {description}
      </Td>
    </Tr>
  );
}

function Providers({ providers }: { providers: InterfaceSummary["providers"] }) {
  const [first, ...rest] = providers;
  if (first === undefined) return <span className="text-warn">nobody</span>;
  return (
    <span className="flex items-center gap-1.5">
      <span className="min-w-0 truncate">{first.plugin}</span>
      {first.state !== "ready" && <StatusMark state={first.state} className="text-xs" />}
      {rest.length > 0 && <span className="shrink-0 text-muted">+{rest.length}</span>}
    </span>
  );
}
