"""What the sound is worth to a texture inside a mouth (READ Avatars 3.3).

    python tests/bench/bench_read_mouth.py ACTOR OUT [--seconds 40] [--epochs 12] [--seeds 0,1,2] [--side 128]
        [--device cpu]

ACTOR is a captured folder whose sound is in step with its lips (`facetake portrait capture` tells where it is not). Its
first seconds teach the networks of the setting "minutes" twice with each seed, with the sound in the
texture and without; the rest is compared. OUT keeps the trainings, so that a run that was stopped goes on.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from bench_read import hear

from facetake import inference
from facetake.portrait.capture.clip_list import ActorClip
from facetake.portrait.read_avatars.settings import read_settings
from facetake.portrait.read_avatars.training import train
from facetake.portrait.training import devices

MINUTES = "minutes"


def main() -> None:
    """Trains, compares and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("actor", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument(
        "--side", type=int, default=128, help="pixels that the networks see; half are four times as fast"
    )
    parser.add_argument("--device", default="cpu", help="where renderers learn; all is measured on the CPU")
    arguments = parser.parse_args()
    base = read_settings(MINUTES)
    spoken = hear(ActorClip(arguments.actor), base, inference.load())
    learnt = int(arguments.seconds * spoken.surface.rate)
    print("seed  texture | inside the lips: captured  from the sound | the face: captured  from the sound", flush=True)
    for seed in (int(text) for text in arguments.seeds.split(",")):
        for texture in ("audio", "static"):
            settings = replace(
                base,
                texture=texture,
                seed=seed,
                side=arguments.side,
                renderer=replace(base.renderer, epochs=arguments.epochs, sharpen=0.0),
            )
            trained = train(
                [spoken.lesson(learnt)],
                settings,
                arguments.out / f"{texture}_{seed}",
                device=devices.device(arguments.device),
            )
            found = spoken.evaluated(trained, np.arange(learnt, spoken.count))
            print(
                f"{seed:4d}  {texture:7s} | {found.given.mouth:25.2f} {found.ours.mouth:15.2f} | "
                f"{found.given.difference:18.2f} {found.ours.difference:15.2f}",
                flush=True,
            )


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
