"""Milliseconds a frame of each stage of the landmark system on one actor; its ablations are in `bench_ablations`.

    python tests/bench/bench_landmark.py ACTOR [--settings quick] [--frames 30]

ACTOR is a captured actor. The networks have learnt nothing, which costs as much.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from facetake.portrait.landmark_translation.image.image_warp import Movable
from facetake.portrait.landmark_translation.image.sketch import draw
from facetake.portrait.landmark_translation.image.training import new_translator
from facetake.portrait.landmark_translation.image.translator import Shown, Translator, region_around
from facetake.portrait.landmark_translation.settings import PictureSettings, read_settings
from facetake.portrait.landmark_translation.subject import Captured, open_captured
from facetake.portrait.training.devices import as_pictures, as_tensor


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
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("actor", type=Path)
    parser.add_argument("--settings", default="quick")
    parser.add_argument("--frames", type=int, default=30)
    arguments = parser.parse_args()
    settings = read_settings(arguments.settings).pictures
    spent = costs(open_captured(arguments.actor), new_translator(settings, 0).eval(), settings, arguments.frames)
    print(f"threads: {torch.get_num_threads()}; networks see {settings.side} px")
    for stage, milliseconds in spent.items():
        print(f"{stage:18s} {milliseconds:7.1f} ms a frame")
    print(f"{'together':18s} {sum(spent.values()):7.1f} ms a frame")


if __name__ == "__main__":
    main()
