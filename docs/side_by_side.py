"""A sheet of films at the same instants, one row a film, named after its file.

    python docs/side_by_side.py OUT.jpg --at 41.2,44.0,47.5 video.mp4 audiodvp.mp4 read.mp4 landmark.mp4

Films may differ in size; all are shown as high as the first. Needs the `portrait` extra.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from facetake.portrait.video.footage import open_footage


def main() -> None:
    """Draws the sheet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("films", type=Path, nargs="+")
    parser.add_argument("--at", required=True, help="seconds, with commas between")
    arguments = parser.parse_args()
    instants = [float(second) for second in arguments.at.split(",")]
    rows = []
    height = None
    for path in arguments.films:
        pictures = [Image.fromarray(picture) for picture in shown(path, instants)]
        height = height or pictures[0].height
        row = np.concatenate([np.asarray(_as_high(picture, height)) for picture in pictures], axis=1)
        rows.append(_named(row, path.stem))
    width = max(row.shape[1] for row in rows)
    wide = [np.pad(row, ((0, 0), (0, width - row.shape[1]), (0, 0))) for row in rows]
    Image.fromarray(np.concatenate(wide)).save(arguments.out, quality=90)


def shown(path: Path, instants: list[float]) -> list[np.ndarray]:
    """A film's pictures (H, W, 3) at instants in seconds; past its end the last one."""
    footage = open_footage(path)
    wanted = [min(round(at * float(footage.rate)), footage.n_frames - 1) for at in instants]
    found = {number: picture for number, picture in enumerate(footage.pictures()) if number in wanted}
    return [found[number] for number in wanted]


def _as_high(picture: Image.Image, height: int) -> Image.Image:
    return picture.resize((round(picture.width * height / picture.height), height), Image.Resampling.LANCZOS)


def _named(row: np.ndarray, name: str) -> np.ndarray:
    picture = Image.fromarray(row)
    ImageDraw.Draw(picture).text((6, 4), name, fill=(255, 255, 255), stroke_width=1, stroke_fill=(0, 0, 0))
    return np.asarray(picture)


if __name__ == "__main__":
    main()
