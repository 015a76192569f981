import { LogIn, LogOut } from "lucide-react";
import { Link } from "react-router";
import { Line, Lines } from "~/components/facts";
import { leave } from "~/components/leave";
import { Badge } from "~/components/ui/badge";
import { Button } from "~/components/ui/button";
import { Panel, PanelHeader } from "~/components/ui/panel";
import type { SessionInfo } from "~/lib/api/access";
import { SCOPE_TEXTS } from "~/lib/session";
import { formatDateTime, formatDuration, useNow } from "~/lib/time";

const KINDS = {
  local: "by coming from the host's own machine; no token is asked for",
  token: "by a token that each request carries",
  session: "by the session of this browser",
  signal: "by a signal to the host's process",
  watcher: "by the host itself, which has seen files change",
  nobody: "not at all",
} as const satisfies Record<SessionInfo["kind"], string>;

/** Says who one is to this host, and how far one may go. */
export function WhoAmI({ session }: { session: SessionInfo }) {
  const { name, kind, scope, expires_at } = session;
  const now = useNow();
  return (
    <Panel aria-label="You">
      <PanelHeader title="You">
        {kind === "session" ? (
          <Button size="small" onClick={() => void leave()}>
            <LogOut aria-hidden />
            Sign out
          </Button>
        ) : (
          <Button size="small" asChild>
            <Link to="/sign-in?next=/settings">
              <LogIn aria-hidden />
              Sign in with a token
            </Link>
          </Button>
        )}
      </PanelHeader>
      <Lines>
        <Line name="Name">{name}</Line>
        <Line name="Scope">
          {scope !== null && (
            <>
              <Badge>{scope}</Badge> <span className="text-muted">{SCOPE_TEXTS[scope]}</span>
            </>
          )}
        </Line>
        <Line name="Known">{KINDS[kind]}</Line>
        {expires_at !== null && (
          <Line name="Ends">
            {formatDateTime(expires_at)}
            <span className="text-muted">
              {" "}
              at the latest, in {formatDuration(Math.max(0, expires_at - now))}
            </span>
          </Line>
        )}
      </Lines>
    </Panel>
  );
}
