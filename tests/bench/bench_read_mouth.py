"""What the sound is worth to a texture inside a mouth (READ Avatars 3.3).

    python tests/bench/bench_read_mouth.py ACTOR OUT [--seconds 40] [--side 64] [--epochs 16] [--seeds 0,2]

ACTOR is a captured folder whose sound is in step with its lips (`facetake portrait capture` tells where it is not). Its
first seconds teach renderers that hear little of the sound around a frame, and nothing in a share of the pictures; the
rest is drawn with captured expression, with the sound and without. What a training comes to depends on chance by more
than the sound is worth, so both are drawn by the same networks. OUT keeps the trainings, so that a run that was stopped
goes on.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from facetake import bundle
from facetake.portrait import devices
from facetake.portrait.clips import Clip
from facetake.portrait.read import driving, evaluation, hearing
from facetake.portrait.read.parameters import predict
from facetake.portrait.read.settings import Settings, read_settings
from facetake.portrait.read.surface import open_surface
from facetake.portrait.read.training import Lesson, train

MINUTES = Path(__file__).parents[2] / "examples" / "portrait" / "read_minutes.toml"
NEAR, DEAF = 2, 0.3
"""Frames of sound to either side, all of it heard, and the share of pictures that are learnt without."""


def main() -> None:
    """Trains, compares and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("actor", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--side", type=int, default=64)
    parser.add_argument("--epochs", type=int, default=16)
    parser.add_argument("--seeds", default="0,2")
    parser.add_argument("--device", default="cpu", help="where renderers learn; all is measured on the CPU")
    arguments = parser.parse_args()
    lesson = _lesson(arguments.actor, arguments.seconds)
    base = read_settings(str(MINUTES))
    downs = min(base.unet.downs, arguments.side.bit_length() - 3)  # 4 pixels are left, as at 128
    base = replace(base, side=arguments.side, unet=replace(base.unet, downs=downs), heard=1.0, half_window=NEAR,
                   renderer=replace(base.renderer, epochs=arguments.epochs, deaf=DEAF))  # fmt: skip
    print("seed | inside the lips: heard  unheard  from the sound | the face: heard  unheard", flush=True)
    for seed in arguments.seeds.split(","):
        _row(lesson, replace(base, seed=int(seed)), arguments.out, arguments.device)


def _lesson(actor: Path, seconds: float) -> Lesson:
    clip, surface, models = Clip(actor), open_surface(actor, "face"), bundle.load()
    assert surface.sound is not None, f"{actor} has no sound"
    features = hearing.cepstra(surface.sound, surface.rate)
    phonemes = hearing.phonemes(surface.sound, surface.rate, models)
    return Lesson(surface, clip.emotion, clip.intensity, clip.label, features, phonemes, int(seconds * surface.rate))


def _row(lesson: Lesson, settings: Settings, out: Path, device: str) -> None:
    """Trains with one seed and prints errors inside the lips and in the face."""
    trained = train([lesson], settings, out / f"audio_{settings.seed}", device=devices.device(device))
    surface, count = lesson.surface, min(lesson.surface.n_frames, len(lesson.features))
    label = np.tile(lesson.label, (len(lesson.features), 1))
    line = driving.Line(predict(trained.predictor, lesson.features, label), lesson.phonemes)
    scores = evaluation.evaluate(surface, trained, line, np.arange(lesson.count, count))
    ours, heard, unheard = scores.ours, scores.given, scores.unheard
    assert unheard is not None
    print(f"{settings.seed:4d} | {heard.mouth:22.2f} {unheard.mouth:8.2f} {ours.mouth:15.2f} | "
          f"{heard.difference:15.2f} {unheard.difference:8.2f}", flush=True)  # fmt: skip


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
