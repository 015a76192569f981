import { ManifestView } from "~/features/plugin/manifest";
import { getManifest } from "~/lib/api/host";
import { unlessOnlySearchChanged } from "~/lib/revalidation";
import type { Route } from "./+types/plugin-manifest";

export const clientLoader = ({ params, request }: Route.ClientLoaderArgs) =>
  getManifest(params.id, { signal: request.signal });

export const shouldRevalidate = unlessOnlySearchChanged;

export default function PluginManifestRoute({ loaderData }: Route.ComponentProps) {
  return <ManifestView manifest={loaderData} />;
}
