"""Five minutes in Unreal: `from facetake_unreal import smoke; smoke.main("LINE.wav")` in the editor's Python console.

The shot is open in Sequencer, with a MetaHuman's face board on it. What is done, and what must be seen, is in
`facetake_host.smoke`; the facts come to lie beside the shot's file.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import unreal

from facetake_host import jobs, smoke
from facetake_host.host import Character
from facetake_unreal.host import UnrealHost

SEEN = ("Tools > Facetake opens a tab that docks, with the buttons of Facetake, Generate and Restyle.",)


def main(line: str, target: str = "") -> smoke.Facts:
    """Everything; with the label of an actor to look at, that too."""
    host = UnrealHost()
    run: Any = unreal.SystemLibrary.execute_console_command  # it takes None for the world
    about = {"program": "Unreal", "version": unreal.SystemLibrary.get_engine_version()}
    folder = Path(unreal.SystemLibrary.get_system_path(host.sequence())).parent
    undo, redo = (partial(run, None, f"TRANSACTION {way}") for way in ("UNDO", "REDO"))
    probe = smoke.Probe(
        host, about, folder, partial(_played, host), _is_there, undo, redo, partial(_own, host), target, SEEN
    )
    return smoke.run(probe, Path(line))


def _is_there(face: Character, section: str) -> bool:
    return section in [one.get_name() for one in face.handle.get_sections()]


def _played(host: UnrealHost, face: Character, made: jobs.JobResult, channel: str, frames: list[float]) -> list[float]:
    finer = unreal.FrameRate(smoke.QUARTERS * host.rate().numerator, host.rate().denominator)
    span = host.sequence().make_range(made.start_frame, made.delivery.n_frames)
    return list(host.by_name(face.handle.get_sections()[-1])[channel].evaluate_keys(span, finer))[: len(frames)]


def _own(host: UnrealHost, face: Character, made: jobs.JobResult) -> Iterator[tuple[bool, str]]:
    """The section overrides, says nothing of what it does not key, and is not where the person's next key goes."""
    section = face.handle.get_sections()[-1]
    yield section.get_blend_type().blend_type == unreal.MovieSceneBlendType.OVERRIDE, "the section overrides"
    others = sorted(host.by_name(section).keys() - made.delivery.keys.keys())
    yield not others, f"it shows the controls that it keys, and no others ({', '.join(others[:3]) or 'none'})"
    yield face.handle.get_section_to_key() != section, "the next key by hand goes where it went before"
