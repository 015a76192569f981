import { useEffect, useState } from "react";
import { useNavigate, useRevalidator, useSearchParams } from "react-router";
import { PageTitle } from "~/components/page";
import { Button } from "~/components/ui/button";
import { ErrorView } from "~/components/views";
import { Frame } from "~/features/shell/shell";
import { SignInForm } from "~/features/sign-in/sign-in-form";
import { pathAfterSignIn, refreshSession } from "~/lib/session";
import { followTheme } from "~/lib/theme";
import type { Route } from "./+types/sign-in";

export async function clientLoader({ request }: Route.ClientLoaderArgs) {
  const session = await refreshSession(request.signal);
  return { session, code: takeCode() };
}

/** Take the code of a sign-in link out of the address, so that it stays neither there nor in the history. */
function takeCode(): string | null {
  const code = new URLSearchParams(window.location.hash.slice(1)).get("token");
  if (code !== null) {
    const { pathname, search } = window.location;
    window.history.replaceState(window.history.state, "", `${pathname}${search}`);
  }
  return code;
}

export default function SignInRoute({ loaderData }: Route.ComponentProps) {
  // Good once: what a later look at the address finds does not count.
  const [{ session, code }] = useState(loaderData);
  const [params] = useSearchParams();
  const navigate = useNavigate();
  const target = pathAfterSignIn(params.get("next"));
  useEffect(() => followTheme(), []);
  const known = session.scope !== null && code === null;

  return (
    <Frame navigation={false}>
      <PageTitle>Sign in</PageTitle>
      <div className="mx-auto flex w-full max-w-sm flex-col gap-4 px-4 pt-[14vh] pb-10">
        <div>
          <h1 tabIndex={-1} className="font-semibold text-xl">
            Sign in
          </h1>
          <p className="mt-0.5 text-muted">
            to the host at <span className="font-mono text-text text-xs">{window.location.host}</span>
          </p>
        </div>
        {known && (
          <div className="flex items-center gap-3 rounded-md border border-line bg-surface px-3 py-2">
            <p className="min-w-0 flex-1 break-words">
              {session.kind === "local"
                ? "From this machine you need not sign in."
                : `You are signed in as ${session.name} (${session.scope}).`}
            </p>
            <Button onClick={() => navigate(target)}>Go on</Button>
          </div>
        )}
        <SignInForm code={code} onSignedIn={() => navigate(target, { replace: true })} />
      </div>
    </Frame>
  );
}

export function ErrorBoundary({ error }: Route.ErrorBoundaryProps) {
  const { revalidate } = useRevalidator();
  return (
    <Frame navigation={false}>
      <PageTitle>Sign in</PageTitle>
      <div className="mx-auto w-full max-w-lg py-10">
        <h1 className="px-4 font-semibold text-xl">Sign in</h1>
        <ErrorView error={error} onRetry={() => void revalidate()} />
      </div>
    </Frame>
  );
}
