"""Whether moods can be told from made landmarks alone, and whether lips keep their timing (Landmark translation 3.2).

    python tests/bench/bench_moods.py RUN LINES OTHERS [--every 2]

RUN is the folder of a training, LINES a folder of sound files that it has not learnt from, OTHERS a folder of further
ones, from which an independent classifier learns to tell moods. Takes of both in all moods are made in RUN/bench.
Prints the share of frames of each mood that are told rightly, the confusion, and how the lips' opening follows that of
the line without a mood.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch

from facetake import inference
from facetake.cli.inputs import sound_files
from facetake.emotion import EMOTIONS
from facetake.face import anny
from facetake.face.marks import Marks
from facetake.portrait.landmark_translation.checkpoint import TrainedLandmarkMotion, read_motion
from facetake.portrait.landmark_translation.motion.dataset import LandmarkMotionExample, lessons_of
from facetake.portrait.landmark_translation.motion.emotion_probe import told

SEEDS = {"lines": 1_000, "others": 2_000}
"""Of the people who say the lines: others than the training's."""


def lessons(
    motion: TrainedLandmarkMotion, folder: Path, name: str, out: Path, marks: Marks, models: inference.Models
) -> list[LandmarkMotionExample]:
    """What people who were never seen do with the sounds in a folder."""
    how = motion.about.settings.motion.lessons
    return lessons_of(
        sound_files([str(folder)]),
        motion.about.rate,
        how,
        motion.about.settings.motion.neutral.way,
        marks,
        models,
        SEEDS[name],
        out / "bench" / name,
        lambda _share: None,
    )


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("run", type=Path)
    parser.add_argument("lines", type=Path)
    parser.add_argument("others", type=Path)
    parser.add_argument("--every", type=int, default=2, help="of the frames, one in so many is put in moods")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    motion = read_motion(arguments.run)
    marks = Marks(anny.load())
    models = inference.load()
    lines = lessons(motion, arguments.lines, "lines", arguments.run, marks, models)
    others = lessons(motion, arguments.others, "others", arguments.run, marks, models)
    found = told(motion.moods, lines, others, arguments.every)
    print(f"{len(lines)} lines; told by a classifier of {len(others)} others; chance {1 / len(EMOTIONS):.2f}")
    print(f"made landmarks {found.accuracy:.2f}, landmarks of takes in those moods {found.given:.2f}")
    print(f"{'':10s} " + " ".join(f"{name[:7]:>7s}" for name in EMOTIONS) + "   lips' opening, least r")
    for name, row, r in zip(EMOTIONS, found.confusion, found.aperture, strict=True):
        print(f"{name:10s} " + " ".join(f"{share:7.2f}" for share in row) + f"   {r:.3f}")
    print(f"least correlation of the lips' opening {np.min(found.aperture):.3f}")


if __name__ == "__main__":
    main()
