"""What is said of a clip that was made anew: lips as they are seen, FID, lip-sync error, likeness and sharpness.

What is missing is told by name, for people and for programs, and what needs no network is always measured. Knows which
measure needs what; how each is done is in the module it comes from.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

from facetake import audio, pretrained
from facetake.arrays import F32, U8
from facetake.errors import PortraitError
from facetake.inference import open_affect
from facetake.networks.syncnet import FRAMES
from facetake.portrait.metrics import face_crop, frechet, lip_sync
from facetake.portrait.metrics.affect import AffectMeasure
from facetake.portrait.metrics.identity import Csim, arcface
from facetake.portrait.metrics.mouth_tracking import Retracked
from facetake.portrait.metrics.resemblance import Resemblance
from facetake.portrait.metrics.sharpness import Sharpness


class Measure(Protocol):
    """Something that looks at made and real pictures in order and comes to scores."""

    def update(self, frame: int, made: U8, real: U8) -> None:
        """Takes the made and the real picture (H, W, 3) of a frame."""

    def compute(self) -> dict[str, float]:
        """What was found, by name."""


@dataclass(frozen=True)
class Skipped:
    """A measure that was not taken.

    name: of the measure; needs: the network it lacks, or ""; reason: a sentence for a person.
    """

    name: str
    needs: str
    reason: str


@dataclass(frozen=True)
class ReferenceClip:
    """What is measured.

    Attributes:
        landmarks: (T, N, 2) pixels, MediaPipe's numbers, of the whole clip.
        rate: frames per second.
        n_frames: how many of them will be shown.
        sound: the clip's sound, from its first frame on, or None.
    """

    landmarks: F32
    rate: Fraction
    n_frames: int
    sound: Path | None


def measures(
    clip: ReferenceClip, folder: Path | None = None, landmarker: Path | None = None
) -> tuple[list[Measure], list[Skipped]]:
    """The measures that can be taken of a clip, and those that cannot.

    Args:
        clip: what is measured.
        folder: where networks are looked for first (`facetake.pretrained`).
        landmarker: MediaPipe's model file, where its package has none inside.

    Raises:
        ModelError: a network's file is there and cannot be used, or the folder is none.
        PortraitError: a landmarker is named and cannot be used.
    """
    taken: list[Measure] = []
    skipped: list[Skipped] = []
    makers: tuple[tuple[str, str, Callable[[Path], Measure]], ...] = (
        ("FID", "inception", _fid),
        ("LSE-C and LSE-D", "syncnet", lambda path: _sync(path, clip)),
        ("CSIM", "arcface", lambda path: Csim(arcface(path), clip.landmarks)),
        ("A-EMD and V-EMD by EmoNet", "emonet", lambda path: AffectMeasure(open_affect(path), clip.landmarks)),
    )
    for name, network, maker in makers:
        try:
            path = pretrained.resolve(network, folder)
        except pretrained.WeightsMissingError as error:
            skipped.append(Skipped(name, network, str(error)))
            continue
        if why := _unfit(name, clip):
            skipped.append(Skipped(name, "", why))
        else:
            taken.append(maker(path))
    try:
        taken.append(Retracked(clip.landmarks, clip.rate, landmarker))
    except PortraitError as error:
        if landmarker is not None:
            raise
        skipped.append(Skipped("LMD and lips as they are seen", "mediapipe", str(error)))
    taken.append(Sharpness())
    try:
        face_crop.similarity(face_crop.five_points(clip.landmarks[0]), face_crop.FIVE_POINTS)
        taken.append(Csim(Resemblance(), clip.landmarks, "csim_handmade"))
    except PortraitError as error:
        skipped.append(Skipped("cosine of colour and texture", "", str(error)))
    if clip.n_frames >= frechet.FEWEST:
        taken.append(frechet.Frechet("frechet_handmade", frechet.handmade_features))
    return taken, skipped


def _unfit(name: str, clip: ReferenceClip) -> str:
    """Why a clip cannot be measured, or nothing."""
    if name == "FID" and clip.n_frames < frechet.FEWEST:
        return "one picture has no spread to compare"
    if name.startswith("LSE") and clip.sound is None:
        return "the clip has no sound"
    if name.startswith("LSE") and clip.n_frames / clip.rate < Fraction(lip_sync.FEWEST, 25):
        return f"{clip.n_frames} frames are too few for a window of {FRAMES} at 25 a second"
    return ""


def _fid(path: Path) -> Measure:
    from facetake.networks.inception import UNUSED, Inception

    return frechet.Frechet("fid", frechet.inception_features(_filled(Inception(), path, UNUSED)))


def _sync(path: Path, clip: ReferenceClip) -> Measure:
    from facetake.networks.syncnet import SyncNet

    assert clip.sound is not None  # `_unfit` has looked
    return lip_sync.Sync(_filled(SyncNet(), path), audio.read(clip.sound), clip.landmarks, clip.rate)


def _filled(network: Any, path: Path, unused: tuple[str, ...] = ()) -> Any:
    pretrained.fill(network, pretrained.load_tensors(path), path, unused)
    return network


def lines(scores: dict[str, float], skipped: tuple[Skipped, ...]) -> list[str]:
    """What a person reads: a line for each measure, "n/a" with what it needs for those that were not taken."""
    names = {
        "fid": "FID",
        "lse_c": "LSE-C",
        "lse_d": "LSE-D",
        "sync_lag_frames": "frames that sound is late",
        "csim": "CSIM",
        "csim_handmade": "cosine of colour and texture (not CSIM)",
        "cpbd": "CPBD",
        "cpbd_real": "CPBD of the video",
        "a_emd": "A-EMD by EmoNet",
        "v_emd": "V-EMD by EmoNet",
        "lmd": "LMD (1: the distance between the eyes)",
        "lips_r": "lips as seen: correlation",
        "lips_best_r": "at the best lag",
        "lips_lag_frames": "of so many frames",
        "frames_without_face": "frames without a face",
        "frechet_handmade": "Frechet distance of edges and waves (not FID)",
    }
    told = [f"{names[name]} {value:.4g}" for name, value in scores.items()]
    for entry in skipped:
        needs = f"needs {entry.needs}: {entry.reason}" if entry.needs else entry.reason
        told.append(f"{entry.name} n/a ({needs})")
    return told
