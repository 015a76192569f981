import type { Schemas } from "./schemas";

/** What the REST API answers, as docs/reference/rest-api.md describes it. */

export const PLUGIN_STATES = [
  "disabled",
  "waiting",
  "starting",
  "ready",
  "degraded",
  "draining",
  "stopping",
  "backing-off",
  "stopped",
  "failed",
] as const;

export type PluginState = (typeof PLUGIN_STATES)[number];

export type Wanted = "running" | "stopped" | "disabled";

export interface Reason {
  code: string;
  text: string;
}

export interface Statistics {
  calls: number;
  errors: number;
  total_seconds: number;
}

export interface PluginSummary {
  id: string;
  version: string;
  description: string;
  state: PluginState;
  reason: Reason;
  pid: number | null;
  transport: string;
  encoding: string | null;
  provides: Record<string, string>;
  start: "eager" | "on-demand";
  wanted: Wanted;
  waiting_for: string[];
  restarts: number;
  statistics: Statistics;
}

export interface Instance {
  index: number;
  state: PluginState;
  reason: Reason;
  pid: number | null;
  incarnation: number;
  started_at: number | null;
  in_flight: number;
  queued: number;
  rss_bytes: number | null;
  cpu: number | null;
}

export type Schema = Record<string, unknown>;

export interface Method {
  name: string;
  description: string;
  params: Schema | null;
  result: Schema | null;
  stream_in: Schema | null;
  stream_out: Schema | null;
  idempotent: boolean;
  read_only: boolean;
  timeout_ms: number | null;
  deprecated: string | null;
}

export interface ExitReport {
  plugin: string;
  instance: number;
  incarnation: number;
  pid: number;
  at: number;
  uptime: number;
  exit_code: number | null;
  signal: string | null;
  reason: Reason;
  user_seconds: number;
  system_seconds: number;
  max_rss_bytes: number | null;
  stderr: string[];
  stray: string[];
  calls_in_flight: number;
}

export interface PluginInfo extends PluginSummary {
  folder: string;
  requires: Record<string, unknown>;
  instances: Instance[];
  last_call_at: number | null;
  methods: Method[];
  last_exit: ExitReport | null;
  verification: Schemas["Verification"] | null;
}

export interface Health {
  status: "ok" | "stopping";
  version: string;
  run: string;
  started_at: number;
  uptime: number;
  plugins: Partial<Record<PluginState, number>>;
  last_event: number;
}

export type LogLevel = "trace" | "debug" | "info" | "warning" | "error" | "critical";

export interface LogLine {
  sequence: number;
  at: number;
  plugin: string;
  instance: number;
  source: string;
  level: string;
  message: string;
  logger: string | null;
  fields: Record<string, unknown>;
}

export interface Topology {
  waves: string[][];
  plugins: TopologyPlugin[];
  dependencies: Dependency[];
  problems: Record<string, { code: string; text: string; chain: string[] }>;
}

export interface TopologyPlugin {
  id: string;
  version: string;
  state: PluginState;
  reason: Reason;
  start: "eager" | "on-demand";
  wanted: Wanted;
  wave: number | null;
  waiting_for: string[];
}

export interface Dependency {
  dependent: string;
  kind: "interface" | "plugin";
  name: string;
  range: string;
  optional: boolean;
  on_loss: "restart" | "degrade" | "ignore";
  provider: string | null;
  version: string | null;
  candidates: { plugin: string; version: string; accepted: boolean; text: string }[];
}

export interface Extension {
  name: string;
  origin: "built-in" | "installed" | "loaded";
  version: string;
  description: string;
  hooks: string[];
  enabled: boolean;
  failures: number;
  last_error: string | null;
}

export interface Hook {
  name: string;
  kind: "provide" | "decide" | "on";
  extensions: string[];
}

export interface Extensions {
  extensions: Extension[];
  hooks: Hook[];
}

/** One event; which further members there are depends on `kind` (docs/reference/events.md). */
export interface HostEvent {
  id: string;
  sequence: number;
  at: number;
  kind: string;
  plugin?: string;
  old?: PluginState;
  new?: PluginState;
  reason?: Reason;
  [further: string]: unknown;
}

export interface Gap {
  reason: "other-run" | "missed";
  run: string;
  asked_for?: string;
  first?: number;
  last?: number;
}

export interface EventList {
  run: string;
  last: number;
  gap: Gap | null;
  events: HostEvent[];
}

export interface ProblemBody {
  type: string;
  title: string;
  status: number;
  code: string;
  detail: string;
  location?: string;
  hint?: string;
  details?: Record<string, unknown>;
  errors?: { pointer: string; detail: string }[];
  error?: {
    status: number;
    status_name: string;
    name: string | null;
    message: string;
    data: unknown;
    retryable: boolean;
  };
}

export interface CallFigures {
  calls: number;
  errors: number;
  total_seconds: number;
  in_flight: number;
  failures: Record<string, number>;
  latencies: number[];
  p50: number | null;
  p90: number | null;
  p99: number | null;
}

export interface PluginMetrics {
  plugin: string;
  bounds: number[];
  total: CallFigures;
  methods: Record<string, CallFigures>;
}

export interface ManifestText {
  file: string;
  text: string | null;
  lines: Record<string, number>;
  effective: Record<string, unknown> | null;
}

export interface PluginConfig {
  plugin: string;
  schema: Schema | null;
  manifest: Record<string, unknown>;
  host: Record<string, unknown>;
  overrides: Record<string, unknown> | null;
  effective: Record<string, unknown>;
  mask: string;
}

export interface ConfigVerdict {
  valid: boolean;
  errors: { pointer: string; detail: string }[];
  effective: Record<string, unknown>;
}
