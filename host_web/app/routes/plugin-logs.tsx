import { LogView } from "~/features/logs/log-view";
import type { Route } from "./+types/plugin-logs";

export default function PluginLogsRoute({ params }: Route.ComponentProps) {
  return <LogView key={params.id} plugin={params.id} />;
}
