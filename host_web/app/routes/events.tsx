import { PageHeader, PageTitle } from "~/components/page";
import { EventList } from "~/features/events/event-list";

export default function EventsRoute() {
  return (
    <div className="flex h-full flex-col">
      <PageTitle>Events</PageTitle>
      <PageHeader
        title="Events"
        below={<p className="text-muted">What has happened in this run of the host.</p>}
      />
      <EventList />
    </div>
  );
}
