"""The style sheet of the documentation page."""

from typing import Final

STYLE: Final = """
:root { color-scheme: light dark; --ground: #fbfbfa; --text: #1f2328; --soft: #57606a; --line: #d8dee4;
  --raised: #ffffff; --accent: #0a58ca; --code: #eef1f4; --get: #0b6e4f; --post: #0a58ca; --put: #8a5a00;
  --delete: #b42318; }
@media (prefers-color-scheme: dark) { :root { --ground: #14171a; --text: #e6e9ec; --soft: #9aa4ae; --line: #30363d;
  --raised: #1b1f24; --accent: #7ab7ff; --code: #262c33; --get: #5fd0a5; --post: #7ab7ff; --put: #e3b341;
  --delete: #ff8f85; } }
* { box-sizing: border-box; }
html { scroll-behavior: smooth; scroll-padding-top: 1rem; }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
body { margin: 0; display: grid; grid-template-columns: 16rem minmax(0, 1fr); background: var(--ground);
  color: var(--text); font: 15px/1.55 system-ui, sans-serif; }
nav { position: sticky; top: 0; height: 100vh; overflow-y: auto; padding: 1.25rem 1rem;
  border-right: 1px solid var(--line); font-size: 14px; }
nav .tag { display: block; margin-top: .8rem; font-weight: 600; color: var(--text); }
nav ul { margin: .2rem 0 0; padding: 0 0 0 .75rem; list-style: none; }
nav li { margin: .15rem 0; }
nav li a { color: var(--soft); }
main { max-width: 62rem; padding: 1.5rem 2rem 4rem; }
a { color: var(--accent); text-decoration: none; }
a:hover { text-decoration: underline; }
a:focus-visible, summary:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
h1 { margin: 0 0 .5rem; font-size: 1.7rem; }
h1 small { color: var(--soft); font-weight: 400; font-size: 1rem; }
h2 { margin: 2.5rem 0 .25rem; font-size: 1.3rem; }
h3 { margin: 0 0 .35rem; font-size: 1.02rem; overflow-wrap: anywhere; }
h4 { margin: 1rem 0 .3rem; font-size: .9rem; color: var(--soft); }
p { margin: .3rem 0; }
article { margin: 1rem 0; padding: 1rem 1.15rem; background: var(--raised); border: 1px solid var(--line);
  border-radius: 8px; }
article:target { border-color: var(--accent); }
code, pre { font: 13px/1.5 ui-monospace, "DejaVu Sans Mono", monospace; }
code { background: var(--code); padding: .08em .35em; border-radius: 4px; overflow-wrap: anywhere; }
h3 code { background: none; padding: 0; font-size: 15px; }
pre { margin: .5rem 0 0; padding: .6rem .8rem; background: var(--code); border-radius: 6px; overflow-x: auto; }
.method { display: inline-block; min-width: 3.6rem; font: 600 12px/1.5 ui-monospace, monospace; color: var(--soft); }
.method.get { color: var(--get); } .method.post { color: var(--post); }
.method.put, .method.patch { color: var(--put); } .method.delete { color: var(--delete); }
.anchor { color: var(--soft); font-weight: 400; }
.meta { color: var(--soft); font-size: 14px; }
.required { color: var(--delete); font-size: 12px; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th, td { text-align: left; vertical-align: top; padding: .35rem .9rem .35rem 0; border-top: 1px solid var(--line); }
thead th { border-top: 0; color: var(--soft); font-weight: 500; }
td:first-child, td:first-child code { white-space: nowrap; }
details { margin-top: .8rem; }
summary { cursor: pointer; color: var(--soft); font-size: 14px; }
small { color: var(--soft); }
@media (max-width: 52rem) { body { grid-template-columns: minmax(0, 1fr); }
  nav { position: static; height: auto; border-right: 0; border-bottom: 1px solid var(--line); }
  nav ul { display: none; } nav .tag { display: inline-block; margin: 0 .8rem .3rem 0; }
  main { padding: 1rem; } table { min-width: 34rem; } }
"""
