import { useRevalidator } from "react-router";
import { PageHeader, PageTitle } from "~/components/page";
import { Input } from "~/components/ui/input";
import { ErrorView } from "~/components/views";
import { ExtensionTable, HookTable } from "~/features/extensions/extension-list";
import { getExtensions } from "~/lib/api/host";
import { unlessOnlySearchChanged } from "~/lib/revalidation";
import { useSearchParam } from "~/lib/use-search-param";
import type { Route } from "./+types/extensions";

export const clientLoader = ({ request }: Route.ClientLoaderArgs) =>
  getExtensions({ signal: request.signal });

export const shouldRevalidate = unlessOnlySearchChanged;

export default function ExtensionsRoute({ loaderData: { extensions, hooks } }: Route.ComponentProps) {
  const [query, setQuery] = useSearchParam("q");
  return (
    <>
      <PageTitle>Extensions</PageTitle>
      <PageHeader
        title="Extensions"
        below={
          <p className="text-muted">
            Python objects in the host's process that take part in what it decides.
          </p>
        }
      >
        <Input
          data-filter
          type="search"
          aria-label="Filter the extensions"
          placeholder="Filter  /"
          className="w-48"
          value={query}
          onChange={(event) => setQuery(event.target.value)}
        />
      </PageHeader>
      <div className="flex flex-col gap-3 px-4 pb-6">
        <ExtensionTable extensions={extensions} query={query} />
        <HookTable hooks={hooks} />
      </div>
    </>
  );
}

export function ErrorBoundary({ error }: Route.ErrorBoundaryProps) {
  const { revalidate } = useRevalidator();
  return (
    <>
      <PageHeader title="Extensions" />
      <ErrorView error={error} onRetry={() => void revalidate()} />
    </>
  );
}
