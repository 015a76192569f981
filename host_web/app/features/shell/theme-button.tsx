import { Monitor, Moon, Sun } from "lucide-react";
import { Button } from "~/components/ui/button";
import { setTheme, THEMES, type Theme, useTheme } from "~/lib/theme";

const LOOKS = {
  system: { icon: Monitor, label: "as the system has it" },
  light: { icon: Sun, label: "light" },
  dark: { icon: Moon, label: "dark" },
} as const satisfies Record<Theme, unknown>;

export function nextTheme(theme: Theme): Theme {
  return THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? "system";
}

/** Goes through the themes. */
export function ThemeButton() {
  const theme = useTheme();
  const Icon = LOOKS[theme].icon;
  return (
    <Button
      variant="ghost"
      size="icon"
      title={`Theme: ${LOOKS[theme].label}`}
      aria-label={`Theme: ${LOOKS[theme].label}. Change it`}
      onClick={() => setTheme(nextTheme(theme))}
    >
      <Icon aria-hidden />
    </Button>
  );
}
