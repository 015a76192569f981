import { CirclePause, Radio, RefreshCw } from "lucide-react";
import { Button } from "~/components/ui/button";
import { cn } from "~/lib/classes";
import { socket, useLive } from "~/lib/live/live";
import { signInAddress } from "~/lib/session";
import { formatDuration, useNow } from "~/lib/time";

/** Says whether what is shown is live, and since when it is not; a press pauses or goes on. */
export function ConnectionMark() {
  const connection = useLive((snapshot) => snapshot.connection);
  const lostAt = useLive((snapshot) => snapshot.lostAt);
  switch (connection) {
    case "live":
      return (
        <Mark
          label="Live"
          action="Pause the live stream (p)"
          onPress={() => socket.pause()}
          tone="text-muted!"
        >
          <Radio aria-hidden />
        </Mark>
      );
    case "paused":
      return (
        <Mark
          label="Paused"
          action="Resume the live stream (p)"
          onPress={() => socket.start()}
          tone="text-warn!"
        >
          <CirclePause aria-hidden />
        </Mark>
      );
    case "signed-out":
      return (
        <Mark
          label="Signed out"
          action="Sign in again"
          onPress={() => window.location.assign(signInAddress(window.location))}
          tone="text-bad!"
        >
          <CirclePause aria-hidden />
        </Mark>
      );
    case "connecting":
      return (
        <Mark label="Connecting" action="Try again now" onPress={() => socket.retry()} tone="text-muted!">
          <RefreshCw aria-hidden className="animate-spin" />
        </Mark>
      );
    case "reconnecting":
      return (
        <Mark
          label="Reconnecting"
          action="Try again now"
          onPress={() => socket.retry()}
          tone="text-bad!"
          detail={lostAt === null ? null : <Since at={lostAt} />}
        >
          <RefreshCw aria-hidden className="animate-spin" />
        </Mark>
      );
  }
}

function Mark(props: {
  label: string;
  action: string;
  onPress: () => void;
  tone: string;
  detail?: React.ReactNode;
  children: React.ReactNode;
}) {
  return (
    <Button
      variant="ghost"
      onClick={props.onPress}
      title={props.action}
      aria-label={`${props.label}. ${props.action}`}
      data-connection={props.label.toLowerCase()}
      className={cn("tabular", props.tone)}
    >
      {props.children}
      <span className="max-sm:sr-only">{props.label}</span>
      {props.detail}
    </Button>
  );
}

function Since({ at }: { at: number }) {
  const now = useNow();
  return <span className="font-normal text-xs">{formatDuration(Math.max(1, Math.floor(now - at)))}</span>;
}
