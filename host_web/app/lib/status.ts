import {
  Ban,
  CircleCheck,
  CircleDashed,
  CirclePause,
  CircleX,
  Hourglass,
  LoaderCircle,
  type LucideIcon,
  RotateCcw,
  TriangleAlert,
  Waves,
} from "lucide-react";
import type { Command } from "./api/host";
import type { PluginState, PluginSummary } from "./api/types";
import { withoutSubject } from "./reason";

/** How much a state asks of the person who sees it; each tone is one colour of app.css. */
export type Tone = "calm" | "busy" | "wait" | "warn" | "bad" | "off";

export interface Status {
  label: string;
  tone: Tone;
  icon: LucideIcon;
  /** Turns: something is going on that will end by itself. */
  moving: boolean;
  /** Order in the fleet: what needs somebody comes first. */
  need: number;
  /** What the state means, for those who meet it the first time. */
  meaning: string;
}

/** All there is to say about each state. A state that the host has and this table lacks does not compile. */
export const STATUS = {
  failed: {
    label: "Failed",
    tone: "bad",
    icon: CircleX,
    moving: false,
    need: 0,
    meaning: "It does not run, and no further start comes by itself.",
  },
  "backing-off": {
    label: "Backing off",
    tone: "warn",
    icon: RotateCcw,
    moving: false,
    need: 1,
    meaning: "It crashed and is started again after a pause.",
  },
  degraded: {
    label: "Degraded",
    tone: "warn",
    icon: TriangleAlert,
    moving: false,
    need: 2,
    meaning: "It runs and takes calls, but something that it needs is missing.",
  },
  waiting: {
    label: "Waiting",
    tone: "wait",
    icon: Hourglass,
    moving: false,
    need: 3,
    meaning: "It starts as soon as what it requires is ready.",
  },
  draining: {
    label: "Draining",
    tone: "busy",
    icon: Waves,
    moving: false,
    need: 4,
    meaning: "It finishes its calls and takes no new ones.",
  },
  stopping: {
    label: "Stopping",
    tone: "busy",
    icon: LoaderCircle,
    moving: true,
    need: 5,
    meaning: "It was asked to end and has not ended yet.",
  },
  starting: {
    label: "Starting",
    tone: "busy",
    icon: LoaderCircle,
    moving: true,
    need: 6,
    meaning: "Its process runs and has not said hello yet.",
  },
  ready: {
    label: "Ready",
    tone: "calm",
    icon: CircleCheck,
    moving: false,
    need: 7,
    meaning: "It runs and takes calls.",
  },
  stopped: {
    label: "Stopped",
    tone: "off",
    icon: CirclePause,
    moving: false,
    need: 8,
    meaning: "It does not run, as was asked for.",
  },
  disabled: {
    label: "Disabled",
    tone: "off",
    icon: Ban,
    moving: false,
    need: 9,
    meaning: "Nothing starts it until it is enabled.",
  },
} as const satisfies Record<PluginState, Status>;

const UNKNOWN: Status = {
  label: "Unknown",
  tone: "off",
  icon: CircleDashed,
  moving: false,
  need: 2,
  meaning: "The host names a state that this console does not know: reload the page.",
};

/** Return what there is to say about a state, also about one of a newer host. */
export function statusOf(state: PluginState): Status {
  return (STATUS as Record<string, Status>)[state] ?? UNKNOWN;
}

/** A plugin that is off but rests only until its next call asks for nobody's attention. */
export function isAtRest(plugin: Pick<PluginSummary, "state" | "start" | "wanted">): boolean {
  return plugin.start === "on-demand" && plugin.wanted === "running" && plugin.state === "stopped";
}

/** Say whether somebody should look at a plugin. */
export function needsAttention(plugin: Pick<PluginSummary, "state">): boolean {
  const { tone } = statusOf(plugin.state);
  return tone === "bad" || tone === "warn" || plugin.state === "waiting";
}

/** Order plugins by need, then by id; the order does not depend on what changes from second to second. */
export function compareByNeed(
  a: Pick<PluginSummary, "id" | "state">,
  b: Pick<PluginSummary, "id" | "state">,
): number {
  return statusOf(a.state).need - statusOf(b.state).need || a.id.localeCompare(b.id);
}

/** Write the reason of a state as a sentence; the page says already whose it is, and in which folder. */
export function whyOf({ id, reason }: Pick<PluginSummary, "id" | "reason">): string {
  return withCapital(withoutSubject(reason.text, id));
}

/** Begin a sentence of the host as sentences begin. */
export function withCapital(text: string): string {
  // A file keeps its name as it is written.
  return /^[\w-]*[./]/.test(text) ? text : text.charAt(0).toUpperCase() + text.slice(1);
}

/** A plugin that the host could not read: there is nothing to start before its folder was read again. */
export function isRefused(plugin: Pick<PluginSummary, "state" | "transport">): boolean {
  return plugin.state === "failed" && plugin.transport === "";
}

/** The commands that make sense in a state, the most likely one first. */
export const COMMANDS = {
  failed: ["restart", "reset", "reload", "disable"],
  "backing-off": ["restart", "stop", "reset", "reload", "disable"],
  degraded: ["restart", "stop", "reload", "disable"],
  waiting: ["start", "stop", "disable"],
  draining: ["stop", "disable"],
  stopping: ["disable"],
  starting: ["stop", "disable"],
  ready: ["reload", "restart", "stop", "disable"],
  stopped: ["start", "reload", "disable"],
  disabled: ["enable"],
} as const satisfies Record<PluginState, readonly Command[]>;

/** Return the commands for a plugin, also for one in a state of a newer host. */
export function commandsFor(plugin: Pick<PluginSummary, "state" | "transport">): readonly Command[] {
  if (isRefused(plugin)) return ["reload"];
  const { state } = plugin;
  return (COMMANDS as Record<string, readonly Command[]>)[state] ?? ["restart", "stop"];
}
