import { LogIn } from "lucide-react";
import { useLocation } from "react-router";
import { Button } from "~/components/ui/button";
import { useLive } from "~/lib/live/live";
import { signInAddress } from "~/lib/session";

/** Says over a page that its session has ended, and leaves what was being read or written in place. */
export function SignedOutBar() {
  const connection = useLive((snapshot) => snapshot.connection);
  const location = useLocation();
  if (connection !== "signed-out") return null;
  return (
    <div
      role="alert"
      className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b bg-warn-ground px-4 py-1.5"
    >
      <p className="min-w-0 flex-1">
        <span className="font-medium text-warn">Your session has ended.</span> What is shown is as it was
        then.
      </p>
      <Button asChild size="small">
        {/* A new document: nothing of the old session stays in memory. */}
        <a href={signInAddress(location)}>
          <LogIn aria-hidden />
          Sign in again
        </a>
      </Button>
    </div>
  );
}
