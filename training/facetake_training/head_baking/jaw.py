"""Finds where the jaw's 17 points lie on the default model: `python -m facetake_training.head_baking.jaw OUT.npz`.

The outline of a turned head runs along other places than that of one seen from the front, so `bake_landmarks` leaves
the jaw out. Here only pictures from the front are looked at, as the 68-point mark-up is meant. Needs what
`bake_landmarks` needs.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from facetake.face.anny import Anny
from facetake.face.ibug import IBUG_68, JAW
from facetake.face.model import MATERIALS
from facetake_training.head_baking.landmarks import _apart, _detector, _look, _nothing, _views, closest


def bake(out: Path) -> None:
    """Writes `face` (17,) and `bary` (17, 3) to `out` (.npz). RenderError when mediapipe cannot be used."""
    model = Anny(landmarks=_nothing())
    detect = _detector()
    views = [view for view in _views() if view[0] == 0.0]
    seen = [points[IBUG_68[JAW]] for view in views if (points := _look(model, detect, *view)) is not None]
    middle = np.median(np.stack(seen), axis=0)
    even = 0.5 * (middle + middle[::-1] * (-1.0, 1.0, 1.0))
    skin = np.flatnonzero(model.topology.material == MATERIALS.index("skin"))
    face, bary = closest(even, _apart(model)[0].double().numpy()[model.topology.faces[skin]])
    np.savez_compressed(out, face=skin[face].astype(np.uint16), bary=bary.astype(np.float32))
    away = np.linalg.norm(np.stack(seen) - middle, axis=2)
    print(f"{len(seen)} pictures; median spread {1000 * np.median(away):.1f} mm")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m facetake_training.head_baking.jaw OUT.npz")
    bake(Path(sys.argv[1]))
