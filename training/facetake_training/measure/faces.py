"""How alive is a face? Takes drawn on the preview head and read by the tracker that read real speakers.

Spread and speed of each of the tracker's scores, the distance in distribution of movement, how well a small network
tells the two apart, and how far brows and lids follow what the voice stresses, against people that nothing learnt from;
other people against those, as what can be reached. All at 25 frames a second, below 6 Hz.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facetake.arrays import F64
from facetake.errors import ConfigError
from facetake.face.studio import Studio
from facetake.generate import GenerateOptions, generate
from facetake.inference import Models
from facetake.preview import still
from facetake.take import Take, resample
from facetake_training.lips import LipsConfig, clips, sound_path
from facetake_training.measure import stress
from facetake_training.measure.discriminator import separability
from facetake_training.measure.report import MeasurementReport
from facetake_training.movement import SETTLE_S, slow

RATE = Fraction(25)  # frames a second, of the tracked videos
SIDE = 480  # pixels of the drawn picture
LIVELY = 0.02  # spread of a score that moves in real faces
DIRECTIONS = 16  # by choice: fewer than windows, whose spread tells nothing of further ones
WINDOW = 25  # frames: movement is compared by the second
UPPER = ("brow", "eyeSquint", "eyeBlink", "eyeWide", "mouthSmile")
LEFT_OUT = ("_neutral", "cheekSquint", "noseSneer")  # the tracker never sees them


def measure(
    unseen: LipsConfig, others: LipsConfig, landmarker: Path, models: Models, energy: float = 1.0
) -> MeasurementReport:
    """Draws a neutral take of every unseen clip and compares.

    Args:
        unseen: real speakers that nothing learnt from.
        others: other real speakers.
        landmarker: MediaPipe's face_landmarker.task.
        models: what generates.
        energy: of the takes, 0..2; 0 holds their poses.
    """
    report = MeasurementReport()
    names, people = _people(unseen)
    _, rest = _people(others)
    kept = np.array([not name.startswith(LEFT_OUT) for name in names])
    read = _LandmarkReader(landmarker)
    takes = [generate(sound_path(unseen, clip), GenerateOptions(energy=energy), models).take for clip in clips(unseen)]
    sounds = [sound_path(unseen, clip) for clip in clips(unseen)]
    ours = [_drawn(read.take(take, names), sound) for take, sound in zip(takes, sounds, strict=True)]
    sides = {side: [rows for rows, _ in pairs] for side, pairs in (("real", people), ("ours", ours), ("others", rest))}
    _tell_spreads(report, names, kept, sides)
    basis = _basis(sides["others"], kept)
    far, floor = (_distance(sides[side], sides["real"], basis) for side in ("ours", "others"))
    report.row(f"distance in distribution of movement: ours {far:.2f}, other people {floor:.2f}")
    shape = (-1, WINDOW, int(kept.sum()))
    windows = {side: [_windows([rows], kept).reshape(shape) for rows in sets] for side, sets in sides.items()}
    told, by_chance = (separability(windows["real"], windows[side]) for side in ("ours", "others"))
    report.row(
        f"told from the unseen by a small network, area under its curve: ours {told:.2f}, other people {by_chance:.2f}"
    )
    for part in stress.PARTS:
        found = {
            side: np.median([stress.agreement(rows, names, heard)[part] for rows, heard in pairs])
            for side, pairs in (("real", people), ("ours", ours), ("others", rest))
        }
        report.row(
            f"{part} with what the voice stresses, r: real {found['real']:.2f}, ours {found['ours']:.2f}, "
            f"other people {found['others']:.2f}"
        )
    return report


def _tell_spreads(
    report: MeasurementReport, names: list[str], kept: NDArray[np.bool_], sides: dict[str, list[F64]]
) -> None:
    """Adds each score's spread and speed, medians over clips, and how far those of real faces are met."""
    spreads = {side: np.median([rows.std(axis=0) for rows in people], axis=0) for side, people in sides.items()}
    speeds = {
        side: np.median([np.abs(np.diff(rows, axis=0)).mean(axis=0) * float(RATE) for rows in people], axis=0)
        for side, people in sides.items()
    }
    lively = kept & (spreads["real"] >= LIVELY)
    for place in np.flatnonzero(lively):
        told = (
            f"{what} real {by['real'][place]:.3f} ours {by['ours'][place]:.3f} others {by['others'][place]:.3f}"
            for what, by in (("spread", spreads), ("speed", speeds))
        )
        report.row(f"{names[place]:20s} " + "   ".join(told))
    for side in ("ours", "others"):
        ratio = spreads[side][lively] / spreads["real"][lively]
        upper = [names[place].startswith(UPPER) for place in np.flatnonzero(lively)]
        report.row(
            f"{side}: {np.mean((ratio >= 0.5) & (ratio <= 2.0)):.2f} of the scores spread by 0.5 to 2 of the unseen, "
            f"upper face by {np.median(ratio[upper]):.2f} of it"
        )


def _people(config: LipsConfig) -> tuple[list[str], list[tuple[F64, F64]]]:
    """The scores' names, and of each clip the prepared scores (N, 52) and what its voice stresses (N,)."""
    found = []
    with np.load(config.truth, allow_pickle=False) as truth:
        names = [str(name) for name in truth["names"]]
        for clip in clips(config):
            times_s = truth[f"{clip}.time"].astype(float)
            seen = truth[f"{clip}.arkit"].astype(float)
            late_s = float(truth[f"{clip}.sound_late_s"]) if f"{clip}.sound_late_s" in truth.files else 0.0
            good = np.isfinite(seen).all(axis=1) & (times_s >= SETTLE_S)
            grid_s = np.arange(times_s[good][0], times_s[good][-1], 1.0 / float(RATE))
            rows = np.stack([np.interp(grid_s, times_s[good], column) for column in seen[good].T], axis=1)
            if len(rows) > WINDOW:
                found.append((_slowed(rows), stress.stress(sound_path(config, clip), grid_s + late_s)))
    return names, found


def _drawn(rows: F64, sound: Path) -> tuple[F64, F64]:
    """The same of a take that was read, scores (T, 52) from its first frame on."""
    prepared = _slowed(rows[round(SETTLE_S * float(RATE)) :])
    return prepared, stress.stress(sound, SETTLE_S + np.arange(len(prepared)) / float(RATE))


def _slowed(rows: F64) -> F64:
    return np.stack([slow(column) for column in rows.T], axis=1)


class _LandmarkReader:
    """MediaPipe's landmarker, looking at drawn takes."""

    def __init__(self, landmarker: Path) -> None:
        try:
            modules = map(import_module, ("mediapipe", "mediapipe.tasks.python", "mediapipe.tasks.python.vision"))
            self._mediapipe, self._tasks, self._vision = modules
        except ImportError as error:
            raise ConfigError(f'this measure needs {error.name}; pip install "facetake[preview,landmarks]"') from error
        if not landmarker.is_file():
            raise ConfigError(f"no landmark model at {landmarker}; give MediaPipe's face_landmarker.task")
        self._model = landmarker
        self._studio = Studio((SIDE, SIDE))

    def take(self, take: Take, names: list[str]) -> F64:
        """Scores (N, 52) of a take at `RATE`, in the order of names; frames without a face hold the last."""
        shown = resample(take, RATE)
        rows: list[list[float]] = []
        with self._tracker() as tracker:
            for number, picture in enumerate(self._pictures(shown)):
                image = self._mediapipe.Image(image_format=self._mediapipe.ImageFormat.SRGB, data=picture)
                seen = tracker.detect_for_video(image, round(1000 * number / float(RATE)))
                if seen.face_blendshapes:
                    found = {score.category_name: score.score for score in seen.face_blendshapes[0]}
                    rows.append([found[name] for name in names])
                elif rows:
                    rows.append(rows[-1])
        return np.array(rows)

    def _pictures(self, take: Take) -> Iterator[NDArray[np.uint8]]:
        for number in range(take.n_frames):
            yield np.ascontiguousarray(still(take, number, self._studio))

    def _tracker(self) -> Any:
        options = self._vision.FaceLandmarkerOptions(
            base_options=self._tasks.BaseOptions(model_asset_path=str(self._model)),
            running_mode=self._vision.RunningMode.VIDEO,
            output_face_blendshapes=True,
            num_faces=1,
        )
        return self._vision.FaceLandmarker.create_from_options(options)


def _windows(people: list[F64], kept: NDArray[np.bool_]) -> F64:
    """Movement by the second, (N, WINDOW * kept): each window less its mean."""
    found = []
    for rows in people:
        for first in range(0, len(rows) - WINDOW + 1, 5):
            window = rows[first : first + WINDOW, kept]
            found.append((window - window.mean(axis=0)).ravel())
    return np.array(found)


def _basis(people: list[F64], kept: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], F64, F64]:
    """The directions in which people move most, and how far."""
    windows = _windows(people, kept)
    _, sizes, directions = np.linalg.svd(windows - windows.mean(axis=0), full_matrices=False)
    return kept, directions[:DIRECTIONS], sizes[:DIRECTIONS] / np.sqrt(len(windows))


def _distance(one: list[F64], two: list[F64], basis: tuple[NDArray[np.bool_], F64, F64]) -> float:
    """Frechet distance of two groups' movement, along the directions, in units of the spread along each."""
    from scipy.linalg import sqrtm

    kept, directions, sizes = basis
    first, second = (_windows(people, kept) @ directions.T / sizes for people in (one, two))
    covariances = [np.cov(points.T) for points in (first, second)]
    root = np.real(sqrtm(covariances[0] @ covariances[1]))
    means = np.square(first.mean(axis=0) - second.mean(axis=0)).sum()
    return float(means + np.trace(covariances[0] + covariances[1] - 2.0 * root))
