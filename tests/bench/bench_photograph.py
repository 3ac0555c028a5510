"""Strangers' photographs that speak at once: lips, sharpness, identity and time, against films of the same people.

    python tests/bench/bench_photograph.py OUT VIDEO... [--moods VIDEO...] [--landmarker TASK] [--seconds 5]

Of each VIDEO the first frame is the photograph, and its sound is what is said, so that its lips are known. Prints for
each: r and LMD of the lips as MediaPipe sees them, put in step; CPBD of the film as a share of the photograph's;
distances of identity between film and photograph; and the time that `facetake portrait film` takes in all, with that of
the processors. OUT gets the films, and a sheet of 50 mouths of each to look at for doubled lips.

Distances of identity are those of colour and texture by hand and, where dlib and face_recognition_models are installed,
of dlib's descriptor; --moods are films of one person each that begin calmly, whose first frame lies as far from the one
with the strongest expression as the last line says.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import soundfile as sf
import torch

from facetake import audio
from facetake.arrays import F32, U8
from facetake.audio.containers import open_container
from facetake.networks.iresnet import SIDE
from facetake.portrait.capture.posed_face import open_face
from facetake.portrait.landmark_translation.photograph import read_photograph
from facetake.portrait.metrics.face_crop import face_square
from facetake.portrait.metrics.lips import LATE_MOST_S, aperture, eye_distance, follow, in_step, landmark_distance
from facetake.portrait.metrics.resemblance import Resemblance
from facetake.portrait.metrics.sharpness import cpbd
from facetake.portrait.storage import write_png
from facetake.portrait.video.landmarks import detector

FPS = 25.0  # of the film
MOUTHS = 50
MOUTH_PX = 96
SMALL = 400  # pixels: pictures below are doubled for MediaPipe, which misses some small faces


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("out", type=Path)
    parser.add_argument("videos", type=Path, nargs="+")
    parser.add_argument("--moods", type=Path, nargs="+", default=[])
    parser.add_argument("--landmarker", type=Path)
    parser.add_argument("--seconds", type=float, default=5.0)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    print(
        "clip | r, as it is | r, in step (frames late) | LMD | CPBD film / photograph | identity | wall s | processor s"
    )
    for video in arguments.videos:
        print(_measured(video, arguments), flush=True)
    for video in arguments.moods:
        frames = list(pictures(video, 1e9))
        points = tracked(frames, arguments.landmarker)
        still = points - points.mean(axis=1, keepdims=True)
        strongest = int(np.linalg.norm(still - still[0], axis=2).mean(axis=1).argmax())
        chosen = [0, strongest]
        away = Identity().distances([frames[i] for i in chosen], points[chosen])
        print(f"two moods, {video.stem}: identity {away}")


def _measured(video: Path, arguments: argparse.Namespace) -> str:
    """One line about one stranger."""
    photo, sound, film = (arguments.out / f"{video.stem}{suffix}" for suffix in (".png", ".wav", ".mp4"))
    real = list(pictures(video, arguments.seconds))
    write_png(photo, real[0])
    sf.write(sound, audio.read(video)[: round(arguments.seconds * audio.SAMPLE_RATE_HZ)], audio.SAMPLE_RATE_HZ)
    command = [sys.executable, "-m", "facetake", "portrait", "film", photo, "--audio", sound, "-o", film]
    if arguments.landmarker:
        command += ["--landmarker", arguments.landmarker]
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wall = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    busy = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    made = list(pictures(film, arguments.seconds))
    seen, truth = (tracked(frames, arguments.landmarker) for frames in (made, real))
    times = np.arange(len(seen)) / FPS
    own = np.arange(len(truth)) / _rate(video)
    count = int((times <= own[-1]).sum())
    truth = _at(truth, own, times[:count])
    seen = seen[:count]
    lips = follow(aperture(seen), aperture(truth), int(LATE_MOST_S * FPS))
    alike = seen * (eye_distance(truth) / eye_distance(seen))[:, None, None]  # the video may be larger than the film
    away = landmark_distance(in_step(alike, lips.lag_frames), truth)
    square = read_photograph(photo, open_face().model, 256, None, arguments.landmarker).picture
    sharp = float(np.mean([cpbd(frame) for frame in made]) / cpbd(square))
    every = np.linspace(0, count - 1, MOUTHS).astype(int)
    at = tracked([square], arguments.landmarker)
    identity = Identity().distances([square, *(made[i] for i in every)], np.concatenate([at, seen[every]]))
    write_png(film.with_suffix(".mouths.png"), _sheet([made[i] for i in every], seen[every]))
    return (
        f"{video.stem} | {lips.correlation:.2f} | {lips.best:.2f} ({lips.lag_frames}) | {away:.4f} | {sharp:.2f} | "
        f"{identity} | {wall:.0f} | {busy:.0f}"
    )


def pictures(video: Path, seconds: float) -> Iterator[U8]:
    """Pictures (H, W, 3) of a film's first seconds."""
    with open_container(video) as film:
        stream = film.streams.video[0]
        for number, frame in enumerate(film.decode(stream)):
            if number >= seconds * float(stream.average_rate):
                return
            yield frame.to_ndarray(format="rgb24")


def _rate(video: Path) -> float:
    with open_container(video) as film:
        return float(film.streams.video[0].average_rate)


def tracked(frames: list[U8], landmarker: Path | None) -> F32:
    """(T, 478, 2) points of the one face; where none is seen those of the frame before."""
    found: list[F32] = []
    with detector(landmarker) as looks:
        for number, frame in enumerate(frames):
            scale = 2 if len(frame) < SMALL else 1
            large = np.ascontiguousarray(frame.repeat(scale, axis=0).repeat(scale, axis=1))
            faces = looks.faces(large, round(1000 * number / FPS))
            found.append(faces[0] / scale if len(faces) else found[-1])
    return np.array(found, np.float32)


def _at(rows: F32, own: np.ndarray, times: np.ndarray) -> F32:
    """Rows (T, ...) of some times at others, between them linear."""
    flat = rows.reshape(len(rows), -1)
    columns = [np.interp(times, own, column) for column in flat.T]
    return np.stack(columns, axis=1).reshape(len(times), *rows.shape[1:]).astype(np.float32)


class Identity:
    """Distances of the first face from the others, by each measure that is at hand."""

    def __init__(self) -> None:
        """Opens dlib's networks where they are installed."""
        self._dlib: Any = import_module("dlib") if find_spec("dlib") and find_spec("face_recognition_models") else None
        if self._dlib:
            models = Path(str(import_module("importlib.util").find_spec("face_recognition_models").origin)).parent
            folder = models / "models"
            self._describe = self._dlib.face_recognition_model_v1(
                str(folder / "dlib_face_recognition_resnet_model_v1.dat")
            )
            self._points = self._dlib.shape_predictor(str(folder / "shape_predictor_5_face_landmarks.dat"))

    def distances(self, frames: list[U8], points: F32) -> str:
        """The mean over the others of what lies between them and the first frame (H, W, 3)."""
        told = f"by hand {np.mean(self._by_hand(frames, points)):.3f}"
        if not self._dlib:
            return told
        away = self._by_dlib(frames, points)
        return f"{told}, dlib {np.mean(away):.3f} (most {np.max(away):.3f})"

    def _by_hand(self, frames: list[U8], points: F32) -> np.ndarray:
        faces = np.stack([face_square(frame, at, SIDE) for frame, at in zip(frames, points, strict=True)])
        with torch.inference_mode():
            rows = Resemblance()(torch.from_numpy(np.moveaxis(faces, -1, 1)).float() / 127.5 - 1.0)
        return 1.0 - torch.nn.functional.cosine_similarity(rows[:1], rows[1:]).numpy()

    def _by_dlib(self, frames: list[U8], points: F32) -> np.ndarray:
        rows = []
        for frame, at in zip(frames, points, strict=True):
            (left, top), (right, bottom) = at.min(axis=0).round(), at.max(axis=0).round()
            box = self._dlib.rectangle(int(left), int(top), int(right), int(bottom))
            rows.append(np.array(self._describe.compute_face_descriptor(frame, self._points(frame, box))))
        return np.asarray(np.linalg.norm(np.array(rows[1:]) - rows[0], axis=1))


def _sheet(frames: list[U8], points: F32) -> U8:
    """Mouths (10 a row), each twice as wide as the eyes' distance is."""
    from PIL import Image

    cells = []
    for frame, at in zip(frames, points, strict=True):
        half = 0.55 * float(np.linalg.norm(at[33] - at[263]))
        x, y = 0.5 * (at[61] + at[291])
        box = (x - half, y - half, x + half, y + half)
        cells.append(np.asarray(Image.fromarray(frame).resize((MOUTH_PX, MOUTH_PX), Image.Resampling.BICUBIC, box)))
    rows = [np.concatenate(cells[first : first + 10], axis=1) for first in range(0, len(cells), 10)]
    return np.concatenate(rows, axis=0)


if __name__ == "__main__":
    main()
