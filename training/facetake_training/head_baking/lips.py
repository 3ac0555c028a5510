"""Lips as thin at rest as people's, that press and roll in, and a jaw that opens no further than theirs.

Anny's are full, which a landmarker takes for a pout; they press by a smile, and roll in without growing narrower.
Knows how a mesh moves and where its lips meet; does not know colours.
"""

from __future__ import annotations

import numpy as np

from facetake.arrays import F64
from facetake_training.head_baking.mesh import CAVITY, SKIN, Mesh
from facetake_training.head_baking.paint import step
from facetake_training.head_baking.seal import Seal

HEIGHTS = (0.40, 0.49)  # of the upper and the lower lip, shares of half a mouth's width: measured on the first head
MEET_M = 0.0013
"""Below the seam of the upper lip, measured: where it is seen to meet the lower one, over which it hangs."""
KEPT_M = 0.0014  # above and below that line: what hides the seam stays, or a slit shows the teeth
CORNER = 0.15  # of the square of its height that a lip has at its corner: some three millimetres are left there
FADE = 0.47  # of half a mouth's width, by eye: in which skin beside a lip takes up what it gives way
DEPTH_M = 0.012  # behind the line where lips meet: what is further back is not lip
REST = 0.25
"""Of their height that lips lose at rest: with none a landmarker sees 0.28 of a pout in a mouth that is shut, with a
third they look pinched; people's is 0.05."""
PRESS = (0.65, 0.50)
ROLL_UPPER = (1.0, 0.10)
ROLL_LOWER = (0.10, 0.50)
"""Of the upper and the lower lip's height that goes as lips press, and as each rolls in: a p pressed as in takes is
then read about as people's are, not at all before."""
SHRUG = 0.45  # likewise, of the lower lip's height as the chin pushes it up
JAW = 0.82  # of anny's opening: people part their lips by as much with less of the jaw
JAW_LIFT, SMILE_LIFT = 0.35, 0.12
"""Of `mouthUpperUp...` that comes with an open jaw, and with a smile: anny's upper lip stays, people's rises with both,
and shows teeth that a jaw which opens less would hide."""


def fit(mesh: Mesh, seal: Seal) -> None:
    """Makes a head's lips thinner at rest, and its actions of lips and jaw those of people, in place."""
    raised = [mesh.deltas[f"mouthUpperUp{side}"] for side in ("Left", "Right")]
    for name, way in (("jawOpen", JAW_LIFT), ("mouthClose", -JAW_LIFT)):
        mesh.deltas[name] = JAW * mesh.deltas[name] + way * (raised[0] + raised[1])
    for which, lift in zip(("Left", "Right"), raised, strict=True):
        mesh.deltas[f"mouthSmile{which}"] = mesh.deltas[f"mouthSmile{which}"] + SMILE_LIFT * lift
    mesh.vertices = mesh.vertices + narrower(mesh, seal, REST, REST)
    mesh.deltas["mouthRollUpper"] = narrower(mesh, seal, *ROLL_UPPER)
    mesh.deltas["mouthRollLower"] = narrower(mesh, seal, *ROLL_LOWER)
    mesh.deltas["mouthShrugLower"] = mesh.deltas["mouthShrugLower"] + narrower(mesh, seal, 0.0, SHRUG)
    pressed = narrower(mesh, seal, *PRESS)
    half = np.abs(mesh.vertices[seal.upper, 0]).max()
    for name, side in (("mouthPressLeft", 1.0), ("mouthPressRight", -1.0)):
        mesh.deltas[name] = pressed * step(-0.3 * half, 0.3 * half, side * mesh.vertices[:, 0])[:, None]


def narrower(mesh: Mesh, seal: Seal, upper: float, lower: float) -> F64:
    """What makes lips narrower (V, 3) towards the line where they meet, by shares of their heights."""
    x, y, z = mesh.vertices.T
    line = mesh.vertices[seal.upper]
    half = np.abs(line[:, 0]).max()
    is_lip = np.isin(np.arange(len(x)), mesh.faces[np.isin(mesh.part, (SKIN, CAVITY))])
    near = is_lip * step(1.25 * half, 0.85 * half, np.abs(x))
    near *= z < np.interp(x, line[:, 0], line[:, 2]) + DEPTH_M
    below = y - np.interp(x, line[:, 0], line[:, 1]) - MEET_M
    bow = np.sqrt(np.clip(1.0 - (x / half) ** 2, CORNER, 1.0))
    delta = np.zeros_like(mesh.vertices)
    for share, height, way in ((upper, HEIGHTS[0], -1.0), (lower, HEIGHTS[1], 1.0)):
        away = np.maximum(way * below, 0.0)
        tall = height * half * bow
        felt = near * share * step(tall + FADE * half, tall, away)
        delta[:, 1] -= way * felt * np.maximum(np.minimum(away, tall) - KEPT_M, 0.0)
    return delta
