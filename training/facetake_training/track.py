"""Lips tracked in video, for a model to learn from or to be scored against: the folder that `lips` reads.

MediaPipe's face landmarker looks at each frame. Knows nothing of curves or training.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import soundfile as sf
from numpy.typing import NDArray

from facetake import audio, files
from facetake.audio.containers import open_container
from facetake.errors import AudioError, ConfigError
from facetake.portrait.metrics.lips import INNER

FOREHEAD = 10  # MediaPipe's number
CHIN = 152  # likewise
MIN_FOUND = 0.9  # share of frames in which a face must be seen
N_SCORES = 52  # MediaPipe's: `_neutral` and ARKit's without `tongueOut`


@dataclass(frozen=True)
class Tracked:
    """What the tracker saw in one video; NaN in frames without a face.

    Attributes:
        times_s: (T,) time of each frame from the first one on, where the sound begins too.
        aperture: (T,) opening between the inner lips, a share of the face's height.
        scores: (T, 52) blend-shape scores 0..1, in the order of `names`.
        names: their names, ARKit's and ``_neutral``.
    """

    times_s: NDArray[np.float64]
    aperture: NDArray[np.float64]
    scores: NDArray[np.float64]
    names: tuple[str, ...]


def aperture(points: NDArray[np.floating]) -> float:
    """Opening between the inner lips of landmarks (478, 3) in pixels, a share of the distance from forehead to chin."""
    opening = np.mean([np.linalg.norm(points[upper] - points[lower]) for upper, lower in INNER])
    return float(opening / np.linalg.norm(points[FOREHEAD] - points[CHIN]))


def track_folder(videos: Sequence[Path], landmarker: Path, out: Path) -> list[str]:
    """Tracks videos of people speaking, one face each, and writes lips.npz and the sound beside it.

    Args:
        videos: files with picture and sound; a clip is called as its file.
        landmarker: MediaPipe's face_landmarker.task.
        out: a new folder.

    Returns:
        One line a video: what was found, or why it was left out.

    Raises:
        ConfigError: `out` exists, two videos of one name, no model, MediaPipe is not installed, or nothing was tracked.
    """
    if out.exists():
        raise ConfigError(f"{out} exists already; name a new folder")
    names = [video.stem for video in videos]
    if len(set(names)) < len(names):
        raise ConfigError("two videos have the same name; clips are called as their files")
    _modules()
    if not landmarker.is_file():
        raise ConfigError(f"no landmark model at {landmarker}; give MediaPipe's face_landmarker.task")
    clips: dict[str, tuple[Tracked, NDArray[np.float32]]] = {}
    report = []
    for video in videos:
        try:
            seen = track(video, landmarker)
            sound = audio.read(video)
        except (ConfigError, AudioError) as error:
            report.append(f"left out: {error}")
            continue
        clips[video.stem] = seen, sound
        report.append(f"{video.stem}: {len(seen.times_s)} frames, {seen.times_s[-1]:.1f} s")
    if not clips:
        raise ConfigError("; ".join(report))
    _write(clips, out)
    return report


def track(video: Path, landmarker: Path) -> Tracked:
    """Tracks the face of one video.

    Raises:
        ConfigError: not a video, or no face in more than a tenth of its frames.
    """
    av, mediapipe, tasks, vision = _modules()
    options = vision.FaceLandmarkerOptions(
        base_options=tasks.BaseOptions(model_asset_path=str(landmarker)),
        running_mode=vision.RunningMode.VIDEO,
        output_face_blendshapes=True,
        num_faces=1,  # more than one turns off the smoothing of landmarks
    )
    times = []
    openings = []
    rows = []
    names = ()
    zero_s = 0.0
    try:
        with open_container(video) as file, vision.FaceLandmarker.create_from_options(options) as tracker:
            for number, frame in enumerate(file.decode(video=0)):
                zero_s = zero_s if number else frame.time  # the sound's, too
                pixels = np.ascontiguousarray(frame.to_ndarray(format="rgb24"))
                picture = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=pixels)
                seen = tracker.detect_for_video(picture, round(1000 * frame.time))
                times.append(float(frame.time - zero_s))
                if not seen.face_landmarks:
                    openings.append(np.nan)
                    rows.append(np.full(N_SCORES, np.nan))
                    continue
                height, width = pixels.shape[:2]
                points = np.array([(p.x * width, p.y * height, p.z * width) for p in seen.face_landmarks[0]])
                openings.append(aperture(points))
                rows.append(np.array([score.score for score in seen.face_blendshapes[0]]))
                names = tuple(score.category_name for score in seen.face_blendshapes[0])
    except (av.error.FFmpegError, IndexError) as error:
        raise ConfigError(f"{video} holds no picture that can be read: {error}") from error
    if np.isfinite(openings).mean() < MIN_FOUND:
        raise ConfigError(f"{video}: a face is seen in {np.isfinite(openings).mean():.0%} of the frames only")
    return Tracked(np.array(times), np.array(openings), np.array(rows), names)


def _modules() -> tuple[Any, ...]:
    """PyAV and the parts of MediaPipe."""
    try:
        return tuple(map(import_module, ("av", "mediapipe", "mediapipe.tasks.python", "mediapipe.tasks.python.vision")))
    except ImportError as error:
        raise ConfigError(
            f'tracking needs {error.name}, which is not installed; pip install "facetake[preview,landmarks]"'
        ) from error


def _write(clips: dict[str, tuple[Tracked, NDArray[np.float32]]], out: Path) -> None:
    """Writes the folder beside its place and renames it."""
    making = out.with_name(out.name + ".part")
    (making / "audio").mkdir(parents=True)
    arrays: dict[str, NDArray[Any]] = {}
    for name, (seen, sound) in clips.items():
        arrays |= {f"{name}.time": seen.times_s, "names": np.array(seen.names)}
        arrays |= {f"{name}.aperture": _filled(seen.aperture[:, None])[:, 0], f"{name}.arkit": _filled(seen.scores)}
        sf.write(making / "audio" / f"video_{name}.wav", sound, audio.SAMPLE_RATE_HZ)
    np.savez(making / "lips.npz", **arrays)  # type: ignore[arg-type]  # numpy's stub mixes arrays and options
    files.replace(making, out)


def _filled(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rows (T, N) with those of missing frames interpolated between their neighbours."""
    good = np.flatnonzero(np.isfinite(rows[:, 0]))
    return np.stack([np.interp(np.arange(len(rows)), good, column[good]) for column in rows.T], axis=1)
