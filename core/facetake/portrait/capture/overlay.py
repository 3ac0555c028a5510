"""Pictures that show how well a fit lies: the frame, the face over it, and both with landmarks.

Knows face models, light and pictures; does not know how they were found.
"""

from __future__ import annotations

import numpy as np

from facetake.arrays import F32, U8
from facetake.portrait.capture.fitting import FaceMotion
from facetake.portrait.capture.linearized_model import Linearised
from facetake.portrait.capture.photometry import Looks
from facetake.render.camera import Camera, placed
from facetake.render.picture import drawn

SHOWN = 4  # frames of a sheet
SEEN = (60, 255, 60)  # green: landmarks that were found
FITTED = (255, 60, 60)  # red: the same points of the face model


def sheet(
    face: Linearised, camera: Camera, identity: F32, looks: Looks, motion: FaceMotion, pictures: U8, points: F32
) -> U8:
    """Some frames side by side: with landmarks, under the fitted face in its own colours, and in its model's.

    pictures: (T, H, W, 3); points: (T, N, 2) seen landmarks, green; the fitted ones are red.
    """
    chosen = np.unique(np.linspace(0, len(pictures) - 1, SHOWN).round().astype(int))
    columns = []
    for frame in chosen:
        one = motion[frame : frame + 1]
        space = placed(face.vertices(identity, one.expression), one.rotation, one.translation)
        marked = pictures[frame].copy()
        _mark(marked, points[frame], SEEN)
        _mark(marked, camera.project(face.at_points(space[0]))[:, :2], FITTED)
        own, model = (
            drawn(space[0], face.model.faces, colour, looks.light, camera, pictures[frame])
            for colour in (looks.colour, face.albedo(looks.albedo))
        )
        columns.append(np.concatenate([marked, own, model]))
    return np.concatenate(columns, axis=1)


def _mark(picture: U8, points: F32, colour: tuple[int, int, int]) -> None:
    x, y = np.floor(points).astype(int).T
    inside = (x >= 0) & (y >= 0) & (x < picture.shape[1]) & (y < picture.shape[0])
    picture[y[inside], x[inside]] = colour
