import { Suspense, useEffect, useMemo, useState } from "react";
import { useRevalidator } from "react-router";
import { JsonView } from "~/components/json-view";
import { Refusal } from "~/components/refusal";
import { Button } from "~/components/ui/button";
import { Textarea } from "~/components/ui/input";
import { Panel, PanelHeader } from "~/components/ui/panel";
import { explain, SkeletonRows } from "~/components/views";
import { checkConfig, putConfig } from "~/lib/api/host";
import type { ConfigVerdict, PluginConfig } from "~/lib/api/types";
import { notify } from "~/lib/notices";
import { lazyPart } from "~/lib/preload";
import { useMay } from "~/lib/session";
import { inheritedOf, withInherited } from "./inherited";

const SchemaForm = lazyPart(() => import("~/components/schema-form/schema-form"));

/** How long typing has to rest before the host is asked whether the values would do. */
const CHECK_MS = 400;

/** Lets an operator lay values over what the manifest and the host's configuration say, and shows all layers. */
export function ConfigurationView({ config }: { config: PluginConfig }) {
  return (
    <div className="grid items-start gap-3 p-4 xl:grid-cols-2">
      <Editor key={JSON.stringify(config.overrides)} config={config} />
      <div className="flex flex-col gap-3">
        <Layer title="In effect" value={config.effective} />
        <Layer title="From polyhost.toml" value={config.host} />
        <Layer title="From the manifest" value={config.manifest} />
      </div>
    </div>
  );
}

function Layer({ title, value }: { title: string; value: Record<string, unknown> }) {
  return (
    <Panel aria-label={title}>
      <PanelHeader title={title} />
      {Object.keys(value).length === 0 ? (
        <p className="px-3 py-2.5 text-faint">nothing</p>
      ) : (
        <JsonView value={value} label={title} className="max-h-72 p-3" />
      )}
    </Panel>
  );
}

function Editor({ config }: { config: PluginConfig }) {
  const { plugin, schema, overrides } = config;
  const [values, setValues] = useState<Record<string, unknown>>(overrides ?? {});
  const [text, setText] = useState(JSON.stringify(overrides ?? {}, null, 2));
  const [verdict, setVerdict] = useState<ConfigVerdict | null>(null);
  const [saving, setSaving] = useState(false);
  const { revalidate } = useRevalidator();
  const mayChange = useMay("operator");
  const formSchema = useMemo(
    () => withInherited(withoutRequired(schema ?? {}), inheritedOf(config)),
    [schema, config],
  );
  const fault = schema === null ? faultOf(text) : null;
  const wanted = schema === null && fault === null ? (JSON.parse(text) as Record<string, unknown>) : values;
  const asText = JSON.stringify(wanted);
  const changed = asText !== JSON.stringify(overrides ?? {});

  useEffect(() => {
    if (!changed || !mayChange) return setVerdict(null);
    const leaving = new AbortController();
    const timer = setTimeout(() => {
      checkConfig(plugin, JSON.parse(asText), { signal: leaving.signal }).then(setVerdict, () =>
        setVerdict(null),
      );
    }, CHECK_MS);
    return () => {
      clearTimeout(timer);
      leaving.abort();
    };
  }, [asText, changed, mayChange, plugin]);

  const save = async (next: unknown) => {
    setSaving(true);
    try {
      await putConfig(plugin, next);
      notify("good", `${plugin} runs with its new configuration`);
      void revalidate();
    } catch (error) {
      const { title, detail, hint } = explain(error);
      notify("bad", `Configuration of ${plugin}: ${title}`, [detail, hint].filter(Boolean).join(" — "));
    } finally {
      setSaving(false);
    }
  };
  const faults = verdict?.valid === false ? verdict.errors : [];

  return (
    <Panel aria-labelledby="overrides" className="overflow-visible">
      <PanelHeader id="overrides" title="Set by operators" />
      <fieldset disabled={!mayChange} className="flex min-w-0 flex-col gap-3 p-3">
        <legend className="sr-only">Values of your own</legend>
        <Refusal needed="operator" />
        <p className="text-muted">
          What is set here wins over polyhost.toml and the manifest, and is kept when the host starts again.
          Saving reloads the plugin without failing a call.
        </p>
        {schema === null ? (
          <>
            <Textarea
              aria-label="Values as JSON"
              value={text}
              spellCheck={false}
              rows={Math.min(20, Math.max(5, text.split("\n").length))}
              aria-invalid={fault === null ? undefined : true}
              onChange={(event) => setText(event.target.value)}
              className="w-full resize-y font-mono text-xs"
            />
            <p className="text-faint text-xs">
              The plugin has no schema for its configuration: any object will do.
            </p>
            {fault !== null && <p className="text-bad text-xs">{fault}</p>}
          </>
        ) : (
          <Suspense fallback={<SkeletonRows rows={3} label="The form is being fetched" />}>
            <SchemaForm
              id="config"
              schema={formSchema}
              value={values}
              onChange={(value) => setValues(value as Record<string, unknown>)}
              onSubmit={() => void save(wanted)}
            />
          </Suspense>
        )}
        {faults.length > 0 && (
          <ul className="list-disc pl-5 text-bad">
            {faults.map(({ pointer, detail }) => (
              <li key={`${pointer} ${detail}`}>
                <code className="font-mono text-xs">{pointer}</code> {detail}
              </li>
            ))}
          </ul>
        )}
        <div className="sticky bottom-0 -mx-3 -mb-3 flex gap-2 rounded-b-lg border-t bg-surface px-3 py-2">
          <Button
            variant="primary"
            disabled={!changed || fault !== null || faults.length > 0 || saving}
            onClick={() => void save(wanted)}
          >
            Save and reload
          </Button>
          {overrides !== null && Object.keys(overrides).length > 0 && (
            <Button variant="danger" disabled={saving} onClick={() => void save({})}>
              Take all away
            </Button>
          )}
        </div>
      </fieldset>
    </Panel>
  );
}

/** A layer need not have what another one has: only all of them together must be whole. */
function withoutRequired(schema: Record<string, unknown>): Record<string, unknown> {
  const { required: _, ...rest } = schema;
  return rest;
}

function faultOf(text: string): string | null {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? null : "The values are one JSON object.";
  } catch (error) {
    return `no JSON yet: ${(error as Error).message}`;
  }
}
