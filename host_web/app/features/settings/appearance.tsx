import { Monitor, Moon, Sun } from "lucide-react";
import { Choice } from "~/components/ui/choice";
import { Panel, PanelHeader } from "~/components/ui/panel";
import { setTheme, type Theme, useTheme } from "~/lib/theme";

const THEMES = [
  { value: "system", label: "As the system", icon: Monitor },
  { value: "light", label: "Light", icon: Sun },
  { value: "dark", label: "Dark", icon: Moon },
] as const satisfies readonly { value: Theme; label: string; icon: unknown }[];

/** Lets a person choose how the console looks, in this browser. */
export function Appearance() {
  const theme = useTheme();
  return (
    <Panel aria-label="Appearance">
      <PanelHeader title="Appearance" />
      <div className="px-3 py-2.5">
        <Choice
          legend="Theme"
          inline
          value={theme}
          onChange={setTheme}
          options={THEMES.map(({ value, label, icon: Icon }) => ({
            value,
            label: (
              <>
                <Icon aria-hidden className="size-3.5 text-muted" />
                {label}
              </>
            ),
          }))}
        />
        <p className="mt-2 text-muted">
          Kept in this browser. Less motion is shown when the system asks for it.
        </p>
      </div>
    </Panel>
  );
}
