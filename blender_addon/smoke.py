"""Five minutes in Blender's Python console: `from bl_ext.user_default.facetake import smoke; smoke.main("LINE.wav")`.

What is done, and what must be seen, is in `facetake_host.smoke`; the facts come to lie beside the scene.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import bpy

from facetake_host import jobs, smoke
from facetake_host.host import Character

from . import faces, keying
from .panel import HOST


def main(line: str, name: str | None = None) -> smoke.Facts:
    """Everything, on the character of that name. No dialog of Blender's waits: what was seen is written in by hand."""
    about = {"program": "Blender", "version": bpy.app.version_string, "build": bpy.app.build_hash.decode()}
    home = Path(bpy.data.filepath).parent if bpy.data.filepath else Path.home()
    ed, chosen = bpy.ops.ed, bpy.context.scene.facetake
    HOST.eyes, target = (one.name if one else "" for one in (chosen.eyes, chosen.looks_at))
    ways = (lambda _, layer: layer in bpy.data.actions, ed.undo, ed.redo, _own)
    probe = smoke.Probe(HOST, about, home, _played, *ways, target)
    return smoke.run(probe, Path(line), name=name)


def _played(face: Character, _made: jobs.JobResult, channel: str, frames: list[float]) -> list[float]:
    return keying.sample(faces.objects(face), faces.places(face)[channel][:1], frames, HOST)[0]


def _own(face: Character, made: jobs.JobResult) -> Iterator[tuple[bool, str]]:
    """The take plays over its frames only."""
    ends = [made.start_frame - 1.0, made.start_frame + float(made.delivery.n_frames)]
    before, after = _played(face, made, next(iter(made.delivery.keys)), ends)
    yield before == after, f"before and after the take the face rests ({before:.3f} and {after:.3f})"
