import type { ReactNode } from "react";
import { Links, Outlet, Scripts } from "react-router";
import { ErrorView } from "~/components/views";
import { Frame } from "~/features/shell/shell";
import { THEME_SCRIPT } from "~/lib/theme";
import type { Route } from "./+types/root";
import "./app.css";

export function Layout({ children }: { children: ReactNode }) {
  return (
    // The script sets data-theme before React sees the page.
    <html lang="en" suppressHydrationWarning>
      <head>
        <meta charSet="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        {/* biome-ignore lint/security/noDangerouslySetInnerHtml: a constant of ours, allowed by its hash */}
        <script dangerouslySetInnerHTML={{ __html: THEME_SCRIPT }} />
        <link rel="icon" href="/icon.svg" type="image/svg+xml" />
        <Links />
      </head>
      <body>
        {children}
        <Scripts />
      </body>
    </html>
  );
}

export default function Root() {
  return <Outlet />;
}

export function HydrateFallback() {
  return (
    <>
      <title>Polyhost</title>
      <Frame />
    </>
  );
}

export function ErrorBoundary({ error }: Route.ErrorBoundaryProps) {
  return (
    <Frame>
      <title>Fault · Polyhost</title>
      <ErrorView error={error} onRetry={() => window.location.reload()} />
    </Frame>
  );
}
