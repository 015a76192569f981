import { Link, Outlet, useNavigate, useRevalidator } from "react-router";
import { PageHeader, PageTitle } from "~/components/page";
import { Prose } from "~/components/prose";
import { Tabs } from "~/components/tabs";
import { Badge } from "~/components/ui/badge";
import { Button } from "~/components/ui/button";
import { Select } from "~/components/ui/input";
import { EmptyView, ErrorView } from "~/components/views";
import { addressOf } from "~/features/interfaces/interface-list";
import { ProblemError } from "~/lib/api/client";
import {
  compareVersionNumbers,
  getInterface,
  getInterfaces,
  type InterfaceSnapshot,
  type InterfaceSummary,
} from "~/lib/api/interfaces";
import { useStatesOfPlugins } from "~/lib/live/live";
import { unlessOnlySearchChanged, useRevalidateOn } from "~/lib/revalidation";
import { withCapital } from "~/lib/status";
import type { Route } from "./+types/interface";

/** What the tabs of an interface have in common. */
export interface InterfaceContext {
  one: InterfaceSnapshot;
  /** What the host knows of each version that plugins have, the highest first. */
  versions: readonly InterfaceSummary[];
}

export async function clientLoader({ params, request: { signal } }: Route.ClientLoaderArgs) {
  const [one, all] = await Promise.all([
    getInterface(params.name, params.version, { signal }),
    getInterfaces({ signal }),
  ]);
  const versions = all.filter(({ name }) => name === one.name);
  return { one, versions: versions.sort((a, b) => compareVersionNumbers(b.version, a.version)) };
}

export const shouldRevalidate = unlessOnlySearchChanged;

const TABS = [
  { to: ".", label: "Methods", end: true },
  { to: "changes", label: "Changes" },
  { to: "file", label: "File" },
];

export default function InterfaceRoute({ loaderData }: Route.ComponentProps) {
  const { one, versions } = loaderData;
  const navigate = useNavigate();
  useRevalidateOn(useStatesOfPlugins());
  return (
    <div className="flex min-h-full flex-col">
      <PageTitle>{`${one.name} ${one.version}`}</PageTitle>
      <PageHeader
        title={one.name}
        mono
        beside={
          <>
            <Badge>{one.version}</Badge>
            {one.aliases.map((alias) => (
              <Badge key={alias} className="font-mono" title="Another name for it">
                {alias}
              </Badge>
            ))}
          </>
        }
        below={
          <p className="mt-0.5 max-w-prose text-muted">
            <Prose text={one.description} />
          </p>
        }
      >
        {versions.length > 1 && (
          <Select
            aria-label="Version"
            value={one.version}
            onChange={(event) => navigate(addressOf({ name: one.name, version: event.target.value }))}
          >
            {versions.map(({ version }) => (
              <option key={version}>{version}</option>
            ))}
          </Select>
        )}
      </PageHeader>
      <Tabs tabs={TABS} label={`Parts of ${one.name}`} />
      <Outlet context={{ one, versions } satisfies InterfaceContext} />
    </div>
  );
}

export function ErrorBoundary({ error, params }: Route.ErrorBoundaryProps) {
  const { revalidate } = useRevalidator();
  const name = params.name ?? "Interface";
  return (
    <>
      <PageTitle>{name}</PageTitle>
      <PageHeader title={name} mono />
      {error instanceof ProblemError && error.code === "interface-not-found" ? (
        <EmptyView
          title={`No plugin has ${name} ${params.version ?? ""}`}
          action={
            <Button asChild>
              <Link to="/interfaces">Show all interfaces</Link>
            </Button>
          }
        >
          {withCapital(error.problem.hint || error.problem.detail)}
        </EmptyView>
      ) : (
        <ErrorView error={error} onRetry={() => void revalidate()} />
      )}
    </>
  );
}
