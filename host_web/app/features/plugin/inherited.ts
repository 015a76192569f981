import type { PluginConfig, Schema } from "~/lib/api/types";

type Values = Record<string, unknown>;

const isObject = (value: unknown): value is Values =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Lay one table over another, as the host does. */
function laidOver(below: Values, above: Values): Values {
  const made = { ...below };
  for (const [key, value] of Object.entries(above)) {
    const old = made[key];
    made[key] = isObject(old) && isObject(value) ? laidOver(old, value) : value;
  }
  return made;
}

/** Return what holds where an operator sets nothing: the manifest, and over it the host's configuration. */
export function inheritedOf({ manifest, host }: Pick<PluginConfig, "manifest" | "host">): Values {
  return laidOver(manifest, host);
}

/** Return the schema with what is inherited as its defaults, which a form shows where nothing is written. */
export function withInherited(schema: Schema, inherited: unknown): Schema {
  if (!isObject(inherited)) {
    return inherited === undefined || Array.isArray(inherited) ? schema : { ...schema, default: inherited };
  }
  const properties = schema["properties"];
  if (!isObject(properties)) return schema;
  return {
    ...schema,
    properties: Object.fromEntries(
      Object.entries(properties).map(([name, one]) => [
        name,
        isObject(one) ? withInherited(one, inherited[name]) : one,
      ]),
    ),
  };
}
