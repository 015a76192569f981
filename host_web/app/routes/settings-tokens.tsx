import { useRevalidator } from "react-router";
import { ErrorView } from "~/components/views";
import { TokenList } from "~/features/access/token-list";
import { getTokens } from "~/lib/api/access";
import type { Route } from "./+types/settings-tokens";

export const clientLoader = ({ request: { signal } }: Route.ClientLoaderArgs) => getTokens({ signal });

export default function SettingsTokensRoute({ loaderData: tokens }: Route.ComponentProps) {
  const { revalidate } = useRevalidator();
  return <TokenList tokens={tokens} onChange={() => void revalidate()} />;
}

export function ErrorBoundary({ error }: Route.ErrorBoundaryProps) {
  const { revalidate } = useRevalidator();
  return <ErrorView error={error} onRetry={() => void revalidate()} />;
}
