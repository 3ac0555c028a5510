"""The install pages as HTML that needs nothing else, for people without a reader of Markdown.

    python docs/pages.py

writes them where the zips of the plugins and the folder with its own Python take them from; pictures are inside. Needs
the `dev` extra. A test holds both forms equal.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parents[1]
PAGES = {
    "docs/install.md": "core/facetake/standalone/INSTALL.html",
    "maya_plugin/INSTALL.md": "maya_plugin/INSTALL.html",
    "unreal_bridge/INSTALL.md": "unreal_bridge/INSTALL.html",
    "blender_addon/INSTALL.md": "blender_addon/INSTALL.html",
}
"""Each page, and what is made of it."""
FRAME = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ max-width: 46rem; margin: 2rem auto; padding: 0 1rem; color: #222; background: #fff; }}
body {{ font: 1rem/1.5 system-ui, sans-serif; }}
pre, code {{ font: .9em ui-monospace, Consolas, monospace; background: #f2f2f2; border-radius: 4px; }}
pre {{ padding: .6rem .8rem; overflow-x: auto; }} code {{ padding: .1em .25em; overflow-wrap: anywhere; }}
pre code {{ padding: 0; overflow-wrap: normal; }}
img {{ max-width: 100%; border: 1px solid #ccc; border-radius: 4px; }}
table {{ border-collapse: collapse; }}
td, th {{ border: 1px solid #ccc; padding: .3rem .6rem; text-align: left; vertical-align: top; }}
</style>
</head>
<body>
{body}</body>
</html>
"""


def html(page: str) -> str:
    """A page as HTML: pictures inside, links to other pages of the repository as plain words."""
    source = ROOT / page
    reader = MarkdownIt("commonmark").enable("table")
    tokens = reader.parse(source.read_text(encoding="utf-8"))
    for token in tokens:
        if token.children:
            token.children = list(_alone(token.children, source.parent))
    title = next(token.content for token in tokens if token.type == "inline")
    return FRAME.format(title=title, body=reader.renderer.render(tokens, reader.options, {}))


def _alone(tokens: list[Token], folder: Path) -> Iterator[Token]:
    """What a line of text is made of, without what needs other files."""
    is_dropped = False
    for token in tokens:
        if token.type == "image":
            path = folder / str(token.attrs["src"])
            kind = {"jpg": "jpeg"}.get(path.suffix[1:], path.suffix[1:])
            token.attrs["src"] = f"data:image/{kind};base64,{base64.b64encode(path.read_bytes()).decode('ascii')}"
        if token.type == "link_open":
            is_dropped = not re.match(r"\w+:", str(token.attrs["href"]))
        if not (is_dropped and token.type in ("link_open", "link_close")):
            yield token


if __name__ == "__main__":
    for page, made in PAGES.items():
        (ROOT / made).write_text(html(page), encoding="utf-8", newline="\n")
