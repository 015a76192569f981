import { useOutletContext } from "react-router";
import { Changes } from "~/features/interfaces/changes";
import { compareVersionNumbers } from "~/lib/api/interfaces";
import { useSearchParam } from "~/lib/use-search-param";
import type { InterfaceContext } from "./interface";

export default function InterfaceChangesRoute() {
  const { one, versions } = useOutletContext<InterfaceContext>();
  const [from, setFrom] = useSearchParam("from");
  // The version before is what one wants to compare with; later ones come after all earlier ones.
  const earlier = versions.filter(({ version }) => compareVersionNumbers(version, one.version) < 0);
  const later = versions.filter(({ version }) => compareVersionNumbers(version, one.version) > 0);
  return <Changes one={one} others={[...earlier, ...later]} from={from} onFrom={setFrom} />;
}
