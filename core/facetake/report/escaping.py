"""How foreign text enters each file of a report, so that it stays text there: one function a place.

Ids, paths, messages and notes come from lists, disks and people, and may hold anything. Knows three places: a script
element of the page, the page's own text, a cell of a spreadsheet. Knows nothing of reports.
"""

from __future__ import annotations

import html
import re
from typing import Final

from facetake.files import json_text

_MARKUP: Final = str.maketrans({mark: f"\\u{ord(mark):04x}" for mark in "<>&\u2028\u2029"})
# Where a cell may begin: programs of other countries take semicolons or tabs for the comma, and every quote for text
_BEGINS_FORMULA: Final = re.compile("(^|[;\t\r\n])(?=[\\s\"']*[=+\\-@\uff1d\uff0b\uff0d\uff20]|[\t\r])")
_NUMBER: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)


def inert(value: object) -> str:
    """JSON that stays data inside an HTML script element: ASCII, and without a mark that HTML could read as its own."""
    return json_text.dump(value, separators=(",", ":")).translate(_MARKUP)


def shown(text: str) -> str:
    """Text as HTML shows it, between tags or in a quoted attribute."""
    return html.escape(text, quote=True)


def cell(text: str) -> str:
    """Text as a cell of a CSV that no spreadsheet runs as a formula; a plain number stays one.

    What could begin a formula gets the apostrophe by which spreadsheets know text.
    """
    return text if _NUMBER.fullmatch(text) else _BEGINS_FORMULA.sub(r"\1'", text)
