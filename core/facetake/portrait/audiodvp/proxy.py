"""Draws the face model as a capture placed and lit it, and marks its lower face (AudioDVP 3.1.2 and 3.3).

No gradient is needed here, so visibility and colours are numpy and numba: a few milliseconds a picture. As in the
paper, colours are computed per vertex and run linearly over a triangle. Knows the actor's folder and the face model;
does not know sound or networks.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facetake.errors import PortraitError
from facetake.portrait import pose
from facetake.portrait.actor import Actor, read_actor
from facetake.portrait.composite import expanded
from facetake.portrait.head_face import NAME as HEAD
from facetake.portrait.head_face import head_face
from facetake.portrait.linear_face import LinearFace
from facetake.portrait.photometry import GAMMA, Surface, harmonics
from facetake.render.camera import Camera
from facetake.render.zbuffer import NOTHING, face_ids

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Ids = NDArray[np.int32]
OPEN_FIRST = -8.0  # AudioDVP figure 4
INNER_LIPS = (13, 14)  # MediaPipe's numbers of these points: middle of the upper and the lower inner lip
NOSE_TIP, CHIN, EARS = 1, 152, (234, 454)
UNDER_CHIN_M = 0.012


@dataclass(frozen=True)
class Drawing:
    """A mesh on the screen: screen (V, 3) pixels and depth in metres, ids (H, W) of the visible faces."""

    screen: F32
    ids: Ids


def drawn(vertices: F32, faces: Ids, camera: Camera) -> Drawing:
    """Camera-space vertices (V, 3) in metres as seen by a camera."""
    screen = camera.project(vertices)
    width, height = camera.size
    return Drawing(screen, face_ids(screen, faces, height, width))


def coloured(drawing: Drawing, faces: Ids, colours: F32) -> U8:
    """A picture (H, W, 3) on black from colours (V, 3) in 0..1 at the vertices."""
    picture = np.zeros((*drawing.ids.shape, 3), np.uint8)
    rows, columns = np.nonzero(drawing.ids != NOTHING)
    corners = faces[drawing.ids[rows, columns]]
    weights = _barycentric(drawing.screen[corners], columns + 0.5, rows + 0.5)
    mixed = np.einsum("nk,nkc->nc", weights, colours[corners])
    picture[rows, columns] = np.rint(mixed.clip(0.0, 1.0) * 255.0)
    return picture


def _barycentric(corners: F32, x: NDArray[np.floating], y: NDArray[np.floating]) -> F32:
    """Perspective-correct weights (N, 3) of points on the screen in triangles (N, 3, 3)."""
    a, b, c = (corners[:, k].astype(np.float64) for k in range(3))
    area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    first = ((b[:, 0] - x) * (c[:, 1] - y) - (b[:, 1] - y) * (c[:, 0] - x)) / area
    second = ((c[:, 0] - x) * (a[:, 1] - y) - (c[:, 1] - y) * (a[:, 0] - x)) / area
    flat = np.stack([first, second, 1.0 - first - second], axis=1) / corners[..., 2]
    return np.asarray(flat / flat.sum(axis=1, keepdims=True), np.float32)


def lower_face(closed: Drawing, opened: Drawing, is_lower: Mask) -> Mask:
    """The widened mask (H, W): where faces marked in `is_lower` (F,) show with a closed mouth and with an open one."""
    return expanded(*(_seen(drawing, is_lower) for drawing in (closed, opened)))


def _seen(drawing: Drawing, is_lower: Mask) -> Mask:
    """Where marked faces show; what they surround, such as teeth, counts too."""
    from scipy import ndimage

    seen: Mask = ndimage.binary_fill_holes((drawing.ids != NOTHING) & is_lower[drawing.ids])
    return seen


class Performer:
    """An actor's folder and its face model, as a `Subject`: its face with any expression, in any of its frames."""

    def __init__(self, actor: Actor, face: LinearFace) -> None:
        """Fits the model to the actor. PortraitError when the actor was captured with another model."""
        if actor.about.face != face.name or actor.fit.expression.shape[1] != len(face.moves):
            raise PortraitError(
                f"{actor.folder} was captured with the face model {actor.about.face}, not {face.name}; use that one"
            )
        self._actor, self._face = actor, face
        self._faces = np.ascontiguousarray(face.faces, np.int32)
        self._albedo = face.albedo(actor.fit.albedo)
        self._surface = Surface(face, actor.camera)
        self._is_lower = is_lower(face)
        self._rest = face.shaped(actor.fit.identity)
        self._rotation = pose.matrices(actor.fit.rotation)

    @property
    def video(self) -> str:
        """SHA-256 of the captured video."""
        return self._actor.about.source_sha256

    @property
    def expression_names(self) -> tuple[str, ...]:
        """Names of the E coefficients."""
        return self._face.expression_names

    @property
    def n_frames(self) -> int:
        """Number of frames, T."""
        return self._actor.n_frames

    @property
    def rate(self) -> Fraction:
        """Frames per second."""
        return self._actor.rate

    @property
    def size(self) -> int:
        """Side of the pictures in pixels."""
        return self._actor.about.size

    @property
    def expression(self) -> F32:
        """(T, E) as captured."""
        return self._actor.fit.expression

    @property
    def sound(self) -> Path | None:
        """The clip's sound."""
        return self._actor.sound

    def frames(self, first: int, last: int) -> U8:
        """The video's pictures (n, H, W, 3)."""
        return self._actor.frames(first, last)

    def draw(self, expression: F32, frame: int) -> U8:
        """The face model (H, W, 3) on black with an expression (E,), posed and lit as in one frame."""
        space = self._placed(expression, frame)
        light = harmonics(self._surface.normals(space)) @ self._actor.light_at(frame)
        colours = np.clip(self._albedo * light, 0.0, 1.0) ** (1.0 / GAMMA)
        return coloured(drawn(space, self._faces, self._actor.camera), self._faces, np.asarray(colours, np.float32))

    def mask(self, frame: int) -> Mask:
        """The widened lower-face mask (H, W): mouth at rest, and the frame's own expression with the jaw dropped."""
        own = self.expression[frame]
        wide = opened(own, self._face.expression_names)
        closed, dropped = (
            drawn(self._placed(each, frame), self._faces, self._actor.camera) for each in (np.zeros_like(own), wide)
        )
        return lower_face(closed, dropped, self._is_lower)

    def aperture(self, expression: F32) -> F32:
        """How far the inner lips of the model are apart (T,) in metres, for expressions (T, E)."""
        rows = [int(np.flatnonzero(self._face.points == point)[0]) for point in INNER_LIPS]
        corners = self._face.faces[self._face.point_face[rows]]  # (2, 3)
        bary = self._face.point_bary[rows]
        at_rest = np.einsum("nk,nkc->nc", bary, self._rest[corners])
        moved = np.einsum("nk,enkc->enc", bary, self._face.moves[:, corners])
        lips = at_rest + np.einsum("te,enc->tnc", expression, moved)
        return np.asarray(np.linalg.norm(lips[:, 1] - lips[:, 0], axis=1), np.float32)

    def _placed(self, expression: F32, frame: int) -> F32:
        vertices = self._rest + np.tensordot(expression, self._face.moves, 1)
        return np.asarray(vertices @ self._rotation[frame].T + self._actor.fit.translation[frame], np.float32)


def opened(expression: F32, names: tuple[str, ...]) -> F32:
    """An expression (E,) with the mouth fully open, all else kept.

    ARKit's `jawOpen` at 1 and `mouthClose` at 0; in models without it the first coefficient at the paper's -8.
    """
    wide = expression.copy()
    if "jawOpen" in names:
        wide[names.index("jawOpen")] = 1.0
        if "mouthClose" in names:
            wide[names.index("mouthClose")] = 0.0
    else:
        wide[0] = OPEN_FIRST
    return wide


def is_lower(face: LinearFace) -> Mask:
    """Which faces (F,) a new line replaces: skin in front, below the middle of the nose, down to under the chin.

    The paper's vertices with y < 0 of its own model, told by landmarks, which every model has.
    """
    at = {int(point): place for point, place in zip(face.points, face.at_points(face.mean), strict=True)}
    nose, chin, side = at[NOSE_TIP], at[CHIN], min(at[ear][2] for ear in EARS if ear in at)
    y, z = face.mean[:, 1], face.mean[:, 2]
    low = face.skin & (y > nose[1]) & (y < chin[1] + UNDER_CHIN_M) & (z < side)
    return np.asarray(low[face.faces].any(axis=1))


def open_performer(folder: Path) -> Performer:
    """The performer of an actor's folder.

    Raises:
        PortraitError: the folder cannot be used, or its face model is not among those that come with Facetake.
    """
    actor = read_actor(folder)
    if actor.about.face != HEAD:
        raise PortraitError(f"{folder} was captured with the face model {actor.about.face}, which is not known here")
    return Performer(actor, head_face())
