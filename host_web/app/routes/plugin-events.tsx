import { EventList } from "~/features/events/event-list";
import type { Route } from "./+types/plugin-events";

export default function PluginEventsRoute({ params }: Route.ComponentProps) {
  return <EventList key={params.id} plugin={params.id} />;
}
