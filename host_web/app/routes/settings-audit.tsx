import { RotateCw } from "lucide-react";
import { useRevalidator } from "react-router";
import { SearchInput } from "~/components/search-input";
import { Button } from "~/components/ui/button";
import { Select } from "~/components/ui/input";
import { Panel } from "~/components/ui/panel";
import { EmptyView, ErrorView } from "~/components/views";
import { AuditList } from "~/features/access/audit-list";
import { AUDIT_OPERATIONS, operationText } from "~/features/access/operations";
import { getAudit } from "~/lib/api/access";
import { useSearchParam } from "~/lib/use-search-param";
import type { Route } from "./+types/settings-audit";

/** Stands in the address for all operations, calls of methods included. */
const EVERYTHING = "all";

export async function clientLoader({ request }: Route.ClientLoaderArgs) {
  const { searchParams } = new URL(request.url);
  const read = (name: string) => searchParams.get(name) ?? "";
  const operation = read("operation");
  const filter = {
    outcome: read("outcome"),
    caller: read("caller"),
    operation: operation === EVERYTHING ? "" : operation,
    target: read("target"),
    // A busy host has thousands of calls between two changes.
    calls: operation === "" ? "false" : "",
  };
  return { filter, page: await getAudit(filter, null, { signal: request.signal }) };
}

export default function SettingsAuditRoute({ loaderData: { filter, page } }: Route.ComponentProps) {
  const [outcome, setOutcome] = useSearchParam("outcome");
  const [caller, setCaller] = useSearchParam("caller");
  const [operation, setOperation] = useSearchParam("operation");
  const [target, setTarget] = useSearchParam("target");
  const { revalidate } = useRevalidator();
  const filtered = [outcome, caller, operation, target].some((value) => value !== "");
  return (
    <>
      <div className="flex flex-wrap items-center gap-2 px-4 py-3">
        <SearchInput
          data-filter
          aria-label="Filter by what it was done to"
          placeholder="To what  /"
          className="w-36 lg:w-44"
          value={target}
          onSettle={setTarget}
        />
        <SearchInput
          aria-label="Filter by who did it"
          placeholder="Who, exactly"
          className="w-32 lg:w-36"
          value={caller}
          onSettle={setCaller}
        />
        <Select
          aria-label="What was done"
          className="max-lg:max-w-40"
          value={operation}
          onChange={(event) => setOperation(event.target.value)}
        >
          <option value="">Everything but calls</option>
          <option value={EVERYTHING}>Everything</option>
          {AUDIT_OPERATIONS.map((one) => (
            <option key={one} value={one}>
              {operationText(one)}
            </option>
          ))}
        </Select>
        <Select aria-label="Outcome" value={outcome} onChange={(event) => setOutcome(event.target.value)}>
          <option value="">Any outcome</option>
          <option value="done">done</option>
          <option value="failed">failed</option>
          <option value="refused">refused</option>
        </Select>
        <Button variant="ghost" title="Refresh" className="ml-auto" onClick={() => void revalidate()}>
          <RotateCw aria-hidden />
          <span className="max-lg:sr-only">Refresh</span>
        </Button>
      </div>
      <div className="px-4 pb-6">
        {page.dropped > 0 && (
          <p className="mb-2 text-warn">
            {page.dropped.toLocaleString("en-US")} records were not kept since the host was started: of a
            flood of refusals, or because the disk failed.
          </p>
        )}
        <Panel aria-label="Audit trail" className="overflow-x-auto">
          {page.records.length > 0 ? (
            <AuditList first={page} filter={filter} />
          ) : filtered ? (
            <EmptyView title="No record fits the filter">
              “To what” is found anywhere in the record; who did it must be written in full.
            </EmptyView>
          ) : (
            <EmptyView title="Nothing was changed yet">
              Whoever starts, stops, loads or configures something, signs in, or is refused, is written down
              here. So are calls of methods that may change something: choose “Everything” to see them.
            </EmptyView>
          )}
        </Panel>
      </div>
    </>
  );
}

export function ErrorBoundary({ error }: Route.ErrorBoundaryProps) {
  const { revalidate } = useRevalidator();
  return <ErrorView error={error} onRetry={() => void revalidate()} />;
}
