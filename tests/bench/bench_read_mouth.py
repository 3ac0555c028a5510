"""Whether a texture that hears the sound draws the inside of a mouth better than one that does not (READ Avatars 3.3).

    python tests/bench/bench_read_mouth.py ACTOR OUT [--seconds 40] [--side 64] [--epochs 16] [--seeds 0,1,2,3]

ACTOR is a captured folder whose sound is in step with its lips (`facetake portrait capture` tells where it is not).
Both textures learn from its first seconds with the same settings (`examples/portrait/read_minutes.toml` but for side
and epochs), the same seeds and the same steps, and are compared inside the lips on the frames that are left. What a
training comes to depends on chance, so each is done with several seeds. OUT keeps the trainings, so that a run that was
stopped goes on.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Literal

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
TEXTURES: tuple[Literal["audio", "static"], ...] = ("audio", "static")


def main() -> None:
    """Trains, compares and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("actor", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--side", type=int, default=64)
    parser.add_argument("--epochs", type=int, default=16)
    parser.add_argument("--seeds", default="0,1,2,3")
    parser.add_argument("--device", default="cpu", help="where renderers learn; all is measured on the CPU")
    arguments = parser.parse_args()
    lesson = _lesson(arguments.actor, arguments.seconds)
    base = read_settings(str(MINUTES))
    downs = min(base.unet.downs, arguments.side.bit_length() - 3)  # 8 pixels or more are left, as at 128
    base = replace(base, side=arguments.side, unet=replace(base.unet, downs=downs), heard=1.0, half_window=NEAR,
                   renderer=replace(base.renderer, epochs=arguments.epochs, deaf=DEAF))  # fmt: skip
    print("seed  texture | inside the lips: captured  from the sound | the face: captured  from the sound", flush=True)
    found = {
        texture: [
            _row(lesson, replace(base, texture=texture, seed=int(seed)), arguments.out, arguments.device)
            for seed in arguments.seeds.split(",")
        ]
        for texture in TEXTURES
    }
    heard, deaf = (np.array(found[texture]) for texture in TEXTURES)
    print("\nwithout sound the error inside the lips is larger by")
    for column, name in enumerate(("captured", "from the sound")):
        away = deaf[:, column] - heard[:, column]
        share = 100.0 * away.mean() / deaf[:, column].mean()
        print(f"{name:15s} {away.mean():.2f}, {share:.1f} %, in {int((away > 0).sum())} of {len(away)} seeds")


def _lesson(actor: Path, seconds: float) -> Lesson:
    clip, surface, models = Clip(actor), open_surface(actor, "face"), bundle.load()
    assert surface.sound is not None, f"{actor} has no sound"
    features = hearing.cepstra(surface.sound, surface.rate)
    phonemes = hearing.phonemes(surface.sound, surface.rate, models)
    return Lesson(surface, clip.emotion, clip.intensity, clip.label, features, phonemes, int(seconds * surface.rate))


def _row(lesson: Lesson, settings: Settings, out: Path, device: str) -> tuple[float, float, float, float]:
    """Errors inside the lips and in the face, with captured expression and from the sound."""
    folder = out / f"{settings.texture}_{settings.seed}"
    trained = train([lesson], settings, folder, device=devices.device(device))
    surface, count = lesson.surface, min(lesson.surface.n_frames, len(lesson.features))
    label = np.tile(lesson.label, (len(lesson.features), 1))
    line = driving.Line(predict(trained.predictor, lesson.features, label), lesson.phonemes)
    scores = evaluation.evaluate(surface, trained, line, np.arange(lesson.count, count))
    ours, given, unheard = scores.ours, scores.given, scores.unheard
    print(f"{settings.seed:4d}  {settings.texture:7s} | {given.mouth:25.2f} {ours.mouth:15.2f} | "
          f"{given.difference:18.2f} {ours.difference:15.2f}"
          + (f" | captured, unheard: {unheard.mouth:.2f}" if unheard else ""), flush=True)  # fmt: skip
    return given.mouth, ours.mouth, given.difference, ours.difference


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
