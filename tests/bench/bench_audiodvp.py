"""Milliseconds a frame of each stage of AudioDVP, beside the paper's on an RTX 2080 Ti.

    python tests/bench/bench_audiodvp.py ACTOR RUN [--frames 50]

ACTOR is an actor's folder, RUN the folder of a training on it. Prints each stage's median, the paper's and their ratio.
The paper: 2 ms to predict, 3 ms to draw, 13 ms to render, 2 ms to composite (AudioDVP 4).
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from facetake import inference
from facetake.portrait.audiodvp.checkpoint import read_trained
from facetake.portrait.audiodvp.expression import predict
from facetake.portrait.audiodvp.proxy import open_performer
from facetake.portrait.audiodvp.render import heard
from facetake.portrait.audiodvp.renderer import masked, rendered
from facetake.portrait.video.compositing import blended, softened

PAPER_MS = {"predict": 2.0, "draw": 3.0, "render": 13.0, "composite": 2.0}


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
    parser.add_argument("run", type=Path)
    parser.add_argument("--frames", type=int, default=50)
    arguments = parser.parse_args()
    performer = open_performer(arguments.actor)
    trained = read_trained(arguments.run)
    frames = min(arguments.frames, performer.n_frames)
    about = trained.about
    assert performer.sound is not None
    began = time.perf_counter()
    features = heard(performer.sound, performer.rate, about.settings.features, performer.model, inference.load())
    heard_ms = 1000.0 * (time.perf_counter() - began) / len(features)
    picture = performer.frames(0, 1)[0]
    mask = performer.mask(0)
    square = masked(picture, mask, about.region)
    how = about.settings
    extra = median_ms(lambda _: list(rendered(trained.generator, [square], how.radius, how.ends)), frames)
    spent = {
        "predict": heard_ms + 1000.0 * _timed(lambda: predict(trained.predictor, features)) / len(features),
        "draw": median_ms(lambda t: masked(performer.draw(performer.expression[t], t), mask, about.region), frames),
        "render": extra,
        "composite": median_ms(
            lambda _: blended(picture, about.region.put(square, performer.size), softened(mask)), frames
        ),
    }
    print(f"mask (once a frame of the target): {median_ms(performer.mask, frames):.1f} ms")
    print(f"threads: {torch.get_num_threads()}; region {about.region.side} px as {about.region.pixels} px")
    for stage, paper in PAPER_MS.items():
        print(f"{stage:10s} {spent[stage]:8.1f} ms   paper {paper:5.1f} ms   ratio {spent[stage] / paper:6.2f}")
    total = sum(spent.values())
    paper = sum(PAPER_MS.values())
    print(f"{'together':10s} {total:8.1f} ms   paper {paper:5.1f} ms   ratio {total / paper:6.2f}")


def _timed(task: Callable[[], object]) -> float:
    began = time.perf_counter()
    task()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
