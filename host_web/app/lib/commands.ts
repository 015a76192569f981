import type { Command } from "./api/host";

export interface CommandText {
  label: string;
  /** What is said when it is done: `kv-python is stopped`. */
  done: string;
  /** What it does, for those who hesitate. */
  meaning: string;
  /** It takes the plugin away from those who use it. */
  disrupts: boolean;
}

export const COMMAND_TEXTS = {
  start: {
    label: "Start",
    done: "runs",
    meaning: "Starts it, and before it what it requires.",
    disrupts: false,
  },
  stop: {
    label: "Stop",
    done: "is stopped",
    meaning: "Stops it and keeps it stopped until it is started.",
    disrupts: true,
  },
  restart: {
    label: "Restart",
    done: "was started again",
    meaning: "Stops it and starts it again; calls fail meanwhile.",
    disrupts: true,
  },
  reload: {
    label: "Reload",
    done: "was reloaded",
    meaning: "Puts what its folder holds now in its place, without failing a call.",
    disrupts: false,
  },
  enable: {
    label: "Enable",
    done: "is enabled",
    meaning: "Lets it run again, and starts it.",
    disrupts: false,
  },
  disable: {
    label: "Disable",
    done: "is disabled",
    meaning: "Stops it; nothing starts it until it is enabled.",
    disrupts: true,
  },
  reset: {
    label: "Reset",
    done: "was reset",
    meaning: "Forgets its restarts and failures, and starts it if it is to run.",
    disrupts: false,
  },
} as const satisfies Record<Command, CommandText>;
