import { useEffect } from "react";
import { isRouteErrorResponse, Outlet, redirect, useRevalidator } from "react-router";
import { PageHeader } from "~/components/page";
import { ErrorView } from "~/components/views";
import { Shell } from "~/features/shell/shell";
import { refreshPlugins, useLive } from "~/lib/live/live";
import { refreshSession, signInAddress } from "~/lib/session";
import { followTheme } from "~/lib/theme";
import type { Route } from "./+types/shell";

export async function clientLoader({ request }: Route.ClientLoaderArgs) {
  const session = await refreshSession(request.signal);
  if (session.sign_in_needed) throw redirect(signInAddress(new URL(request.url)));
  await refreshPlugins(request.signal);
  return null;
}

/** The live picture keeps itself fresh: the fleet is not asked for anew with each page. */
export function shouldRevalidate() {
  return false;
}

export default function ShellRoute() {
  useEffect(() => followTheme(), []);
  return (
    <Shell>
      <Outlet />
    </Shell>
  );
}

/** Stands in for the whole when not even the fleet can be had: it tries again as soon as the stream is back. */
export function ErrorBoundary({ error }: Route.ErrorBoundaryProps) {
  const { revalidate } = useRevalidator();
  const connection = useLive((snapshot) => snapshot.connection);
  useEffect(() => {
    if (connection === "live") window.location.reload();
  }, [connection]);
  return (
    <Shell>
      <PageHeader title={isRouteErrorResponse(error) ? "Not found" : "Something failed"} />
      <ErrorView error={error} onRetry={() => void revalidate()} />
    </Shell>
  );
}
