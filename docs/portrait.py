"""A sheet of an actor re-enacted: the video, the face drawn over it, and what the neural renderer makes of that.

    python docs/portrait.py OUT.png ACTOR RUN [--line LINE] [--frames 5]

Columns are frames that the training has not seen; the rows below the video are spoken from its own sound, the last one
from another line. Needs the `portrait` extra.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from facetake import inference
from facetake.portrait.audiodvp.checkpoint import read_trained
from facetake.portrait.audiodvp.proxy import open_performer
from facetake.portrait.audiodvp.render import from_sound, perform


def main() -> None:
    """Draws the sheet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("actor", type=Path)
    parser.add_argument("run", type=Path)
    parser.add_argument("--line", type=Path)
    parser.add_argument("--frames", type=int, default=5)
    arguments = parser.parse_args()
    performer = open_performer(arguments.actor)
    trained = read_trained(arguments.run)
    models = inference.load()
    assert performer.sound is not None
    said = from_sound(performer.sound, performer.rate, trained, performer.model, models)
    frames = np.arange(trained.about.n_frames, min(performer.n_frames, len(said)))
    rows = {
        "video": [performer.frames(int(t), int(t) + 1)[0] for t in frames],
        "drawn": list(perform(performer, trained, said[frames], frames, neural=False)),
        "from its own sound": list(perform(performer, trained, said[frames], frames)),
    }
    if arguments.line:
        line = from_sound(arguments.line, performer.rate, trained, performer.model, models)
        begin = len(line) // 3
        rows["from another line"] = list(perform(performer, trained, line[begin : begin + len(frames)], frames))
    chosen = np.linspace(0, len(frames) - 1, arguments.frames).round().astype(int)
    strips = []
    for name, pictures in rows.items():
        strip = Image.fromarray(np.concatenate([pictures[index] for index in chosen], axis=1))
        ImageDraw.Draw(strip).text((6, 4), name, fill=(255, 255, 255))
        strips.append(np.asarray(strip))
    Image.fromarray(np.concatenate(strips)).save(arguments.out)


if __name__ == "__main__":
    main()
