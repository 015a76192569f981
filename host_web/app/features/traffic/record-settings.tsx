import { Lock } from "lucide-react";
import { useEffect, useState } from "react";
import { Checkbox } from "~/components/ui/input";
import { explain } from "~/components/views";
import { changeTrafficSettings, getTrafficSettings, type TrafficSettings } from "~/lib/api/traffic";
import { notify } from "~/lib/notices";
import { useRefusal } from "~/lib/session";

const PARTS = [
  { name: "calls", label: "calls", title: "Each call with its outcome, times and sizes" },
  { name: "messages", label: "messages", title: "Each message both ways, with ids and sizes" },
  { name: "bodies", label: "bodies", title: "What calls and messages carry, without their secrets" },
] as const satisfies readonly { name: keyof TrafficSettings; label: string; title: string }[];

/** Lets an operator say what is recorded of a plugin from now on, until it is unloaded. */
export function RecordSettings({ plugin }: { plugin: string }) {
  const [settings, setSettings] = useState<TrafficSettings | null>(null);
  const refusal = useRefusal("operator");
  useEffect(() => {
    const controller = new AbortController();
    getTrafficSettings(plugin, { signal: controller.signal }).then(setSettings, () => setSettings(null));
    return () => controller.abort();
  }, [plugin]);
  if (settings === null) return null;
  const change = async (name: keyof TrafficSettings, value: boolean) => {
    const wanted = { ...settings, [name]: value };
    setSettings(wanted);
    try {
      setSettings(await changeTrafficSettings(plugin, wanted));
    } catch (error) {
      setSettings(settings);
      const { title, detail } = explain(error);
      notify("bad", `What is recorded of ${plugin}: ${title}`, detail);
    }
  };
  return (
    <fieldset className="flex items-center gap-3" disabled={refusal !== null} title={refusal ?? undefined}>
      <legend className="sr-only">
        What is recorded from now on, until it is unloaded{refusal !== null && `. ${refusal}`}
      </legend>
      {refusal !== null && <Lock aria-hidden className="size-3.5 text-faint" />}
      <span aria-hidden className="text-muted" title="From now on, until it is unloaded">
        Record
      </span>
      {PARTS.map(({ name, label, title }) => (
        <label key={name} title={title} className="flex items-center gap-1.5 text-muted">
          <Checkbox checked={settings[name]} onChange={(event) => void change(name, event.target.checked)} />
          {label}
        </label>
      ))}
    </fieldset>
  );
}
