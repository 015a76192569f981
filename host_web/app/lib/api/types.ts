import type { Schemas } from "./schemas";

// What the REST API answers, by the names that the console uses for it: all of it is generated from what the host says
// about itself, but for what JSON Schema cannot tell.

export type PluginState = Schemas["PluginState"];

/** All states, as values: one that the host has and this table lacks does not compile. */
const STATES: Record<PluginState, true> = {
  disabled: true,
  waiting: true,
  starting: true,
  ready: true,
  degraded: true,
  draining: true,
  stopping: true,
  "backing-off": true,
  stopped: true,
  failed: true,
};

export const PLUGIN_STATES = Object.keys(STATES) as readonly PluginState[];

export type Reason = Schemas["Reason"];
export type PluginSummary = Schemas["PluginSummary"];
export type PluginInfo = Schemas["PluginSnapshot"];
export type Instance = Schemas["InstanceSnapshot"];
export type ExitReport = Schemas["ExitReport"];
export type Health = Schemas["Health"];
export type LogLine = Schemas["LogLine"];
export type Topology = Schemas["Topology"];
export type TopologyPlugin = Schemas["TopologyPlugin"];
export type Dependency = Schemas["Dependency"];
export type Extension = Schemas["ExtensionSnapshot"];
export type Hook = Schemas["HookSnapshot"];
export type Extensions = Schemas["ExtensionList"];
export type EventList = Schemas["EventList"];
export type ProblemBody = Schemas["ProblemBody"];
export type CallFigures = Schemas["CallFigures"];
export type PluginMetrics = Schemas["PluginCalls"];
export type ManifestText = Schemas["ManifestView"];
export type PluginConfig = Schemas["PluginConfig"];
export type ConfigVerdict = Schemas["ConfigCheck"];

/** A JSON Schema. */
export type Schema = Record<string, unknown>;

/** A method as it can be called; nothing describes the params and the result of one that is called by its name only. */
export type Method = Omit<Schemas["MethodSnapshot"], "params" | "result"> & {
  params: Schema | null;
  result: Schema | null;
};

/** An event of this host or of a newer one; which further members there are depends on `kind` (docs/reference/events.md). */
export interface HostEvent {
  id: string;
  sequence: number;
  at: number;
  kind: Schemas["RecordedEvent"]["kind"] | (string & {});
  plugin?: string;
  old?: PluginState;
  new?: PluginState;
  reason?: Reason;
  [further: string]: unknown;
}
