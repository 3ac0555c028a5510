"""Pose, expression and identity from landmarks: bounded Gauss-Newton, all frames at once.

Reprojection of the embedded landmarks plus a Gaussian prior on the coefficients, as the landmark and regularisation
terms of AudioDVP 3.2 and 3.4. Knows face models and landmarks; does not know colours.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facetake.arrays import F32
from facetake.portrait.capture import pose
from facetake.portrait.capture.linearized_model import Linearised
from facetake.render.camera import Camera, placed, rotation_matrices

POSE = 6  # three numbers of a rotation and three of a translation come first
SWEEPS = 12  # over one coefficient at a time, by choice: fewer leave more held for nothing
GAZE_STIFF = 30.0  # times the prior where no irises are seen: then a gaze shows only in the lids, like a blink
IRISES = 468  # MediaPipe's first point of the irises: first the five of the subject's right eye
BLINK_STIFF = 0.1  # times the prior: an eye shuts by a blink first
SQUINT_STIFF = 2.0  # likewise: what a blink leaves unexplained is a squint
WIDE_STIFF = 8.0  # likewise, and more: in a shut eye nothing works against the blink
DIMPLE_STIFF = 2.0  # times the prior: corners that are seen to move smile or stretch first
LIDS = ((159, 145, 33, 133), (386, 374, 362, 263))  # right, left: upper and lower lid, corners
SHUT = 0.08  # opening as a share of its width below which an eye shows no iris
OPEN = 0.18  # and from which on it shows all of it
TURN_MOST = 0.3  # radians of one step
SHIFT_MOST = 0.1  # metres of one step


@dataclass(frozen=True)
class FitSettings:
    """How much each term counts.

    Attributes:
        landmark_px: standard deviation of a landmark in pixels of a crop of 256.
        identity: weight of the squared identity coefficients.
        expression: weight of the squared expression coefficients.
        colour: standard deviation of a linear colour (0..1) in the photometric term; 0 leaves the term out.
        n_shared: frames from which identity, albedo and light are found.
        rounds: Gauss-Newton steps from landmarks.
        colour_rounds: Gauss-Newton steps with the photometric term.
        chunk: frames solved and saved together.
        fov_deg: the crop's field of view; 25 as AudioDVP's code has it.
    """

    landmark_px: float = 1.0
    identity: float = 1.0
    expression: float = 8.0
    colour: float = 0.08
    n_shared: int = 12
    rounds: int = 10
    colour_rounds: int = 4
    chunk: int = 50
    fov_deg: float = 25.0


@dataclass(frozen=True)
class FaceMotion:
    """What changes from frame to frame: rotation matrices (T, 3, 3), translation (T, 3) and expression (T, E)."""

    rotation: F32
    translation: F32
    expression: F32

    def __getitem__(self, frames: slice | NDArray[np.int64]) -> FaceMotion:
        """Some of the frames."""
        return FaceMotion(self.rotation[frames], self.translation[frames], self.expression[frames])

    def moved(self, step: F32) -> FaceMotion:
        """A step (T, 6 + E) further: small turn, translation, expression."""
        turn = np.clip(step[:, :3], -TURN_MOST, TURN_MOST)
        return FaceMotion(
            np.asarray(rotation_matrices(turn) @ self.rotation, np.float32),
            self.translation + np.clip(step[:, 3:POSE], -SHIFT_MOST, SHIFT_MOST),
            self.expression + step[:, POSE:],
        )


def joined(parts: list[FaceMotion]) -> FaceMotion:
    """Motions one after another."""
    return FaceMotion(
        *(
            np.concatenate(rows)
            for rows in zip(*((m.rotation, m.translation, m.expression) for m in parts), strict=True)
        )
    )


def solve(normal: F32, gradient: F32, value: F32, low: F32, high: F32) -> F32:
    """Steps (T, M) that lower a quadratic and keep coefficients between bounds.

    Args:
        normal: (T, M, M) J'J.
        gradient: (T, M) J'r of residuals r = model - seen.
        value: (T, M) where the coefficients stand.
        low: (M,) least they may be.
        high: (M,) most.

    Coefficients that would go beyond a bound are held at it and the others solved again; sweeps over one coefficient
    at a time then let go of those that were held for nothing.
    """
    held = np.zeros(value.shape, bool)
    step = np.zeros_like(value)
    for _ in range(4):
        free = ~held
        matrix = normal * free[:, :, None] * free[:, None, :]
        matrix[:, np.arange(value.shape[1]), np.arange(value.shape[1])] += held + 1e-6
        right = -gradient - np.einsum("tmn,tn->tm", normal, step * held)
        solved = np.linalg.solve(matrix.astype(np.float64), (right * free)[..., None].astype(np.float64))[..., 0]
        step = np.where(held, step, solved.astype(np.float32))
        beyond = (value + step < low) | (value + step > high)
        if not (beyond & free).any():
            break
        held |= beyond
        step = np.where(held, np.clip(value + step, low, high) - value, step)
    return _swept(normal, gradient, value, low, high, np.clip(value + step, low, high) - value)


def _swept(normal: F32, gradient: F32, value: F32, low: F32, high: F32, step: F32) -> F32:
    slope = np.einsum("tmn,tn->tm", normal, step) + gradient
    for _ in range(SWEEPS):
        for m in range(len(low)):
            here = value[:, m] + step[:, m]
            change = np.clip(here - slope[:, m] / (normal[:, m, m] + 1e-6), low[m], high[m]) - here
            step[:, m] += change
            slope += change[:, None] * normal[:, :, m]
    return np.asarray(step, np.float32)


def first_motion(face: Linearised, points: F32, camera: Camera) -> FaceMotion:
    """Faces (T, N, 2) seen from the front: where they stand by the size and middle of their landmarks."""
    nobody = np.zeros(len(face.shapes), np.float32)
    still = np.zeros((1, len(face.moves)), np.float32)
    mean = face.at_points(face.vertices(nobody, still))[0]
    weight = face.point_weight / face.point_weight.sum()
    middle = weight @ mean
    seen = np.einsum("n,tnk->tk", weight, points)
    spread = np.sqrt(weight @ ((mean - middle)[:, :2] ** 2).sum(axis=1))
    wide = np.sqrt(((points - seen[:, None]) ** 2).sum(axis=2) @ weight)
    depth = camera.focal * spread / np.maximum(wide, 1e-3)
    xy = (seen - np.asarray(camera.centre)) * (depth / camera.focal)[:, None]
    translation = np.concatenate([xy, depth[:, None]], axis=1) - middle
    count = len(points)
    rotation = np.broadcast_to(np.eye(3, dtype=np.float32), (count, 3, 3)).copy()
    return FaceMotion(rotation, translation.astype(np.float32), np.repeat(still, count, axis=0))


Extra = Callable[[FaceMotion], tuple[F32, F32]]
"""More terms: the normal matrices (T, 6 + E, 6 + E) and gradients (T, 6 + E) of a motion."""


class LandmarkFitter:
    """Fits the motion of one identity to landmarks (T, N, 2) in the order of the face's own."""

    def __init__(self, face: Linearised, camera: Camera, settings: FitSettings) -> None:
        """Takes the face, the camera of the crop, and the weights."""
        self._face = face
        self._camera = camera
        self._settings = settings
        self._moves = (
            np.stack([face.at_points(move) for move in face.moves])
            if len(face.moves)
            else np.zeros((0, len(face.points), 3), np.float32)
        )
        self._shapes = np.stack([face.at_points(shape) for shape in face.shapes])
        sigma = settings.landmark_px * camera.size[0] / 256.0
        self._weight = face.point_weight / sigma**2
        self._prior = settings.expression * face.prior * self._stiffness()
        free = np.full(POSE, 1e6, np.float32)
        self._low = np.concatenate([-free, face.low])
        self._high = np.concatenate([free, face.high])

    def _stiffness(self) -> F32:
        """How much stiffer (E,) than others some expressions are."""
        gaze = 1.0 if (self._face.points >= IRISES).any() else GAZE_STIFF
        kinds = {
            "eyeLook": gaze,
            "eyeBlink": BLINK_STIFF,
            "eyeSquint": SQUINT_STIFF,
            "eyeWide": WIDE_STIFF,
            "mouthDimple": DIMPLE_STIFF,
        }
        names = self._face.model.expression_names
        return np.array([next((kinds[k] for k in kinds if name.startswith(k)), 1.0) for name in names], np.float32)

    def _weights(self, points: F32) -> F32:
        """How much each landmark counts (T, N): irises only as far as their eyes are open, else they are guesses."""
        weight = np.repeat(self._weight[None], len(points), axis=0)
        for side, lids in enumerate(LIDS):
            rows = [np.flatnonzero(self._face.points == point) for point in lids]
            first = IRISES + 5 * side
            iris = (self._face.points >= first) & (self._face.points < first + 5)
            if iris.any() and all(len(row) for row in rows):
                upper, lower, outer, inner = (points[:, row[0]] for row in rows)
                wide = np.linalg.norm(outer - inner, axis=1)
                share = np.linalg.norm(upper - lower, axis=1) / np.maximum(wide, 1e-3)
                weight[:, iris] *= np.clip((share - SHUT) / (OPEN - SHUT), 0.0, 1.0)[:, None]
        return weight

    def points(self, identity: F32, motion: FaceMotion) -> F32:
        """Pixels (T, N, 2) of the landmarks of a motion."""
        space = placed(self._in_face(identity, motion), motion.rotation, motion.translation)
        return self._camera.project(space)[..., :2]

    def _in_face(self, identity: F32, motion: FaceMotion) -> F32:
        return self._face.at_points(self._face.vertices(identity, motion.expression))

    def fit(
        self, identity: F32, motion: FaceMotion, points: F32, rounds: int, extra: Extra | None = None
    ) -> FaceMotion:
        """The motion after some Gauss-Newton steps; `extra` adds terms."""
        weight = self._weights(points)[:, :, None, None]
        for _ in range(rounds):
            seen, slopes = pose.point_slopes(
                self._in_face(identity, motion), self._moves, motion.rotation, motion.translation, self._camera
            )
            weighted = slopes * weight
            flat = slopes.reshape(len(seen), -1, slopes.shape[-1])
            weighted = weighted.reshape(flat.shape)
            normal = np.asarray(weighted.transpose(0, 2, 1) @ flat, np.float32)
            away = (seen - points).reshape(len(seen), -1)
            gradient = np.asarray(np.einsum("tnm,tn->tm", weighted, away), np.float32)
            normal, gradient = self._with_prior(normal, gradient, motion)
            if extra is not None:
                more, slope = extra(motion)
                normal = normal + more
                gradient = gradient + slope
            motion = motion.moved(solve(normal, gradient, self._values(motion), self._low, self._high))
        return motion

    def _values(self, motion: FaceMotion) -> F32:
        nowhere = np.zeros((len(motion.expression), POSE), np.float32)  # pose steps are not bounded
        return np.concatenate([nowhere, motion.expression], axis=1)

    def _with_prior(self, normal: F32, gradient: F32, motion: FaceMotion) -> tuple[F32, F32]:
        """Adds the prior on expressions, and a little stiffness so that a pose is always solvable."""
        diagonal = np.arange(normal.shape[1])
        normal[:, diagonal[POSE:], diagonal[POSE:]] += self._prior
        gradient[:, POSE:] += self._prior * motion.expression
        normal[:, diagonal, diagonal] *= 1.0 + 1e-4
        return normal, gradient

    def identity(self, motion: FaceMotion, points: F32, identity: F32, rounds: int) -> tuple[F32, FaceMotion]:
        """Identity (I,) and motion from some frames together: one system of all their unknowns.

        The frames' own unknowns are eliminated (Schur complement), so the cost grows with the number of frames only.
        """
        for _ in range(rounds):
            motion = self.fit(identity, motion, points, 2)
            identity = identity + self._identity_step(motion, points, identity)
        return identity, self.fit(identity, motion, points, 2)

    def _identity_step(self, motion: FaceMotion, points: F32, identity: F32) -> F32:
        seen, slopes = pose.point_slopes(
            self._in_face(identity, motion),
            np.concatenate([self._moves, self._shapes]),
            motion.rotation,
            motion.translation,
            self._camera,
        )
        flat = slopes.reshape(len(seen), -1, slopes.shape[-1]).astype(np.float64)
        weight = np.repeat(self._weights(points), 2, axis=1)
        normal = (flat * weight[..., None]).transpose(0, 2, 1) @ flat
        gradient = np.einsum("tnm,tn,tn->tm", flat, weight, (seen - points).reshape(len(seen), -1))
        own = POSE + len(self._moves)
        normal[:, np.arange(own), np.arange(own)] += 1e-3
        normal[:, np.arange(POSE, own), np.arange(POSE, own)] += self._prior
        gradient[:, POSE:own] += self._prior * motion.expression
        back = np.linalg.solve(normal[:, :own, :own], normal[:, :own, own:])
        left = normal[:, own:, own:] - normal[:, own:, :own] @ back
        right = gradient[:, own:] - np.einsum("tmi,tm->ti", back, gradient[:, :own])
        prior = self._settings.identity * np.eye(len(identity))
        step = np.linalg.solve(left.sum(axis=0) + prior, -right.sum(axis=0) - self._settings.identity * identity)
        return np.asarray(np.clip(identity + step, -3.0, 3.0) - identity, np.float32)


def varied(points: F32, count: int) -> NDArray[np.int64]:
    """Frames as unlike one another as can be, by their landmarks (T, N, 2): the farthest from those chosen, in turn."""
    flat = (points - points.mean(axis=1, keepdims=True)).reshape(len(points), -1)
    chosen = [int(np.linalg.norm(flat - np.median(flat, axis=0), axis=1).argmin())]
    away = np.linalg.norm(flat - flat[chosen[0]], axis=1)
    while len(chosen) < min(count, len(points)):
        chosen.append(int(away.argmax()))
        away = np.minimum(away, np.linalg.norm(flat - flat[chosen[-1]], axis=1))
    return np.sort(np.array(chosen))
