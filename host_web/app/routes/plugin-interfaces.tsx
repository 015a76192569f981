import { useOutletContext } from "react-router";
import { PluginInterfaces } from "~/features/interfaces/plugin-interfaces";
import { requirementsOf } from "~/features/plugin/relations";
import { ProblemError } from "~/lib/api/client";
import { getPlugin } from "~/lib/api/host";
import { getInterface, type InterfaceSnapshot } from "~/lib/api/interfaces";
import { unlessOnlySearchChanged } from "~/lib/revalidation";
import { useSearchParam } from "~/lib/use-search-param";
import type { Route } from "./+types/plugin-interfaces";
import type { PluginContext } from "./plugin";

export async function clientLoader({ params, request: { signal } }: Route.ClientLoaderArgs) {
  const { provides } = await getPlugin(params.id, { signal });
  const found = await Promise.all(
    Object.entries(provides).map(async ([name, version]) => {
      try {
        return [name, await getInterface(name, version, { signal })] as const;
      } catch (error) {
        // What the interface says beyond its methods is not needed to show them.
        if (error instanceof ProblemError && error.problem.status === 404) return null;
        throw error;
      }
    }),
  );
  return new Map<string, InterfaceSnapshot>(found.filter((one) => one !== null));
}

export const shouldRevalidate = unlessOnlySearchChanged;

export default function PluginInterfacesRoute({ loaderData }: Route.ComponentProps) {
  const { plugin, info, topology } = useOutletContext<PluginContext>();
  const [open, setOpen] = useSearchParam("method");
  return (
    <PluginInterfaces
      plugin={{ ...info, state: plugin.state }}
      known={loaderData}
      requirements={requirementsOf(topology, info.id)}
      open={open}
      onOpen={setOpen}
    />
  );
}
