"""What stays the same in all of an actor's frames: identity, albedo, own colours and light (READ Avatars 3.1).

Found once, from a few frames as unlike one another as can be, of one clip or of several together. Knows landmarks,
pictures and face models; does not know videos or what an actor's folder holds besides.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from facetake.arrays import F32, I64, U8
from facetake.portrait.capture import actor
from facetake.portrait.capture.fitting import FitSettings, LandmarkFitter, first_motion, varied
from facetake.portrait.capture.linearized_model import Linearised
from facetake.portrait.capture.photometry import Looks, Photometry
from facetake.render.camera import Camera

FILE = "shared.safetensors"


@dataclass(frozen=True)
class Shared:
    """Identity (I,) and looks of one actor."""

    identity: F32
    looks: Looks


def shared_by(
    face: Linearised, camera: Camera, settings: FitSettings, points: F32, pictures: Callable[[I64], U8]
) -> Shared:
    """What all frames of an actor share.

    Args:
        face: the model, with the landmarks of the track.
        camera: of the crop.
        settings: weights of the fit.
        points: (T, N, 2) the landmarks of all frames in the crop's pixels.
        pictures: gives the crops (n, H, W, 3) of some frames (n,).
    """
    chosen = varied(points, settings.n_shared)
    points = points[chosen]
    fitter = LandmarkFitter(face, camera, settings)
    none = np.zeros(len(face.shapes), np.float32)
    motion = fitter.fit(none, first_motion(face, points, camera), points, settings.rounds)
    identity, motion = fitter.identity(motion, points, none, settings.rounds)
    return Shared(identity, Photometry(face, camera, identity, 1.0).looks(pictures(chosen), motion))


def write_shared(folder: Path, shared: Shared) -> None:
    """Leaves it in the folder of a capture."""
    looks = shared.looks
    actor.write_arrays(
        folder / FILE,
        {"identity": shared.identity, "albedo": looks.albedo, "light": looks.light, "colour": looks.colour},
    )


def read_shared(folder: Path) -> Shared | None:
    """What was found before, None where nothing was. PortraitError when the file is damaged."""
    if not (folder / FILE).is_file():
        return None
    held = actor.read_arrays(folder / FILE, "identity", "albedo", "light", "colour")
    return Shared(held["identity"], Looks(held["albedo"], held["light"], held["colour"]))
