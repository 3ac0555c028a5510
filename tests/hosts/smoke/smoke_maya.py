"""For a person with Maya: `mayapy tests/hosts/smoke/smoke_maya.py LINE.wav` (module and engine installed).

Builds a face board of plain transforms in an empty scene, generates a line on it, and checks what no fake can: that
curves play between keys as the engine meant them, that undo and redo hold, and how long it took. Ends with "smoke test
passed" and exit code 0, or says what differs. Then open Maya with a MetaHuman, press Generate in the panel, and look:
the lips move with the sound, the layer has the recording's name, and one undo takes everything back.
"""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path
from typing import Any

NEAR = 1e-3  # between keys; at keys a thousand times closer


def check(holds: bool, what: str) -> None:
    """Ends where something does not hold."""
    print(("ok      " if holds else "FAILED  ") + what)
    if not holds:
        raise SystemExit(1)


def main(line: Path) -> None:
    """Everything."""
    from facetake_maya.host import MayaHost
    from maya import cmds

    from facetake_host import jobs
    from facetake_host.engine import Engine

    cmds.file(newFile=True, force=True)
    cmds.undoInfo(state=True, infinity=True)  # off in mayapy
    names = ("CTRL_L_brow_down", "CTRL_C_tongue_move", "CTRL_C_jaw", "CTRL_L_eye_blink", "CTRL_R_eye_blink")
    for name in names:
        cmds.createNode("transform", name=name)
    host, engine, cancel = MayaHost(), Engine(), threading.Event()
    character = jobs.named(host, None)
    check(character.rig == "mh4", "the board is found and is of the newer generation")
    begun = time.monotonic()
    made = jobs.run(host, jobs.generate(host, engine, character, [line], {}, cancel=cancel), cancel)[0]
    print(f"        {time.monotonic() - begun:.2f} s in all")
    rate, worst = float(host.rate()), [0.0, 0.0]
    for channel, curve in made.delivery.keys.items():
        for frame in curve.frames:
            played = cmds.getAttr(channel, time=made.start_frame + frame)
            worst[0] = max(worst[0], abs(played - curve.at(frame)))
        for step in range(4 * made.delivery.n_frames):
            at: Any = made.start_frame + step / 4  # the stubs know whole frames only
            played = cmds.getAttr(channel, time=at)
            worst[1] = max(worst[1], abs(played - curve.at(step / 4)))
    check(worst[0] < NEAR / 1000, f"at keys the scene plays the take's values (worst {worst[0]:.1e})")
    check(worst[1] < NEAR, f"between keys it plays the engine's curve (worst {worst[1]:.1e}, {rate:g} fps)")
    check(made.layer in cmds.ls(type="animLayer"), f"the layer {made.layer} is there")
    hand = str(cmds.animLayer("hand_made", override=False))
    cmds.animLayer(hand, edit=True, attribute=["CTRL_C_jaw.translateY"])
    cmds.setKeyframe("CTRL_C_jaw.translateY", time=made.start_frame, value=0.25, animLayer=hand)
    again = jobs.run(host, jobs.generate(host, engine, character, [line], {}, cancel=cancel), cancel)[0]
    meant = again.delivery.keys["CTRL_C_jaw.translateY"].at(0) + 0.25
    played = cmds.getAttr("CTRL_C_jaw.translateY", time=made.start_frame)
    check(abs(played - meant) < NEAR, f"a layer keyed by hand still adds to the next take ({played:.3f}, {meant:.3f})")
    for _ in range(4):  # the next take, the key, the layer's attribute, the layer
        cmds.undo()
    cmds.undo()
    check(made.layer not in (cmds.ls(type="animLayer") or []), "one undo takes it back")
    cmds.redo()
    check(made.layer in cmds.ls(type="animLayer"), "redo brings it again")
    engine.close()
    print("smoke test passed")


if __name__ == "__main__":
    import maya.standalone

    maya.standalone.initialize(name="python")
    main(Path(sys.argv[1]))
    maya.standalone.uninitialize()
