import { UserRound } from "lucide-react";
import { Link } from "react-router";
import { Button } from "~/components/ui/button";
import { useSession } from "~/lib/session";

/** Says who one is, and leads to where one signs out; a menu here would weigh a fifth of the first page. */
export function AccountLink() {
  const session = useSession();
  if (session === null || session.scope === null) return null;
  return (
    <Button asChild variant="ghost" size="icon">
      <Link
        to="/settings"
        title={`${session.name} (${session.scope})`}
        aria-label={`${session.name}, ${session.scope}: account`}
      >
        <UserRound aria-hidden />
      </Link>
    </Button>
  );
}
