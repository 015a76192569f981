import { ConfigurationView } from "~/features/plugin/configuration";
import { getConfig } from "~/lib/api/host";
import { unlessOnlySearchChanged } from "~/lib/revalidation";
import type { Route } from "./+types/plugin-config";

export const clientLoader = ({ params, request }: Route.ClientLoaderArgs) =>
  getConfig(params.id, { signal: request.signal });

export const shouldRevalidate = unlessOnlySearchChanged;

export default function PluginConfigRoute({ loaderData }: Route.ComponentProps) {
  return <ConfigurationView config={loaderData} />;
}
