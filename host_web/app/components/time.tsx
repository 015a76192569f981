import { formatAgo, formatDateTime, formatDuration, useNow } from "~/lib/time";

/** Shows how long ago something was, counting on in place. */
export function Ago({ at }: { at: number }) {
  const now = useNow();
  return (
    <time dateTime={new Date(at * 1000).toISOString()} title={formatDateTime(at)} className="tabular">
      {formatAgo(at, now)}
    </time>
  );
}

/** Shows how long something has lasted, counting on in place. */
export function Since({ at }: { at: number }) {
  const now = useNow();
  return (
    <time dateTime={new Date(at * 1000).toISOString()} title={formatDateTime(at)} className="tabular">
      {formatDuration(Math.max(0, Math.floor(now - at)))}
    </time>
  );
}
