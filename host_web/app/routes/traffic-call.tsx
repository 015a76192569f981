import { Link, useRevalidator } from "react-router";
import { PageHeader, PageTitle } from "~/components/page";
import { Button } from "~/components/ui/button";
import { EmptyView, ErrorView } from "~/components/views";
import { RecordedCallView } from "~/features/traffic/call-details";
import { OutcomeMark } from "~/features/traffic/outcome";
import { ProblemError } from "~/lib/api/client";
import { getRecordedCall } from "~/lib/api/traffic";
import { formatDateTime } from "~/lib/time";
import type { Route } from "./+types/traffic-call";

export const clientLoader = ({ params, request: { signal } }: Route.ClientLoaderArgs) =>
  getRecordedCall(params.id, { signal });

export default function TrafficCallRoute({ loaderData: details }: Route.ComponentProps) {
  const { plugin, method, started_at, outcome, error, caller } = details.call;
  return (
    <>
      <PageTitle>{`${method} of ${plugin}`}</PageTitle>
      <PageHeader
        title={method}
        mono
        beside={<OutcomeMark outcome={outcome} error={error} />}
        below={
          <p className="mt-0.5 text-muted">
            Recorded call of{" "}
            <Link
              to={`/plugins/${encodeURIComponent(plugin)}`}
              className="font-mono text-xs underline-offset-2 hover:underline"
            >
              {plugin}
            </Link>{" "}
            by {caller ?? "somebody outside"}, {formatDateTime(started_at)}
          </p>
        }
      >
        <Button asChild>
          <Link to="/traffic">All calls</Link>
        </Button>
      </PageHeader>
      <RecordedCallView details={details} />
    </>
  );
}

export function ErrorBoundary({ error, params }: Route.ErrorBoundaryProps) {
  const { revalidate } = useRevalidator();
  return (
    <>
      <PageTitle>Recorded call</PageTitle>
      <PageHeader title={`Recorded call ${params.id ?? ""}`} />
      {error instanceof ProblemError && error.problem.status === 404 ? (
        <EmptyView
          title="The communication log has no such call"
          action={
            <Button asChild>
              <Link to="/traffic">Show the calls that it has</Link>
            </Button>
          }
        >
          The oldest records go when the log is full, earlier than those of the audit trail.
        </EmptyView>
      ) : (
        <ErrorView error={error} onRetry={() => void revalidate()} />
      )}
    </>
  );
}
