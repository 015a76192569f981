import { Outlet, useRevalidator } from "react-router";
import { PageHeader, PageTitle } from "~/components/page";
import { Tabs } from "~/components/tabs";
import { ErrorView } from "~/components/views";
import { useMay } from "~/lib/session";
import type { Route } from "./+types/settings";

const GENERAL = { to: ".", label: "General", end: true };
const ADMIN_TABS = [
  { to: "tokens", label: "Tokens" },
  { to: "audit", label: "Audit" },
];

export default function SettingsRoute() {
  const isAdmin = useMay("admin");
  return (
    <div className="flex min-h-full flex-col">
      <PageTitle>Settings</PageTitle>
      <PageHeader title="Settings" />
      <Tabs tabs={isAdmin ? [GENERAL, ...ADMIN_TABS] : [GENERAL]} label="Parts of the settings" />
      <Outlet />
    </div>
  );
}

export function ErrorBoundary({ error }: Route.ErrorBoundaryProps) {
  const { revalidate } = useRevalidator();
  return (
    <>
      <PageTitle>Settings</PageTitle>
      <PageHeader title="Settings" />
      <ErrorView error={error} onRetry={() => void revalidate()} />
    </>
  );
}
