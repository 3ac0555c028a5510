"""The photometric term: the face's own colours, lit by spherical harmonics, against the pictures.

Colours are compared at the mesh's vertices where they are projected, so the derivative is the picture's own slope and
no rasteriser has to be differentiable; one only says which vertices are visible. AudioDVP 3.1 (light) and 3.3 (the
photometric term). Knows colours and face models; does not know landmarks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from facetake.arrays import F32, U8
from facetake.portrait.capture import pose
from facetake.portrait.capture.fitting import FaceMotion
from facetake.portrait.capture.linearized_model import Linearised
from facetake.render.camera import Camera, placed
from facetake.render.harmonics import N_BANDS, basis, to_linear
from facetake.render.picture import seen_faces

BLUR_PX = 1.0  # of a crop of 256: widens the range from which a step still finds its way
ROBUST = 2.0  # standard deviations from which a colour counts less and less: hair, glasses, teeth
FACING = 0.25  # least cosine between a vertex' normal and the ray to the camera
ALBEDO_PRIOR = 2.0  # squared colour that a coefficient of 1 costs, over all vertices; by choice
LIGHT_PRIOR = 0.3  # likewise of light: keeps bands small of which the seen side of a face tells nothing
LIGHT_ROUNDS = 6  # colours and light by turns, and what fits badly counts less each time; by choice
DARKEST = 0.25  # of the mean light; for light from directions that no face shows
DARK_ROUNDS = 4  # each holds at `DARKEST` what the one before made darker; by choice
DIRECTIONS = 100  # ample: nine bands change slowly
SAMPLES = 700  # vertices at which colours are compared: more of them see the same pixels
LINEAR = to_linear(torch.arange(256) / 255.0).numpy()  # linear light of each byte


def linear_light(pictures: U8) -> F32:
    """Linear light 0..1 of sRGB bytes."""
    return np.asarray(LINEAR[pictures], np.float32)


class LitSurface:
    """Normals, bands of light and visibility of a face's mesh before a camera."""

    def __init__(self, face: Linearised, camera: Camera) -> None:
        """Takes the mesh and the camera that sees it."""
        self._face = face
        self._camera = camera

    def normals(self, space: F32) -> F32:
        """Unit normals (V, 3) of vertices (V, 3), towards the viewer on what is seen."""
        return np.asarray(self._face.model.normals(torch.from_numpy(space)[None])[0].numpy())

    def visible(self, space: F32, normals: F32) -> NDArray[np.bool_]:
        """Which vertices (V,) show skin to the camera, given their places and normals (V, 3) in its space."""
        ids = seen_faces(space, self._face.model.faces, self._camera)
        seen = np.zeros(len(space), bool)
        seen[self._face.faces[np.unique(ids[ids >= 0])]] = True
        rays = space / np.linalg.norm(space, axis=1, keepdims=True)
        return np.asarray(seen & self._face.skin & ((-normals * rays).sum(axis=1) > FACING))


def bands_of(normals: F32) -> F32:
    """The harmonics (..., 9) at unit normals (..., 3)."""
    return np.asarray(basis(torch.from_numpy(normals)).numpy())


def sampled(picture: F32, pixels: F32) -> F32:
    """Values (N, C) of a picture (H, W, C) at pixels (N, 2), pixel centres at +0.5; the edge's beyond the edge."""
    height, width = picture.shape[:2]
    x = np.clip(pixels[:, 0] - 0.5, 0.0, width - 1.001)
    y = np.clip(pixels[:, 1] - 0.5, 0.0, height - 1.001)
    i = x.astype(np.int64)
    j = y.astype(np.int64)
    u = (x - i)[:, None]
    v = (y - j)[:, None]
    upper = picture[j, i] * (1 - u) + picture[j, i + 1] * u
    lower = picture[j + 1, i] * (1 - u) + picture[j + 1, i + 1] * u
    return np.asarray(upper * (1 - v) + lower * v, np.float32)


@dataclass(frozen=True)
class Looks:
    """An actor's colours.

    Attributes:
        albedo: (A,) coefficients of the face model.
        light: (9, 3).
        colour: (V, 3) the actor's own linear albedo, from the pictures; the model's where nothing was seen.
    """

    albedo: F32
    light: F32
    colour: F32


class Photometry:
    """Terms of the pictures (T, H, W, 3) of some frames for an actor whose looks are known."""

    def __init__(self, face: Linearised, camera: Camera, identity: F32, sigma: float) -> None:
        """Takes the face of one identity; `sigma` is the standard deviation of a linear colour."""
        self._face = face
        self._camera = camera
        self._sigma = sigma
        self._identity = identity
        self._surface = LitSurface(face, camera)

    def _in_face(self, motion: FaceMotion) -> F32:
        return self._face.vertices(self._identity, motion.expression)

    def looks(self, pictures: U8, motion: FaceMotion) -> Looks:
        """Albedo, light and own colours from a few frames."""
        space = placed(self._in_face(motion), motion.rotation, motion.translation)
        seen = []
        bands = []
        colours = []
        for picture, points in zip(linear_light(pictures), space, strict=True):
            normals = self._surface.normals(points)
            seen.append(self._surface.visible(points, normals))
            bands.append(bands_of(normals))
            colours.append(sampled(picture, self._camera.project(points)[:, :2]))
        return _looks(self._face, np.stack(seen), np.stack(bands), np.stack(colours))

    def terms(self, pictures: U8, looks: Looks, motion: FaceMotion) -> tuple[F32, F32]:
        """Normal matrices (T, 6 + E, 6 + E) and gradients (T, 6 + E) of the photometric term at a motion."""
        from scipy.ndimage import gaussian_filter

        blur = BLUR_PX * self._camera.size[0] / 256.0
        rows = []
        points = self._in_face(motion)
        for frame, picture in enumerate(pictures):
            smooth = gaussian_filter(linear_light(picture), (blur, blur, 0))
            rows.append(self._frame_terms(smooth, looks, motion[frame : frame + 1], points[frame : frame + 1]))
        normal, gradient = zip(*rows, strict=True)
        return np.stack(normal), np.stack(gradient)

    def _frame_terms(self, picture: F32, looks: Looks, motion: FaceMotion, points: F32) -> tuple[F32, F32]:
        space = placed(points, motion.rotation, motion.translation)[0]
        normals = self._surface.normals(space)
        use = np.flatnonzero(self._surface.visible(space, normals))
        use = use[:: max(1, len(use) // SAMPLES)]
        pixels, slopes = pose.point_slopes(
            points[:, use], self._face.moves[:, use], motion.rotation, motion.translation, self._camera
        )
        lit = looks.colour[use] * (bands_of(normals[use]) @ looks.light)
        missing = sampled(picture, pixels[0]) - lit
        across = sampled(_slope(picture, 1), pixels[0])
        down = sampled(_slope(picture, 0), pixels[0])
        fit = 1.0 / (1.0 + (missing**2).sum(axis=1) / (ROBUST * self._sigma) ** 2) ** 2
        # neighbouring vertices see the same pixels: together they count as many as a landmark set would
        weight = fit / self._sigma**2 / max(len(use), 1) * len(self._face.points)
        cross = (across * down).sum(axis=1)
        tensor = np.stack([(across**2).sum(axis=1), cross, cross, (down**2).sum(axis=1)], axis=1).reshape(-1, 2, 2)
        pull = np.stack([(across * missing).sum(axis=1), (down * missing).sum(axis=1)], axis=1)
        flat = slopes[0].reshape(2 * len(use), -1)
        weighted = np.einsum("nij,njm->nim", tensor * weight[:, None, None], slopes[0]).reshape(flat.shape)
        return flat.T @ weighted, flat.T @ (pull * weight[:, None]).ravel()


def _slope(picture: F32, axis: int) -> F32:
    return np.asarray(np.gradient(picture, axis=axis), np.float32)


def _looks(face: Linearised, seen: NDArray[np.bool_], bands: F32, colours: F32) -> Looks:
    """Albedo coefficients and light by turns, each a least squares fit to colours (T, V, 3) where seen (T, V)."""
    if not seen.any():
        return Looks(np.zeros(len(face.colours), np.float32), np.zeros((N_BANDS, 3), np.float32), face.colour)
    coefficients = np.zeros(len(face.colours), np.float32)
    trusted = seen.astype(np.float32)
    for _ in range(LIGHT_ROUNDS):
        albedo = face.albedo(coefficients)
        light = _light(albedo, trusted, bands, colours)
        shade = bands @ light
        away = np.square(colours - albedo * shade).sum(axis=-1)
        typical = float(np.median(away[seen])) + 1e-6
        trusted = seen / (1.0 + away / (4.0 * typical))
        coefficients = _albedo(face, trusted, shade, colours)
    return Looks(coefficients, light, _own(face.albedo(coefficients), seen, bands @ light, colours))


def _light(albedo: F32, trusted: F32, bands: F32, colours: F32) -> F32:
    """Light (9, 3) that explains colours, and is dark nowhere: what the pictures do not show is left to guesses."""
    use = trusted > 0
    root = np.sqrt(trusted[use])[:, None]
    vertex = np.nonzero(use)[1]
    found = []
    for channel in range(3):
        rows = bands[use] * albedo[vertex, channel][:, None] * root
        wanted = colours[use][:, channel] * root[:, 0]
        found.append(_not_dark(rows.T @ rows + LIGHT_PRIOR**2 * np.eye(N_BANDS), rows.T @ wanted))
    return np.stack(found, axis=1).astype(np.float32)


def _not_dark(normal: NDArray[np.floating], right: NDArray[np.floating]) -> NDArray[np.floating]:
    """Least squares light (9,) of one colour with directions that would fall below a share of the mean held at it."""
    around = bands_of(_directions())
    stiff = float(np.trace(normal)) / len(around)
    light = np.linalg.solve(normal, right)
    for _ in range(DARK_ROUNDS):
        floor = DARKEST * float((around @ light).mean())
        dark = around[around @ light < floor]
        light = np.linalg.solve(normal + stiff * dark.T @ dark, right + stiff * floor * dark.sum(axis=0))
    return light


def _directions() -> F32:
    """Directions (N, 3) spread evenly over a sphere, in the camera's space."""
    index = np.arange(DIRECTIONS) + 0.5
    z = 1.0 - 2.0 * index / DIRECTIONS
    turn = np.pi * (1.0 + 5.0**0.5) * index
    flat = np.sqrt(1.0 - z**2)
    return np.stack([np.cos(turn) * flat, np.sin(turn) * flat, z], axis=1).astype(np.float32)


def _albedo(face: Linearised, trusted: F32, shade: F32, colours: F32) -> F32:
    """Coefficients (A,) with a prior that keeps them small."""
    if not len(face.colours):
        return np.zeros(0, np.float32)
    weighted = (trusted[..., None] * shade**2).sum(axis=0)  # (V, 3)
    wanted = (trusted[..., None] * shade * colours).sum(axis=0) - weighted * face.colour
    basis = face.colours.reshape(len(face.colours), -1)
    matrix = (basis * weighted.ravel()) @ basis.T + ALBEDO_PRIOR * np.eye(len(basis))
    return np.asarray(np.clip(np.linalg.solve(matrix, basis @ wanted.ravel()), -3.0, 3.0), np.float32)


def _own(model: F32, seen: NDArray[np.bool_], shade: F32, colours: F32) -> F32:
    """The actor's albedo (V, 3): what was seen divided by its light, the model's where nothing was."""
    weight = seen[..., None] * shade
    total = (weight * shade).sum(axis=0)
    own = (weight * colours).sum(axis=0) / np.maximum(total, 1e-6)
    return np.asarray(np.where(total > 1e-3, np.clip(own, 0.0, 1.5), model), np.float32)
