"""Who requires whom, drawn: as text for people, and in Graphviz's language."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hostcore.cli._output import STATES, state_text, text
from hostcore.cli._requirements import about, is_resting, notes, provider, requirement

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rich.text import Text

# Styles of the terminal → colours that can be read on white paper.
_COLORS = {
    "green": "#2e7d32",
    "yellow": "#b26a00",
    "cyan": "#00748f",
    "bold red": "#c62828",
    "dim": "#757575",
}


def draw(topology: Mapping[str, Any]) -> Iterator[Text]:
    """Draw the plugins wave by wave, below each what it requires and from whom; at the end, what cannot be met."""
    drawing = _Drawing(topology)
    for number, wave in enumerate(topology["waves"], 1):
        yield from drawing.group(f"wave {number}", wave)
    outside = [plugin["id"] for plugin in topology["plugins"] if plugin["wave"] is None]
    yield from drawing.group("cannot start", outside)
    for plugin in outside:
        yield about(plugin, drawing.why_not(plugin))


class _Drawing:
    """Knows the widths that all lines share."""

    def __init__(self, topology: Mapping[str, Any]) -> None:
        self._plugins = {plugin["id"]: plugin for plugin in topology["plugins"]}
        self._problems = topology["problems"]
        self._needs: dict[str, list[Mapping[str, Any]]] = {}
        for need in topology["dependencies"]:
            self._needs.setdefault(need["dependent"], []).append(need)
        self._id_width = max(map(len, self._plugins), default=0)
        self._version_width = max((len(plugin["version"]) for plugin in self._plugins.values()), default=0)
        self._need_width = max((len(requirement(need)) for need in topology["dependencies"]), default=0)

    def group(self, title: str, plugins: Sequence[str]) -> Iterator[Text]:
        """Draw plugins under a title, and an empty line after them."""
        if not plugins:
            return
        yield text((title, "dim"))
        for plugin in plugins:
            if plugin in self._plugins:  # an extension's order may name others
                yield from self._plugin(self._plugins[plugin])
        yield text()

    def _plugin(self, plugin: Mapping[str, Any]) -> Iterator[Text]:
        line = text("  ", (plugin["id"].ljust(self._id_width), "bold"))
        line.append_text(text(f"  {plugin['version'] or '-':<{self._version_width}}  "))
        line.append_text(state_text(plugin["state"]))
        if plugin["waiting_for"]:
            line.append_text(text(f" for {', '.join(plugin['waiting_for'])}"))
        yield line
        needs = self._needs.get(plugin["id"], [])
        for number, need in enumerate(needs, 1):
            yield self._need(need, "└─" if number == len(needs) else "├─")

    def _need(self, need: Mapping[str, Any], branch: str) -> Text:
        line = text((f"  {branch} ", "dim"), f"{requirement(need):<{self._need_width}}  ", ("from ", "dim"))
        missing = "dim" if need["optional"] else "bold red"
        line.append_text(text((provider(need), "" if need["provider"] else missing)))
        found = self._plugins.get(need["provider"])
        if found is not None and not (found["state"] == "ready" or is_resting(found)):
            line.append_text(text(", ")).append_text(state_text(found["state"]))
        return line.append_text(text((notes(need), "dim")))

    def why_not(self, plugin: str) -> str:
        """Say why a plugin is in no wave."""
        problem = self._problems.get(plugin)
        return str((problem or self._plugins[plugin]["reason"])["text"])


def dot(topology: Mapping[str, Any]) -> str:
    """Write the graph for Graphviz: an arrow leads from who requires to who provides, those of a wave stand together."""
    lines = [
        "digraph plugins {",
        "  rankdir=RL;",
        '  node [shape=box, style=rounded, fontname="sans-serif"];',
        '  edge [fontname="sans-serif", fontsize=10];',
    ]
    for plugin in topology["plugins"]:
        symbol, style = STATES.get(plugin["state"], ("?", ""))
        label = f"{plugin['id']} {plugin['version']}".strip() + f"\n{symbol} {plugin['state']}"
        lines.append(
            f"  {_quote(plugin['id'])} [label={_quote(label)}, color={_quote(_COLORS.get(style, 'black'))}];"
        )
    lines += [
        "  { rank=same; " + " ".join(f"{_quote(plugin)};" for plugin in wave) + " }"
        for wave in topology["waves"]
        if wave
    ]
    for need in topology["dependencies"]:
        target = need["provider"]
        if not target:
            target = f"nobody: {requirement(need)}"
            color = _COLORS["dim" if need["optional"] else "bold red"]
            lines.append(f'  {_quote(target)} [label="nobody", shape=plaintext, fontcolor={_quote(color)}];')
        style = ", style=dashed" if need["optional"] else ""
        lines.append(
            f"  {_quote(need['dependent'])} -> {_quote(target)} [label={_quote(requirement(need))}{style}];"
        )
    return "\n".join([*lines, "}"])


def _quote(words: str) -> str:
    # JSON's escapes of quotes, backslashes and line breaks are Graphviz's.
    return json.dumps(words, ensure_ascii=False)
