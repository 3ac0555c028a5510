"""A line's words and phones for a host's strip, with its edits, and one change of them at a time.

The file of edits beside the sound is the truth: a change is laid on what it holds now and written back, so that the
window, a host and the command line never lose one another's. A host that shows something older is told so instead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from facetake import edits
from facetake.edits import EditedScript, LineEdits, changes
from facetake.errors import ConfigError
from facetake.files import quantities
from facetake.files.quantities import shown

PUT: Final = "put"  # a whole state in place of what is there, as undo does
STALE: Final = "the line's edits were changed elsewhere meanwhile and are shown anew; do it once more"
LONGEST_S: Final = 1e6  # of a line, as everywhere: eleven days


def known_edits(sound: Path) -> LineEdits:
    """What lies beside a recording; nothing where there is no file. Raises ConfigError as `edits.read`."""
    path = edits.beside(sound)
    return edits.read(path) if path else LineEdits()


def text_of(known: LineEdits) -> str:
    """Edits as a host keeps them: the text of their file, "" for none."""
    return "" if known.is_empty else edits.text_of(known)


def changed(
    sound: Path,
    change: Mapping[str, Any],
    of: str,
    said: str,
    script: Callable[[LineEdits], EditedScript],
) -> tuple[EditedScript, str]:
    """A line's phones and words after a change, which is written beside its sound.

    Args:
        sound: of the line.
        change: `do` and what it takes: "move" place, edge ("start" or "end") and to_s; "change" place and symbol;
            "strengthen" place and strength; "delete" place; "insert" at_s and symbol; "emphasise" place and amount;
            "put" edits, the text of a whole state. Empty changes nothing.
        of: the text of the edits that the host shows, "" for none.
        said: what is said in the line, kept with its edits; "" where that is not known.
        script: the line with edits.

    Returns:
        The line, and a sentence where nothing was changed as the host shows something older; else "".

    Raises:
        ConfigError: the change is none, or cannot be.
        TakeError: the file cannot be written.
    """
    known = known_edits(sound)
    found = script(known)
    if not change:
        return found, ""
    if text_of(known) != of:
        return found, STALE
    made = _made(found, change)
    if said and not made.is_empty:
        made = replace(made, text=said)
    _write(sound, made)
    return script(made), ""


def facts(found: EditedScript) -> dict[str, Any]:
    """A line for a host: phones and words in order, and the text of the edits."""
    phones = [
        {
            "symbol": one.symbol,
            "start_s": round(one.start_s, 4),
            "end_s": round(one.end_s, 4),
            "confidence": round(one.confidence, 3),
            "strength": one.strength,
            "is_edited": source < 0 or one != found.own.phones[source],
        }
        for one, source in zip(found.alignment.phones, found.sources, strict=True)
    ]
    words = [
        {"text": one.text, "start_s": round(one.start_s, 4), "end_s": round(one.end_s, 4), "emphasis": one.emphasis}
        for one in found.alignment.words
    ]
    return {"phones": phones, "words": words, "edits": text_of(found.edits)}


def _made(script: EditedScript, change: Mapping[str, Any]) -> LineEdits:
    do = change.get("do")
    if do == PUT:
        text = change.get("edits")
        if not isinstance(text, str):
            raise ConfigError(f"the edits to put back are {shown(text)}, no text")
        return edits.parse(text, "the edits to put back") if text else LineEdits()
    deeds: dict[object, Callable[[], LineEdits]] = {
        "move": lambda: changes.move(script, _phone(script, change), _edge(change), _seconds(change, "to_s")),
        "change": lambda: changes.change(script, _phone(script, change), _text(change, "symbol")),
        "strengthen": lambda: changes.strengthen(script, _phone(script, change), _number(change, "strength", 2.0)),
        "delete": lambda: changes.delete(script, _phone(script, change)),
        "insert": lambda: changes.insert(script, _seconds(change, "at_s"), _text(change, "symbol")),
        "emphasise": lambda: changes.emphasise(script, _word(script, change), _number(change, "amount", 1.0)),
    }
    if do not in deeds:
        raise ConfigError(f"phones knows no change {shown(do)}; use one of {', '.join(map(str, deeds))}, {PUT}")
    return deeds[do]()


def _phone(script: EditedScript, change: Mapping[str, Any]) -> int:
    return _place(change, len(script.alignment.phones), "phone")


def _word(script: EditedScript, change: Mapping[str, Any]) -> int:
    return _place(change, len(script.alignment.words), "word")


def _place(change: Mapping[str, Any], count: int, what: str) -> int:
    if not count:
        raise ConfigError(f"the line has no {what} to change")
    return quantities.whole(change.get("place"), f"the place of the {what}", low=0, high=count - 1)


def _edge(change: Mapping[str, Any]) -> changes.Edge:
    if change.get("edge") not in ("start", "end"):
        raise ConfigError(f"edge is {shown(change.get('edge'))}; use start or end")
    return "start" if change["edge"] == "start" else "end"


def _seconds(change: Mapping[str, Any], name: str) -> float:
    return quantities.number(change.get(name), name, 0.0, LONGEST_S)


def _number(change: Mapping[str, Any], name: str, high: float) -> float:
    return quantities.number(change.get(name), name, 0.0, high)


def _text(change: Mapping[str, Any], name: str) -> str:
    value = change.get(name)
    if not isinstance(value, str):
        raise ConfigError(f"{name} is {shown(value)}, no text")
    return value


def _write(sound: Path, made: LineEdits) -> None:
    path = edits.path_beside(sound)
    if not made.is_empty:
        edits.write(made, path)
    elif path.is_file():
        edits.remove(path)
