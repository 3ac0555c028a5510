"""Pictures that show how well a fit lies: the frame, the face over it, and both with landmarks.

Knows linear faces, light and pictures; does not know how they were found.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facetake.formats import beside
from facetake.portrait import pose
from facetake.portrait.fitting import Motion
from facetake.portrait.linear_face import LinearFace
from facetake.portrait.photometry import GAMMA, Looks, Surface, harmonics
from facetake.portrait.pictures import Pictures
from facetake.render.camera import Camera
from facetake.render.video import require_av
from facetake.render.zbuffer import face_ids

F32 = NDArray[np.float32]
SHOWN = 4  # frames of a sheet
SEEN, FITTED = (60, 255, 60), (255, 60, 60)


def render(face: LinearFace, camera: Camera, colour: F32, light: F32, space: F32, back: Pictures) -> Pictures:
    """A picture (H, W, 3) of the face with vertices (V, 3) in the camera's space, over a background.

    colour: (V, 3) linear albedo; light: (9, 3). Flat over each triangle's corners, interpolated on the screen.
    """
    width, height = camera.size
    screen = camera.project(space)
    ids = face_ids(screen, face.faces.astype(np.int32), height, width)
    rows, columns = np.nonzero(ids >= 0)
    corners = face.faces[ids[rows, columns]]
    weights = _weights(screen[corners], np.stack([columns, rows], axis=1) + 0.5)
    lit = colour * (harmonics(Surface(face, camera).normals(space)) @ light)
    shown = np.clip((lit[corners] * weights[..., None]).sum(axis=1), 0.0, 1.0) ** (1.0 / GAMMA)
    picture = back.copy()
    picture[rows, columns] = np.round(shown * 255.0)
    return picture


def _weights(screen: F32, pixels: NDArray[np.floating]) -> F32:
    """Perspective-correct weights (N, 3) of the corners (N, 3, 3) of each pixel's triangle."""
    a, b, c = (screen[:, corner, :2] - pixels for corner in range(3))
    flat = np.stack([_cross(b, c), _cross(c, a), _cross(a, b)], axis=1) / screen[..., 2]
    return np.asarray(flat / flat.sum(axis=1, keepdims=True), np.float32)


def _cross(first: NDArray[np.floating], second: NDArray[np.floating]) -> NDArray[np.floating]:
    return np.asarray(first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0])


def sheet(
    face: LinearFace, camera: Camera, identity: F32, looks: Looks, motion: Motion, pictures: Pictures, points: F32
) -> Pictures:
    """Some frames side by side: with landmarks, under the fitted face in its own colours, and in its model's.

    pictures: (T, H, W, 3); points: (T, N, 2) seen landmarks, green; the fitted ones are red.
    """
    chosen = np.unique(np.linspace(0, len(pictures) - 1, SHOWN).round().astype(int))
    columns = []
    for frame in chosen:
        one = motion[frame : frame + 1]
        space = pose.placed(face.vertices(identity, one.expression), one.rotation, one.translation)
        marked = pictures[frame].copy()
        _mark(marked, points[frame], SEEN)
        _mark(marked, camera.project(face.at_points(space[0]))[:, :2], FITTED)
        own = render(face, camera, looks.colour, looks.light, space[0], pictures[frame])
        model = render(face, camera, face.albedo(looks.albedo), looks.light, space[0], pictures[frame])
        columns.append(np.concatenate([marked, own, model]))
    return np.concatenate(columns, axis=1)


def _mark(picture: Pictures, points: F32, colour: tuple[int, int, int]) -> None:
    x, y = np.floor(points).astype(int).T
    inside = (x >= 0) & (y >= 0) & (x < picture.shape[1]) & (y < picture.shape[0])
    picture[y[inside], x[inside]] = colour


def write_png(path: Path, picture: Pictures) -> None:
    """Writes an RGB picture (H, W, 3) as PNG, whole or not at all."""
    av = require_av()
    codec = av.CodecContext.create("png", "w")
    codec.height, codec.width = picture.shape[:2]
    codec.pix_fmt, codec.time_base = "rgb24", Fraction(1)
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
    packets = [*codec.encode(frame), *codec.encode(None)]
    with beside(path) as part:
        part.write_bytes(b"".join(bytes(packet) for packet in packets))
