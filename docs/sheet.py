"""A sheet of faces: takes side by side at the same instants, to look at before and after.

    python docs/sheet.py OUT.png --at 0.8,1.4,2.0 [--head] TAKE...

One row a take, one column an instant in seconds; --head turns heads, too. Needs the `preview` extra.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from facetake import formats
from facetake.face.studio import Studio
from facetake.preview import shown_face

SIZE = (240, 280)


def main() -> None:
    """Draws the sheet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("takes", type=Path, nargs="+")
    parser.add_argument("--at", required=True, help="seconds, with commas between")
    parser.add_argument("--head", action="store_true", help="turn heads, too")
    arguments = parser.parse_args()
    instants = [float(second) for second in arguments.at.split(",")]
    studio = Studio(SIZE)
    rows = []
    for path in arguments.takes:
        take = formats.read(path)
        frames = [min(round(second * take.rate), take.n_frames - 1) for second in instants]
        poses = take.values[frames]
        shapes, seal = shown_face(poses)
        vertices = studio.head.deform(shapes, take.head[frames] if arguments.head else None, seal)
        row = Image.fromarray(np.concatenate([studio.picture(*pair) for pair in zip(vertices, shapes, strict=True)], 1))
        ImageDraw.Draw(row).text((6, 4), path.stem, fill=(20, 20, 20))
        rows.append(np.asarray(row))
    Image.fromarray(np.concatenate(rows)).save(arguments.out, quality=90)


if __name__ == "__main__":
    main()
