"""Writes `head_landmarks.npz`: where MediaPipe's 468 landmarks lie on the baked head.

The head is drawn from many sides with its mouth more or less open, MediaPipe looks at it, and each landmark's pixel
says which triangle it lies on. Its place on the head at rest is the median over the views; how far the views disagree
is how little it is to be relied on. Run with `python -m facetake.portrait.bake_landmarks`; needs MediaPipe 0.10.21.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from facetake.face.head import PARTS, Head, load
from facetake.face.studio import DISTANCE_M, FOV_DEG, LOOK_AT_M, Studio
from facetake.portrait.landmarks import N_POINTS, detector
from facetake.render.camera import portrait
from facetake.render.zbuffer import face_ids

F32 = NDArray[np.float32]
OUT = Path(__file__).with_name("head_landmarks.npz")
SIZE = 448
YAWS, PITCHES, JAWS = (-24.0, -10.0, 0.0, 10.0, 24.0), (-5.0, 8.0), (0.2, 0.4)
REACH_PX = 6  # how far from a landmark the nearest skin may be: lids and lips end where it lies
RELIED_M = 0.003  # spread at which a landmark counts half


def main() -> None:
    """Draws, detects and writes."""
    head = load()
    skin = np.flatnonzero(head.part == PARTS.index("skin"))
    views = np.stack([_view(head, skin, *angles) for angles in _angles()])  # (views, 468, 3), NaN where not hit
    place = np.nanmedian(views, axis=0)
    spread = np.nanmedian(np.linalg.norm(views - place, axis=2), axis=0)
    face, bary = _nearest(head, skin, place)
    weight = 1.0 / (1.0 + (spread / RELIED_M) ** 2)
    np.savez_compressed(OUT, face=face.astype(np.int32), bary=bary.astype(np.float32), weight=weight.astype(np.float32),
                        mediapipe_index=np.arange(len(face), dtype=np.int32))  # fmt: skip
    print(f"{len(views)} views, spread {1000 * np.median(spread):.1f} mm, worst {1000 * spread.max():.1f} mm")


def _angles() -> list[tuple[float, float, float]]:
    return [(yaw, pitch, jaw) for yaw in YAWS for pitch in PITCHES for jaw in JAWS]


def _view(head: Head, skin: NDArray[np.intp], yaw: float, pitch: float, jaw: float) -> F32:
    """Places (468, 3) on the head at rest of the landmarks seen in one view."""
    arkit = np.zeros((1, 52), np.float32)
    arkit[0, head.names.index("jawOpen")] = jaw
    posed = head.deform(arkit, np.array([[yaw, pitch, 0.0]], np.float32))[0]
    picture = Studio((SIZE, SIZE), head).picture(posed, np.zeros((2, 2), np.float32))
    with detector() as found:
        faces = found.faces(picture, 0)
    places = np.full((N_POINTS[0], 3), np.nan, np.float32)
    if not len(faces):
        return places
    screen = portrait((SIZE, SIZE), FOV_DEG).project(posed - LOOK_AT_M + np.array([0, 0, DISTANCE_M], np.float32))
    ids = face_ids(screen, head.faces[skin].astype(np.int32), SIZE, SIZE, one_sided=True)
    rows, columns = np.nonzero(ids >= 0)
    pixels = np.stack([columns, rows], axis=1) + 0.5
    away, nearest_pixels = (np.asarray(row) for row in cKDTree(pixels).query(faces[0][: N_POINTS[0]]))
    for number, nearest in enumerate(nearest_pixels):
        if away[number] < REACH_PX:
            corners = head.faces[skin[ids[rows[nearest], columns[nearest]]]]
            places[number] = _weights(screen[corners], pixels[nearest]) @ head.rest[corners]
    return places


def _weights(screen: F32, pixel: NDArray[np.floating]) -> F32:
    a, b, c = screen[:, :2] - pixel
    flat = np.array([b[0] * c[1] - b[1] * c[0], c[0] * a[1] - c[1] * a[0], a[0] * b[1] - a[1] * b[0]])
    flat /= screen[:, 2]
    return np.asarray(flat / flat.sum(), np.float32)


def _nearest(head: Head, skin: NDArray[np.intp], places: F32) -> tuple[NDArray[np.intp], F32]:
    """For places (N, 3) the triangle whose surface is nearest, and weights of its corners (N, 3)."""
    corners = head.rest[head.faces[skin]]
    a, ab, ac = corners[:, 0], corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    faces, weights = [], []
    for place in places:
        d = place - a
        grams = np.stack([(ab * ab).sum(1), (ab * ac).sum(1), (ac * ac).sum(1)], axis=1)
        right = np.stack([(ab * d).sum(1), (ac * d).sum(1)], axis=1)
        det = np.maximum(grams[:, 0] * grams[:, 2] - grams[:, 1] ** 2, 1e-18)
        u = (grams[:, 2] * right[:, 0] - grams[:, 1] * right[:, 1]) / det
        v = (grams[:, 0] * right[:, 1] - grams[:, 1] * right[:, 0]) / det
        bary = np.clip(np.stack([1 - u - v, u, v], axis=1), 0.0, 1.0)
        bary /= bary.sum(axis=1, keepdims=True)
        away = np.linalg.norm((corners * bary[..., None]).sum(axis=1) - place, axis=1)
        faces.append(skin[away.argmin()])
        weights.append(bary[away.argmin()])
    return np.array(faces), np.array(weights, np.float32)


if __name__ == "__main__":
    main()
