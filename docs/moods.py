"""A sheet of takes at the same instants, each on the rig preview and in an actor's video by READ Avatars.

    python docs/moods.py OUT.jpg ACTOR RUN SOUND --at 0.8,1.4,2.0 TAKE...

Two rows a take, one column an instant in seconds. Needs the `portrait` extra.
"""

from __future__ import annotations

import argparse
from fractions import Fraction
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from facetake import formats, inference
from facetake.face.studio import Studio
from facetake.portrait.read_avatars.audio_features import viseme_ear
from facetake.portrait.read_avatars.checkpoint import read_trained
from facetake.portrait.read_avatars.render import perform, with_sound
from facetake.portrait.read_avatars.surface import open_surface
from facetake.portrait.video.playback import there_and_back
from facetake.preview import still


def main() -> None:
    """Draws the sheet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("actor", type=Path)
    parser.add_argument("run", type=Path)
    parser.add_argument("sound", type=Path)
    parser.add_argument("takes", type=Path, nargs="+")
    parser.add_argument("--at", required=True, help="seconds, with commas between")
    arguments = parser.parse_args()
    instants = [float(second) for second in arguments.at.split(",")]
    trained = read_trained(arguments.run)
    ear = viseme_ear(inference.load().ear)
    surface = open_surface(arguments.actor, trained.about.settings.part)
    studio = Studio((surface.size, surface.size))
    rows = []
    for path in arguments.takes:
        take = formats.read(path)
        line = with_sound(take, arguments.sound, surface.rate, surface.model, ear)
        frames = there_and_back(len(line.expression), surface.n_frames)
        pictures = list(perform(surface, trained, line.expression, line.phonemes, frames))
        rows += [
            _row([still(take, _frame(at, take.rate, take.n_frames), studio) for at in instants], path.stem),
            _row([pictures[_frame(at, surface.rate, len(pictures))] for at in instants], ""),
        ]
    Image.fromarray(np.concatenate(rows)).save(arguments.out, quality=90)


def _frame(at_s: float, rate: Fraction, count: int) -> int:
    return min(round(at_s * float(rate)), count - 1)


def _row(pictures: list[np.ndarray], name: str) -> np.ndarray:
    row = Image.fromarray(np.concatenate(pictures, axis=1))
    ImageDraw.Draw(row).text((6, 4), name, fill=(20, 20, 20))
    return np.asarray(row)


if __name__ == "__main__":
    main()
