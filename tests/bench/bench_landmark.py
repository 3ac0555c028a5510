"""Table 3's ablations of the landmark system on one actor, and milliseconds a frame of each stage.

    python tests/bench/bench_landmark.py ACTOR [--seconds 6] [--until 8] [--settings quick] [--epochs 12 6]
        [--device cuda] [--landmarker TASK] [--out FOLDER]

ACTOR is a captured actor. The networks learn from its first seconds four times: as they are, without local translation,
without identity loss, without ConvGRU. Each is judged on the frames left, up to second `--until`, with captured
landmarks: SSIM, PSNR, the difference around the mouth, flicker, LMD where MediaPipe is installed, CPBD, the cosine of
colour and texture that stands in for CSIM, and CSIM and FID where the networks are found. The paper's own numbers stand
beside them.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from facetake.arrays import I64
from facetake.portrait.landmark_translation.evaluation import evaluate
from facetake.portrait.landmark_translation.image.image_warp import Movable
from facetake.portrait.landmark_translation.image.losses import judges
from facetake.portrait.landmark_translation.image.sketch import draw
from facetake.portrait.landmark_translation.image.training import learn_pictures
from facetake.portrait.landmark_translation.image.translator import Shown, Translator, region_around
from facetake.portrait.landmark_translation.settings import PictureSettings, read_settings
from facetake.portrait.landmark_translation.subject import Captured, open_captured
from facetake.portrait.metrics.clip import ReferenceClip, measures
from facetake.portrait.training import devices
from facetake.portrait.training.devices import as_pictures, as_tensor

PAPER = {  # RAVDESS, Table 3: CPBD, FID, CSIM, LMD
    "full model": (0.336, 14.621, 0.516, 0.705),
    "no local translation": (0.312, 39.059, 0.463, 0.736),
    "no identity loss": (0.319, 54.052, 0.478, 0.775),
    "no ConvGRU": (0.274, 52.527, 0.491, 0.720),
}
SHOWN = ("cpbd", "csim_handmade", "lmd", "csim", "fid", "frechet_handmade")


def ablations(settings: PictureSettings) -> dict[str, PictureSettings]:
    """The settings of each row of the table."""
    return {
        "full model": settings,
        "no local translation": replace(settings, local=False),
        "no identity loss": replace(settings, weights=replace(settings.weights, identity=0.0)),
        "no ConvGRU": replace(settings, sequence=replace(settings.sequence, layers=0)),
    }


def judged(
    captured: Captured,
    settings: PictureSettings,
    frames: I64,
    folder: Path,
    device: torch.device,
    landmarker: Path | None,
) -> tuple[Translator, str]:
    """Trains one row's networks on what comes before `frames` and says how good they are on those."""
    began = time.perf_counter()
    learnt = int(frames[0])
    translator = learn_pictures([(captured.filmed, learnt)], settings, 0, folder, judges(), device=device)
    spent = time.perf_counter() - began
    clip = ReferenceClip(captured.actor.fit.landmarks, captured.actor.rate, len(frames), captured.actor.sound)
    scores = evaluate(
        captured.subject(learnt),
        translator,
        settings,
        captured.filmed,
        captured.seen,
        frames,
        lambda: measures(clip, None, landmarker),
    )
    given = scores.given
    taken = scores.given_measures
    told = "  ".join(f"{name} {taken[name]:.4f}" for name in SHOWN if name in taken)
    return translator, (
        f"SSIM {given.ssim:.4f}  PSNR {given.psnr:.2f}  mouth {given.mouth:.2f}  flicker {given.flicker:.2f}  {told}  "
        f"({spent:.0f} s of training; moved photograph: SSIM {scores.moved.ssim:.4f}, mouth {scores.moved.mouth:.2f}, "
        f"flicker {scores.moved.flicker:.2f}; video: CPBD {taken['cpbd_real']:.4f}, flicker {scores.real_flicker:.2f})"
    )


def costs(captured: Captured, translator: Translator, settings: PictureSettings, frames: int) -> dict[str, float]:
    """Median milliseconds a frame of each stage."""
    subject = captured.subject()
    region = region_around(captured.seen, len(subject.picture), settings)
    movable = Movable(subject.picture, subject.known)
    square = region.cut(subject.picture)
    points = region.points(captured.seen)[:, None]
    pictures = [as_tensor(draw(row[0], region.pixels))[None] for row in points[:frames]]
    given = [Shown(sketch, as_tensor(square)[None], row, row) for sketch, row in zip(pictures, points, strict=False)]
    combined = [translator.local(each).combined[None] for each in given]
    tasks: dict[str, Callable[[int], object]] = {
        "move photograph": lambda t: movable.moved(captured.seen[t]),
        "draw landmarks": lambda t: draw(points[t][0], region.pixels),
        "parts and rest": lambda t: translator.local(given[t]),
        "whole": lambda t: translator.whole(combined[t]),
        "back": lambda t: region.put(as_pictures(combined[t][0, 0]), len(subject.picture)),
    }
    return {name: median_ms(task, len(given)) for name, task in tasks.items()}


@torch.inference_mode()
def median_ms(task: Callable[[int], object], frames: int) -> float:
    """Median milliseconds of a task over some frames, after one to warm up."""
    task(0)
    spent = []
    for frame in range(frames):
        began = time.perf_counter()
        task(frame)
        spent.append(1000.0 * (time.perf_counter() - began))
    return float(np.median(spent))


def main() -> None:
    """Trains, measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("actor", type=Path)
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--until", type=float, default=np.inf)
    parser.add_argument("--settings", default="quick")
    parser.add_argument("--epochs", type=int, nargs=2, metavar=("PARTS", "WHOLE"))
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--landmarker", type=Path)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    settings = read_settings(arguments.settings).pictures
    if arguments.epochs:
        parts, whole = arguments.epochs
        settings = replace(
            settings,
            local_training=replace(settings.local_training, epochs=parts),
            global_training=replace(settings.global_training, epochs=whole),
        )
    captured = open_captured(arguments.actor)
    first, last = (
        int(min(s * captured.actor.rate, captured.actor.n_frames)) for s in (arguments.seconds, arguments.until)
    )
    frames = np.arange(first, last)
    device = devices.device(arguments.device)
    translator = None
    with tempfile.TemporaryDirectory() as spare:
        for name, row in ablations(settings).items():
            made, told = judged(
                captured,
                row,
                frames,
                (arguments.out or Path(spare)) / name.replace(" ", "_"),
                device,
                arguments.landmarker,
            )
            translator = translator or made
            print(f"{name:22s} {told}", flush=True)
            print(
                f"{'':22s} paper (RAVDESS): CPBD {PAPER[name][0]}  FID {PAPER[name][1]}  CSIM {PAPER[name][2]}  "
                f"LMD {PAPER[name][3]}",
                flush=True,
            )
    assert translator is not None
    spent = costs(captured, translator.cpu(), settings, 30)
    print(f"threads: {torch.get_num_threads()}; networks see {settings.side} px")
    for stage, milliseconds in spent.items():
        print(f"{stage:18s} {milliseconds:7.1f} ms a frame")
    print(f"{'together':18s} {sum(spent.values()):7.1f} ms a frame")


if __name__ == "__main__":
    main()
