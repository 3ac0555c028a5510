"""Parts, colours and texture coordinates for models whose files bring none: guessed from landmarks.

Knows meshes and where features lie relative to landmarks; does not know files.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial import Delaunay

from facetake.arrays import F32, I64, Mask
from facetake.face.ibug import BROWS, EYES, IBUG_68, JAW, MOUTH
from facetake.face.linear import LinearBasis
from facetake.face.model import MATERIALS, Embedding

NOSE_TIP = 4
"""MediaPipe's number of the tip of the nose: above it ends the lower face."""
_COLOURS = {  # linear
    "skin": (0.56, 0.30, 0.21),
    "lips": (0.42, 0.15, 0.125),
    "socket": (0.30, 0.13, 0.10),
    "cavity": (0.10, 0.03, 0.03),
    "eye": (0.62, 0.59, 0.56),
    "teeth": (0.66, 0.60, 0.48),
    "tongue": (0.42, 0.10, 0.09),
}
_SKIN_TINTS = {"skin_light": (0.30, 0.33, 0.35), "skin_red": (0.06, -0.05, -0.06), "skin_yellow": (0.01, 0.025, -0.12)}
"""Share of a colour that a coefficient of 1 changes, by choice: at 3, as far as a fit goes, skin is nearly black, or
twice as light."""


def parts(vertices: F32, faces: I64, landmarks: Embedding, not_skin: Mask | None = None) -> dict[str, Mask]:
    """Named sets of vertices (V,) of a resting face: skin, face, lower_face and lips.

    not_skin (V,): vertices known to be eyes, teeth and so on.
    """
    points = (vertices[faces[landmarks.face]] * landmarks.bary[..., None]).sum(axis=1)
    skin = np.ones(len(vertices), bool) if not_skin is None else ~not_skin
    depth = _depth(landmarks, points)
    face = skin & _inside(vertices, points) & (vertices[:, 2] < depth)
    below = vertices[:, 1] > _tip(landmarks, points)
    mouth = points[landmarks.rows(IBUG_68[MOUTH])[:12]] if len(landmarks.rows(IBUG_68[MOUTH])) == 20 else points[:0]
    lips = face & _inside(vertices, mouth, 1.0)
    return {"skin": skin, "face": face, "lower_face": face & below, "lips": lips}


def _depth(landmarks: Embedding, points: F32) -> float:
    """How far back the face reaches: halfway from the eyes to the jaw's ends, or a little behind the eyes."""
    eyes = points[landmarks.rows(IBUG_68[EYES]), 2]
    jaw = points[landmarks.rows(IBUG_68[JAW]), 2]
    middle = float(eyes.mean()) if len(eyes) else float(points[:, 2].mean())
    return 0.5 * (middle + float(jaw.max())) if len(jaw) else middle + 0.03


def _tip(landmarks: Embedding, points: F32) -> float:
    """Height at which the lower face begins."""
    rows = landmarks.rows(np.array([NOSE_TIP]))
    return float(points[rows[0], 1]) if len(rows) else float(points[:, 1].mean())


def _inside(vertices: F32, points: F32, grow: float = 1.12) -> Mask:
    """Which vertices lie within the outline of landmarks, seen from the front, made `grow` times as large."""
    if len(points) < 3:
        return np.zeros(len(vertices), bool)
    outline = points[:, :2]
    middle = outline.mean(axis=0)
    hull = Delaunay(middle + grow * (outline - middle))
    return np.asarray(hull.find_simplex(vertices[:, :2]) >= 0)


def materials(faces: I64, lips: Mask) -> I64:
    """Skin (F,) with lips where two corners or more are."""
    found = np.full(len(faces), MATERIALS.index("skin"))
    found[lips[faces].sum(axis=1) >= 2] = MATERIALS.index("lips")
    return found


def colours(faces: I64, material: I64, n_vertices: int) -> LinearBasis:
    """Plain linear colours by material, and the ways in which skin differs: lighter, redder, yellower."""
    mean = np.tile(np.asarray(_COLOURS["skin"], np.float32), (n_vertices, 1))
    skin = np.ones(n_vertices, bool)
    for number, name in enumerate(MATERIALS):
        corners = faces[material == number].ravel()
        mean[corners] = _COLOURS[name]
        skin[corners] = name in ("skin", "lips")
    tints = np.asarray(list(_SKIN_TINTS.values()), np.float32)
    directions = tints[:, None, :] * mean * skin[:, None]
    return LinearBasis(mean, directions.astype(np.float32), tuple(_SKIN_TINTS))


def cylinder(vertices: F32) -> F32:
    """Texture coordinates (V, 2) in 0..1, v down, of vertices (V, 3) wrapped around a vertical axis."""
    middle = (vertices.min(axis=0) + vertices.max(axis=0)) / 2.0
    turn = np.arctan2(vertices[:, 0] - middle[0], -(vertices[:, 2] - middle[2]))
    high = vertices[:, 1].min()
    low = vertices[:, 1].max()
    return np.stack([0.5 + turn / (2.0 * np.pi), (vertices[:, 1] - high) / (low - high)], axis=1).astype(np.float32)


def at_vertices(faces: I64, vertex: I64, mediapipe_index: I64, weight: F32) -> Embedding:
    """An embedding of landmarks that are vertices (N,)."""
    order = np.argsort(faces.ravel(), kind="stable")
    first = order[np.searchsorted(faces.ravel()[order], vertex)]
    if not (faces.ravel()[first] == vertex).all():
        raise ValueError("a landmark lies on a vertex that no triangle uses")
    return Embedding(first // 3, np.eye(3, dtype=np.float32)[first % 3], weight, mediapipe_index)


def brows_and_below() -> slice:
    """The 51 iBUG points inside the face, in the order in which files without a jaw line hold them."""
    return slice(BROWS.start, MOUTH.stop)
