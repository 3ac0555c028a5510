"""Where lips that follow a sound are lost: in the ear, in what is learnt from seconds, or in the drawing.

    python tests/bench/bench_heard_lips.py ACTOR [--seconds 6] [--likeness]

ACTOR is an actor's folder. Each stretch of so many seconds in turn teaches the regression from sound to expression, and
the rest of the clip measures it: how the opening of the lips that the ear reads, and that of the face model with the
regressed expression, follow the opening of the landmarks, and how many frames late the ear's is. `--likeness` compares
the pictures after the first stretch, too: the video's own lower face with the pixels that a network of 128 sees it
with, and the drawing with the captured and with the regressed expression, each laid into the video without any network.
No network is trained, so minutes suffice.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path

import numpy as np
import torch

from facetake import inference
from facetake.arrays import F32, I64
from facetake.portrait import lip_regression
from facetake.portrait.audiodvp.proxy import Performer, open_performer
from facetake.portrait.audiodvp.renderer import masked
from facetake.portrait.metrics.lips import aperture, follow
from facetake.portrait.metrics.similarity import ssim
from facetake.portrait.video.compositing import around, blended, softened

OPENING = -2  # of `lip_regression.heard`: what the ear reads of the opening
NETWORK_PX = 128  # `side` of AudioDVP's settings for a processor


def stretches(n_frames: int, length: int) -> list[I64]:
    """Stretches to learn from: one after another, and the last one that ends with the clip."""
    firsts = {*range(0, n_frames - length + 1, length), max(0, n_frames - length)}
    return [np.arange(first, min(n_frames, first + length)) for first in sorted(firsts)]


def regressed(features: F32, expression: F32, frames: I64) -> F32:
    """Expression (T, E) for features (T, F), learnt from some of the frames."""
    network = lip_regression.regress([features[frames]], [expression[frames]])
    with torch.inference_mode():
        return np.asarray(network(network.windows(features)).numpy(), np.float32)


def likeness(performer: Performer, said: F32, first: int) -> dict[str, float]:
    """Mean SSIM over the frames from `first` on, of what is laid into the video, by its name."""
    frames = range(first, len(said))
    masks = np.stack([performer.mask(t) for t in range(performer.n_frames)])
    region = around(masks, NETWORK_PX)
    found: defaultdict[str, list[float]] = defaultdict(list)
    for t in frames:
        picture = performer.frames(t, t + 1)[0]
        for name, whole in (
            (f"the video's own, {region.side} pixels as {NETWORK_PX}", picture),
            ("the drawing, captured expression", performer.draw(performer.expression[t], t)),
            ("the drawing, regressed expression", performer.draw(said[t], t)),
        ):
            put = region.put(masked(whole, masks[t], region), performer.size)
            found[name].append(ssim(blended(picture, put, softened(masks[t])), picture))
    return {name: float(np.mean(values)) for name, values in found.items()}


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("actor", type=Path)
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--likeness", action="store_true")
    arguments = parser.parse_args()
    performer = open_performer(arguments.actor)
    if performer.sound is None:
        parser.error("the actor's clip has no sound")
    features = lip_regression.heard(performer.sound, performer.rate, performer.model, inference.load())
    count = min(len(features), performer.n_frames)
    features, expression = features[:count], performer.expression[:count]
    seen = aperture(performer.actor.fit.landmarks[:count])
    taught = stretches(count, int(arguments.seconds * performer.rate))
    if len(taught[0]) >= count:
        parser.error("the clip is no longer than what is to be learnt from")
    print("learnt from      measured on   r: ear  regressed  ear late by, r there")
    rows = []
    for frames in taught:
        left = np.setdiff1d(np.arange(count), frames)
        said = performer.aperture(regressed(features, expression, frames)[left]).astype(np.float32)
        ear = follow(features[left, OPENING], seen[left])
        rows.append((ear.correlation, follow(said, seen[left]).correlation))
        span = f"{frames[0] / float(performer.rate):5.2f} to {(frames[-1] + 1) / float(performer.rate):5.2f} s"
        lag = f"{ear.lag_frames:+d} frames, {ear.best:.2f}"
        print(f"{span}  {len(left):4d} frames   {rows[-1][0]:.2f}    {rows[-1][1]:.2f}       {lag}")
    print(f"mean of {len(rows)}: ear {np.mean(rows, axis=0)[0]:.3f}, regressed {np.mean(rows, axis=0)[1]:.3f}")
    if arguments.likeness:
        said = regressed(features, expression, taught[0])
        for name, value in likeness(performer, said, len(taught[0])).items():
            print(f"SSIM {value:.4f}  {name}")


if __name__ == "__main__":
    main()
