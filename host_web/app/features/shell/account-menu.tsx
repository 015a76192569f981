import { KeyRound, LogIn, LogOut, ScrollText, UserRound } from "lucide-react";
import { Link, useLocation } from "react-router";
import { leave } from "~/components/leave";
import { Button } from "~/components/ui/button";
import { Menu, MenuContent, MenuItem, MenuSeparator, MenuTrigger } from "~/components/ui/menu";
import { SCOPE_TEXTS, signInAddress, useMay, useSession } from "~/lib/session";

/** Says who one is, and leads to what belongs to that. */
export function AccountMenu() {
  const session = useSession();
  const location = useLocation();
  const isAdmin = useMay("admin");
  if (session === null || session.scope === null) return null;
  return (
    <Menu>
      <MenuTrigger asChild>
        <Button
          variant="ghost"
          size="icon"
          title={`${session.name} (${session.scope})`}
          aria-label={`${session.name}, ${session.scope}: account`}
        >
          <UserRound aria-hidden />
        </Button>
      </MenuTrigger>
      <MenuContent className="w-60">
        <div className="px-2 pt-1 pb-1.5">
          <p className="truncate font-medium">
            {session.kind === "local" ? "From this machine" : session.name}
          </p>
          <p className="text-muted">
            {session.scope}: {SCOPE_TEXTS[session.scope]}
          </p>
        </div>
        <MenuSeparator />
        {isAdmin && (
          <>
            <MenuItem asChild>
              <Link to="/settings/tokens">
                <KeyRound aria-hidden />
                Access tokens
              </Link>
            </MenuItem>
            <MenuItem asChild>
              <Link to="/settings/audit">
                <ScrollText aria-hidden />
                Audit trail
              </Link>
            </MenuItem>
            <MenuSeparator />
          </>
        )}
        {session.kind === "session" ? (
          <MenuItem onSelect={() => void leave()}>
            <LogOut aria-hidden />
            Sign out
          </MenuItem>
        ) : (
          <MenuItem asChild>
            <Link to={signInAddress(location)}>
              <LogIn aria-hidden />
              Sign in with a token
            </Link>
          </MenuItem>
        )}
      </MenuContent>
    </Menu>
  );
}
