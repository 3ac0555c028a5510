"""Where on the face's surface each pixel looks: texture coordinates drawn as a capture placed the face (READ 3.3).

Knows the face model, the camera and the region; does not know networks. Made once after capture and kept on disk, so
that training never draws a mesh.
"""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray

from facetake.arrays import F16, F32, I64, U8, Mask
from facetake.errors import PortraitError
from facetake.face.drive import head_angles
from facetake.face.model import MATERIALS, FaceModel
from facetake.portrait.capture.actor import CapturedActor, read_actor
from facetake.portrait.capture.posed_face import Placed, reopen
from facetake.portrait.video.compositing import Region
from facetake.render.camera import Camera
from facetake.render.picture import fragments, seen_faces

Part = Literal["head", "face"]
INNER_RING = np.array([78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95])
OUTER_RING = np.array([61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146])
"""MediaPipe's points along the lips' inner and outer edges, in order."""
FEWEST = 8  # points that a ring must have: those of iBUG's inner lips
EXTREME_DEG = 45.0  # yaw or pitch from which on half of the face is not seen


class ActorSurface(Placed):
    """An actor's folder and its face model: its surface with any expression, in any of its frames."""

    def __init__(self, actor: CapturedActor, model: FaceModel, part: Part) -> None:
        """Fits the model to the actor; `part`: what of it is drawn. PortraitError when the fit is not of that model."""
        super().__init__(actor, model)
        topology = model.topology
        self._chosen = chosen(model, part)
        self._corners = torch.from_numpy(2.0 * topology.uv[topology.uv_faces] - 1.0)

    @property
    def drawn_triangles(self) -> Mask:
        """Which triangles (F,) of the model are drawn."""
        return np.asarray(self._chosen.numpy(), np.bool_)

    def without(self, triangles: tuple[int, ...]) -> ActorSurface:
        """The same actor with some triangles, by their numbers, not drawn. PortraitError where the model has none."""
        if not triangles:
            return self
        if not 0 <= min(triangles) <= max(triangles) < len(self._chosen):
            raise PortraitError(f"the face model {self.model.name} has no triangle {max(triangles)}; train again")
        less = copy(self)
        less._chosen = self._chosen.clone()  # noqa: SLF001  of the copy
        less._chosen[list(triangles)] = False  # noqa: SLF001
        return less

    @torch.no_grad()
    def at_rest(self) -> F32:
        """The actor's vertices (V, 3) in metres at rest."""
        return np.asarray(self._vertices(self.model.neutral_expression[None])[0].numpy())

    def shown_triangles(self, frame: int) -> NDArray[np.int32]:
        """Which triangle of the model (H, W) each pixel of a frame shows as captured, -1 for none."""
        space = self.placed(self.expression[frame][None], frame)[0]
        return seen_faces(space, self.model.faces, self.actor.camera)

    def whole(self) -> Region:
        """The whole picture at its own size."""
        return Region(0, 0, self.size, self.size)

    @torch.no_grad()
    def maps(self, expression: F32, frame: int, region: Region) -> tuple[F16, U8, U8]:
        """What is seen of the surface with an expression (E,), placed as in one frame, in the pixels of a region.

        Returns:
            Texture coordinates (pixels, pixels, 2) in -1..1, 0 where nothing is seen; where something is: 1, else 0
            (pixels, pixels); and likewise inside the lips' outline, mouth and all.
        """
        camera = seen_in(self.actor.camera, region)
        space = self.placed(expression[None], frame)[0]
        ids = torch.from_numpy(seen_faces(space, self.model.faces, camera))[None]
        screen = torch.from_numpy(camera.project(space))[None]
        points = fragments(screen, self.model.faces, ids, self._chosen)
        uv = torch.einsum("pkc,pk->pc", self._corners[points.face], points.weights)
        drawn = np.zeros((region.pixels, region.pixels, 2), np.float16)
        alpha = np.zeros(drawn.shape[:2], np.uint8)
        rows = points.row.numpy()
        columns = points.column.numpy()
        drawn[rows, columns], alpha[rows, columns] = uv.clamp(-1.0, 1.0).numpy(), 1
        return drawn, alpha, self._ringed(OUTER_RING, space, camera).astype(np.uint8)

    def mouth(self, frame: int) -> Mask:
        """What lies inside the inner lips as captured in one frame (size, size); nothing where they are not known."""
        return self._ringed(INNER_RING, self.placed(self.expression[frame][None], frame)[0], self.actor.camera)

    @torch.no_grad()
    def _ringed(self, ring: I64, space: F32, camera: Camera) -> Mask:
        """A camera's pixels inside a ring of MediaPipe's points; none where the face model has too few of them."""
        rows = self.model.topology.landmarks.rows(ring)
        if len(rows) < FEWEST:
            return np.zeros(camera.size[::-1], np.bool_)
        points = self.model.landmarks(torch.from_numpy(space)[None])[0, rows].numpy()
        return ringed(camera.project(points)[:, :2], camera.size[0])

    def extreme(self) -> I64:
        """Frames in which the head is turned so far that half of the face is not seen."""
        away = np.abs(head_angles(self.actor.fit.rotation)[:, :2]).max(axis=1)
        return np.flatnonzero(away > EXTREME_DEG)


def chosen(model: FaceModel, part: Part) -> torch.Tensor:
    """The triangles (F,) of a part: all of them, or the face with what is inside mouth and eyes."""
    topology = model.topology
    if part == "head":
        return torch.ones(len(topology.faces), dtype=torch.bool)
    inside: Mask = topology.material != MATERIALS.index("skin")
    return torch.from_numpy(topology.triangles("face") | inside)


def seen_in(camera: Camera, region: Region) -> Camera:
    """The camera that sees a region of a camera's picture in the region's pixels."""
    scale = region.pixels / region.side
    x, y = camera.centre
    moved = replace(camera, centre=(x - region.left, y - region.top), size=(region.side, region.side))
    return moved.scaled(scale)


def ringed(ring: F32, size: int) -> Mask:
    """Pixels (size, size) whose centres lie inside a ring of points (N, 2): crossings to their right are odd."""
    found = np.zeros((size, size), np.bool_)
    (left, top), (right, bottom) = np.clip([ring.min(axis=0), ring.max(axis=0) + 1.0], 0, size).astype(int)
    y, x = np.mgrid[top:bottom, left:right] + 0.5
    odd = found[top:bottom, left:right]
    for (ax, ay), (bx, by) in zip(ring, np.roll(ring, -1, axis=0), strict=True):
        if ay != by:
            odd ^= ((ay > y) != (by > y)) & (x < ax + (y - ay) * (bx - ax) / (by - ay))
    return found


def open_surface(folder: Path, part: Part) -> ActorSurface:
    """The surface of an actor's folder.

    Raises:
        PortraitError: the folder cannot be used, or its face model is another one now.
        ModelError: the face model's file is gone.
    """
    actor = read_actor(folder)
    return ActorSurface(actor, reopen(actor.about.face, actor.about.face_sha256, str(folder)).model, part)
