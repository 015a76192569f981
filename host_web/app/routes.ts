import { index, layout, type RouteConfig, route } from "@react-router/dev/routes";

export default [
  route("sign-in", "routes/sign-in.tsx"),
  layout("routes/shell.tsx", [
    index("routes/overview.tsx"),
    route("load", "routes/load.tsx"),
    route("plugins/:id", "routes/plugin.tsx", [
      index("routes/plugin-summary.tsx"),
      route("calls", "routes/plugin-calls.tsx"),
      route("traffic", "routes/plugin-traffic.tsx"),
      route("logs", "routes/plugin-logs.tsx"),
      route("interfaces", "routes/plugin-interfaces.tsx"),
      route("manifest", "routes/plugin-manifest.tsx"),
      route("configuration", "routes/plugin-config.tsx"),
      route("events", "routes/plugin-events.tsx"),
    ]),
    route("topology", "routes/topology.tsx"),
    route("interfaces", "routes/interfaces.tsx"),
    route("interfaces/:name/:version", "routes/interface.tsx", [
      index("routes/interface-methods.tsx"),
      route("changes", "routes/interface-changes.tsx"),
      route("file", "routes/interface-file.tsx"),
    ]),
    route("traffic", "routes/traffic.tsx"),
    route("traffic/:id", "routes/traffic-call.tsx"),
    route("events", "routes/events.tsx"),
    route("extensions", "routes/extensions.tsx"),
    route("settings", "routes/settings.tsx", [
      index("routes/settings-general.tsx"),
      route("tokens", "routes/settings-tokens.tsx"),
      route("audit", "routes/settings-audit.tsx"),
    ]),
    route("*", "routes/not-found.tsx"),
  ]),
] satisfies RouteConfig;
