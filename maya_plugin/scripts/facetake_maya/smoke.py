"""Five minutes in Maya: `from facetake_maya import smoke; smoke.main("LINE.wav")`, in a saved shot with a MetaHuman.

What is done, and what must be seen, is in `facetake_host.smoke`; the facts come to lie beside the scene. Without a
MetaHuman in the scene a board of plain transforms is made, so that mayapy can run it, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from maya import cmds

from facetake_host import jobs, smoke
from facetake_host.host import Character
from facetake_maya.host import MayaHost

BOARD = ("CTRL_L_brow_down", "CTRL_C_tongue_move", "CTRL_C_jaw", "CTRL_L_eye_blink", "CTRL_R_eye_blink")
SEEN = ("Facetake > Generate from audio or restyle... docks the panel; Selected and Camera fill in what is looked at.",)
JAW = "CTRL_C_jaw.translateY"
read: Any = cmds.getAttr  # the stubs know whole frames only
ask: Any = cmds.keyTangent


def main(line: str, target: str = "", eyes: str = "") -> smoke.Facts:
    """Everything; with an object to look at, and the one that lies between the eyes, that too."""
    host = MayaHost(eyes=eyes)
    scene = str(cmds.file(query=True, sceneName=True))
    cmds.undoInfo(state=True, infinity=True)  # off in mayapy
    for name in () if host.characters() else BOARD:
        cmds.createNode("transform", name=name)
    about = {"program": "Maya", "version": str(cmds.about(version=True)), "build": str(cmds.about(cutIdentifier=True))}
    folder = Path(scene).parent if scene else Path.home()
    probe = smoke.Probe(host, about, folder, _played, _is_there, cmds.undo, cmds.redo, _own, target, SEEN)
    return smoke.run(probe, Path(line))


def _played(face: Character, _made: jobs.JobResult, channel: str, frames: list[float]) -> list[float]:
    return [read(f"{face.handle}{channel}", time=frame) for frame in frames]


def _is_there(_face: Character, layer: str) -> bool:
    return layer in (cmds.ls(type="animLayer") or [])


def _own(face: Character, made: jobs.JobResult) -> Iterator[tuple[bool, str]]:
    """Tangents are as they were given; what a person keys on a layer of their own still adds."""
    plug: Any = f"{face.handle}{JAW}"
    curve: Any = cmds.animLayer(made.layer, query=True, findCurveForPlug=plug)
    kinds = {*ask(*curve, query=True, inTangentType=True), *ask(*curve, query=True, outTangentType=True)}
    yield kinds == {"fixed"}, f"every tangent is fixed ({', '.join(sorted(kinds))})"
    yield not any(ask(*curve, query=True, weightedTangents=True)), "no tangent has a weight"
    hand = str(cmds.animLayer("facetake_smoke", override=False))
    cmds.animLayer(hand, edit=True, attribute=[plug])
    cmds.setKeyframe(plug, time=made.start_frame, value=0.25, animLayer=hand)
    meant = made.delivery.keys[JAW].at(0) + 0.25
    played = read(plug, time=made.start_frame)
    yield abs(played - meant) < smoke.BETWEEN, f"a key by hand on a layer above adds to it ({played:.3f}, {meant:.3f})"
    for _ in range(3):  # the key, the layer's attribute, the layer
        cmds.undo()
