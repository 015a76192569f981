import type { ExitReport, HostEvent, PluginState, Reason } from "./api/types";
import { withoutSubject } from "./reason";
import { statusOf, type Tone } from "./status";
import { formatDuration } from "./time";

/** What is said about an event in one line. */
export interface EventText {
  title: string;
  detail: string;
  tone: Tone;
}

export const EVENT_KINDS = [
  "host-started",
  "host-stopping",
  "plugin-discovered",
  "plugin-refused",
  "plugin-state-changed",
  "instance-state-changed",
  "plugin-exited",
  "plugin-wanted-changed",
  "plugin-reloaded",
  "plugin-reload-failed",
  "instance-recycled",
  "config-reloaded",
  "plugin-unloaded",
  "extension-failed",
] as const;

export type EventKind = (typeof EVENT_KINDS)[number];

const reasonOf = (event: HostEvent): string => toldOf(event, event.reason);

/** Write a reason beside the plugin that it is about. */
const toldOf = ({ plugin }: HostEvent, reason: Reason | undefined): string => {
  const text = reason?.text ?? "";
  return plugin === undefined ? text : withoutSubject(text, plugin);
};

const text = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

function changeOf(event: HostEvent): EventText {
  const status = statusOf(event.new as PluginState);
  return { title: status.label, detail: reasonOf(event), tone: status.tone };
}

function pluginsOf(event: HostEvent): string {
  const count = (event["plugins"] as string[]).length;
  return count === 1 ? "1 plugin" : `${count} plugins`;
}

const TEXTS: Record<EventKind, (event: HostEvent) => EventText> = {
  "host-started": (event) => ({
    title: "Host started",
    detail: `version ${text(event["version"])}, ${pluginsOf(event)}`,
    tone: "calm",
  }),
  "host-stopping": (event) => ({ title: "Host is stopping", detail: reasonOf(event), tone: "busy" }),
  "plugin-discovered": (event) => ({
    title: "Discovered",
    detail: `version ${text(event["version"])} in ${text(event["folder"])}`,
    tone: "calm",
  }),
  "plugin-refused": (event) => ({ title: "Refused", detail: reasonOf(event), tone: "bad" }),
  "plugin-state-changed": changeOf,
  "instance-state-changed": (event) => {
    const { title, detail, tone } = changeOf(event);
    const pid = event["pid"] == null ? "" : `, PID ${event["pid"]}`;
    return {
      title,
      detail: `instance ${text(event["instance"])}${pid}: ${detail}`,
      tone: tone === "bad" ? "bad" : "calm",
    };
  },
  "plugin-exited": (event) => {
    const report = event["report"] as ExitReport;
    const calls = report.calls_in_flight;
    const cut = calls === 0 ? "" : calls === 1 ? "; 1 call was cut off" : `; ${calls} calls were cut off`;
    return {
      title: "Process ended",
      detail: `PID ${report.pid} after ${formatDuration(report.uptime)}: ${toldOf(event, report.reason)}${cut}`,
      tone: report.signal !== null || (report.exit_code ?? 0) !== 0 ? "warn" : "calm",
    };
  },
  "plugin-wanted-changed": (event) => ({
    title: "Asked for",
    detail: `to be ${text(event["wanted"])}`,
    tone: "calm",
  }),
  "plugin-reloaded": (event) => {
    const findings = (event["findings"] as string[] | undefined) ?? [];
    const versions =
      event["old_version"] === event["version"]
        ? `version ${text(event["version"])} anew`
        : `${text(event["old_version"])} → ${text(event["version"])}`;
    return {
      title: "Reloaded",
      detail: [`${versions}, by ${text(event["trigger"])}`, ...findings].join("; "),
      tone: "calm",
    };
  },
  "plugin-reload-failed": (event) => ({ title: "Reload failed", detail: reasonOf(event), tone: "bad" }),
  "instance-recycled": (event) => ({
    title: "Recycled",
    detail: `instance ${text(event["instance"])}: ${reasonOf(event)}`,
    tone: "calm",
  }),
  "config-reloaded": (event) => ({
    title: "Configuration read again",
    detail: text(event["change"]),
    tone: "calm",
  }),
  "plugin-unloaded": () => ({ title: "Unloaded", detail: "", tone: "off" }),
  "extension-failed": (event) => ({
    title: "Extension failed",
    detail: `${text(event["extension"])} in ${text(event["hook"])}: ${text(event["error"])}`,
    tone: "bad",
  }),
};

/** Say what an event is about, also one of a newer host. */
export function describeEvent(event: HostEvent): EventText {
  const write = (TEXTS as Record<string, (event: HostEvent) => EventText>)[event.kind];
  return write?.(event) ?? { title: event.kind, detail: reasonOf(event), tone: "calm" };
}
