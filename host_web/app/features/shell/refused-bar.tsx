import { RefreshCw } from "lucide-react";
import { Button } from "~/components/ui/button";
import { socket, useLive } from "~/lib/live/live";

/** Says over a page why the host does not tell it what goes on, which the browser hides from it. */
export function RefusedBar() {
  const refusal = useLive((snapshot) => snapshot.refusal);
  if (refusal === null) return null;
  return (
    <div
      role="alert"
      className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b bg-warn-ground px-4 py-1.5"
    >
      <p className="min-w-0 flex-1">
        <span className="font-medium text-warn">The host refuses the live stream.</span> {refusal.detail}
        {refusal.hint && <span className="text-muted"> The host says: {refusal.hint}.</span>}
      </p>
      <Button size="small" onClick={() => socket.retry()}>
        <RefreshCw aria-hidden />
        Try again now
      </Button>
    </div>
  );
}
