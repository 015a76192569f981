import { WhoAmI } from "~/features/access/who-am-i";
import { AboutHost } from "~/features/settings/about-host";
import { Appearance } from "~/features/settings/appearance";
import { getAbout } from "~/lib/api/host";
import { refreshSession, useRefusal } from "~/lib/session";
import type { Route } from "./+types/settings-general";

export async function clientLoader({ request: { signal } }: Route.ClientLoaderArgs) {
  const [session, about] = await Promise.all([refreshSession(signal), getAbout({ signal })]);
  return { session, about };
}

export default function SettingsGeneralRoute({ loaderData: { session, about } }: Route.ComponentProps) {
  const refusal = useRefusal("admin");
  return (
    <div className="flex max-w-3xl flex-col gap-3 p-4">
      <WhoAmI session={session} />
      <Appearance />
      <AboutHost about={about} />
      {refusal !== null && (
        <p className="text-muted">The access tokens and the audit trail are not shown. {refusal}</p>
      )}
    </div>
  );
}
