"""How far two sets of pictures lie apart as wholes: the Frechet distance of their features (Heusel et al. 2017).

With Inception's features it is the FID of READ Avatars (4) and of the landmark system. Without that network there is
the same distance over features made by hand, edges and coarse brightness, which is told as what it is and never as FID:
its numbers compare with nothing but themselves. Knows features and pictures; does not know faces.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from facetake.arrays import F64, U8

Features = Callable[[U8], F64]
"""Features (B, D) of pictures (B, H, W, 3)."""
FEWEST = 2
"""Pictures without which there is no spread."""
BATCH = 16  # pictures at once, by choice: memory grows with them
GRID = 64
CELLS = 4
ORIENTATIONS = 8
WAVES = 8
"""By hand: pixels a side that pictures are brought to, cells a side, directions a cell, cosine waves a side."""


def frechet(first: F64, second: F64) -> float:
    """The squared Frechet distance of two Gaussians with the means and covariances of features (N, D) and (M, D).

    |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)). With C = A'A of centred features A the last trace is the sum of the
    singular values of A1 A2', which is exact for fewer pictures than features too, and needs no root of a matrix.
    ValueError for fewer than two pictures on a side, or unlike numbers of features.
    """
    if min(len(first), len(second)) < FEWEST or first.shape[1:] != second.shape[1:]:
        raise ValueError(f"features of shapes {first.shape} and {second.shape} cannot be compared")
    roots: list[F64] = []
    for features in (first, second):
        centred = (features - features.mean(axis=0)) / np.sqrt(len(features) - 1)
        is_tall = len(centred) > centred.shape[1]
        roots.append(np.asarray(np.linalg.qr(centred, mode="r") if is_tall else centred))
    apart = float(np.square(first.mean(axis=0) - second.mean(axis=0)).sum())
    spread = sum(float(np.square(root).sum()) for root in roots)
    shared = float(np.linalg.svd(roots[0] @ roots[1].T, compute_uv=False).sum())
    return max(apart + spread - 2.0 * shared, 0.0)


class Frechet:
    """The distance between the real pictures of a clip and the made ones, which are shown to it one after another."""

    def __init__(self, name: str, features: Features) -> None:
        """name: of the score; features: what is compared."""
        self._name = name
        self._features = features
        self._waiting: tuple[list[U8], list[U8]] = ([], [])
        self._found: tuple[list[F64], list[F64]] = ([], [])

    def update(self, frame: int, made: U8, real: U8) -> None:  # noqa: ARG002  when a picture was taken does not matter
        """Takes a made picture (H, W, 3) and the real one."""
        for pictures, picture in zip(self._waiting, (made, real), strict=True):
            pictures.append(picture)
        if len(self._waiting[0]) == BATCH:
            self._look()

    def compute(self) -> dict[str, float]:
        """The distance, under its name."""
        self._look()
        made, real = (np.concatenate(rows) for rows in self._found)
        return {self._name: frechet(made, real)}

    def _look(self) -> None:
        for pictures, rows in zip(self._waiting, self._found, strict=True):
            if pictures:
                rows.append(self._features(np.stack(pictures)))
                pictures.clear()


def inception_features(network: Any) -> Features:
    """The features that make the distance FID, of an `Inception` network."""
    import torch

    network.eval()

    def features(pictures: U8) -> F64:
        tensor = torch.from_numpy(np.ascontiguousarray(np.moveaxis(pictures, -1, 1))).float() / 255.0
        with torch.inference_mode():
            return np.asarray(network(tensor).double().numpy())

    return features


def handmade_features(pictures: U8) -> F64:
    """Directions of edges in 4 x 4 cells, and the 8 x 8 slowest cosine waves, of pictures (B, H, W, 3): (B, 192)."""
    import torch
    from scipy.fft import dctn

    grey = torch.from_numpy(pictures.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32))[:, None]
    size = (GRID, GRID)
    small = torch.nn.functional.interpolate(grey, size, mode="bilinear", antialias=True, align_corners=False)[:, 0]
    light = small.double().numpy() / 255.0
    waves = dctn(light, axes=(1, 2), norm="ortho")[:, :WAVES, :WAVES] / GRID
    return np.concatenate([_edges(light), waves.reshape(len(light), -1)], axis=1)


def _edges(light: F64) -> F64:
    """Histograms (B, 128) of the directions of gradients, each cell's of length one unless it is flat."""
    down, across = np.gradient(light, axis=(1, 2))
    strength = np.hypot(down, across)
    angle = np.arctan2(down, across) % np.pi
    place = np.minimum((angle / np.pi * ORIENTATIONS).astype(np.int64), ORIENTATIONS - 1)
    side = GRID // CELLS
    rows = []
    for direction in range(ORIENTATIONS):
        share = np.where(place == direction, strength, 0.0).reshape(len(light), CELLS, side, CELLS, side)
        rows.append(share.sum(axis=(2, 4)))
    cells = np.stack(rows, axis=-1)
    length = np.linalg.norm(cells, axis=-1, keepdims=True)
    return np.asarray((cells / (length + 0.1)).reshape(len(light), -1))
