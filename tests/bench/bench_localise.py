"""What is kept of a take in another language, and whether the new lips are those of its line.

    python tests/bench/bench_localise.py ORIGINAL:LINE[:EMOTION] ... [--by-mouth] [--sheet OUT.png]

Each pair is a recording and another one of the same line, in another language: a take is made of the first, and
localised to the second. Prints, a row a pair: correlation of brows, of eyes and lids and of the head with the take's
own once the map of time is undone (1: all is kept); of how far the new lips open and round with those of `facetake
generate` on the line alone (1: they are the same); closures that do not close; blinks before and after, and their
median length in milliseconds; the head's fastest turn in degrees a second before and after; seconds it took. --by-mouth
finds the take's phrases by its mouth, as without --original. --sheet draws the take above what became of it, at
instants that belong together, pair by pair; it needs the `preview` extra.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np

from facetake import inference, mouth, rig
from facetake.arrays import F32, F64
from facetake.generate import GenerateOptions, generate
from facetake.localise import Localised, LocaliseOptions, localise
from facetake.localise.retiming import find_blinks
from facetake.postprocess import lip_closure
from facetake.take import Take

COLUMNS = (
    "brow",
    "eye",
    "head",
    "opening",
    "rounding",
    "unsealed",
    "blinks",
    "blinks now",
    "blink ms",
    "now",
    "turn deg/s",
    "now",
    "s",
)
INSTANTS = 6  # of a row of faces
SIZE = (200, 230)


def kept(take: Take, made: Localised, curves: F32, now: F32) -> float:
    """Mean correlation of curves that move, weighted by how much, of a take and of what became of it."""
    at_s = made.time_map.at(made.take.times_s)
    inside = (at_s >= take.times_s[0]) & (at_s <= take.times_s[-1])  # beyond it the take is shown backwards
    at_s, now = at_s[inside], now[inside]
    before = np.stack([np.interp(at_s, take.times_s, one) for one in curves.T], axis=1)
    weights = before.std(axis=0)
    moving = weights > 1e-3
    found = [np.corrcoef(before[:, n], now[:, n])[0, 1] if now[:, n].std() > 0 else 0.0 for n in np.flatnonzero(moving)]
    return float(np.average(found, weights=weights[moving]))


def alike(one: F32, other: F32) -> float:
    """Correlation of two tracks."""
    return float(np.corrcoef(one, other)[0, 1])


def fastest(head: F32, rate: float) -> float:
    """Degrees a second of the fastest turn."""
    return float(np.linalg.norm(np.diff(head, axis=0), axis=1).max() * rate)


def row(take: Take, line: Path, made: Localised, models: inference.Models, spent_s: float) -> list[float]:
    """Numbers of one pair, in the order of `COLUMNS`."""
    emotion = str(take.origin.get("emotion"))
    alone = generate(line, GenerateOptions(emotion, rate=take.rate), models)
    regions = [np.flatnonzero(rig.region_mask(name)) for name in ("brow", "eye")]
    assert take.head is not None and made.take.head is not None
    blinks = [[end - start for start, end in find_blinks(one)] for one in (take, made.take)]
    return [
        *(kept(take, made, take.values[:, region], made.take.values[:, region]) for region in regions),
        kept(take, made, take.head, made.take.head),
        alike(mouth.aperture(made.take.values), mouth.aperture(alone.take.values)),
        alike(mouth.pucker(made.take.values), mouth.pucker(alone.take.values)),
        len(lip_closure.check_seals(made.take.values, made.performance.closures, float(take.rate))),
        *map(len, blinks),
        *(1000 * float(np.median(some)) if some else 0.0 for some in blinks),
        *(fastest(one.head, float(one.rate)) for one in (take, made.take) if one.head is not None),
        spent_s,
    ]


def faces(pairs: list[tuple[Take, Localised, str]], out: Path) -> None:
    """Draws each take above what became of it, at instants that belong together."""
    from PIL import Image, ImageDraw

    from facetake.face.studio import Studio
    from facetake.preview import shown_face

    studio = Studio(SIZE)
    rows = []
    for take, made, title in pairs:
        times_s: F64 = np.linspace(0.1, 0.9, INSTANTS) * float(made.take.duration_s)
        for one, at_s, name in ((take, made.time_map.at(times_s), title), (made.take, times_s, "localised")):
            frames = np.clip(np.round(at_s * float(one.rate)).astype(int), 0, one.n_frames - 1)
            poses = one.values[frames]
            shapes, seal = shown_face(poses)
            vertices = studio.head.deform(shapes, None if one.head is None else one.head[frames], seal)
            pictures = [studio.picture(*pair) for pair in zip(vertices, shapes, strict=True)]
            picture = Image.fromarray(np.concatenate(pictures, 1))
            ImageDraw.Draw(picture).text((6, 4), name, fill=(20, 20, 20))
            rows.append(np.asarray(picture))
    Image.fromarray(np.concatenate(rows)).save(out)


def main() -> int:
    """Measures every pair."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", nargs="+")
    parser.add_argument("--by-mouth", action="store_true")
    parser.add_argument("--sheet", type=Path)
    arguments = parser.parse_args()
    models = inference.load()
    print("pair".ljust(36), *(name.rjust(10) for name in COLUMNS))
    drawn = []
    for pair in arguments.pairs:
        first, line, *mood = pair.split(":", 2)
        original, said = Path(first), Path(line)
        take = generate(original, GenerateOptions(mood[0] if mood else "neutral"), models).take
        began = time.perf_counter()
        made = localise(take, said, LocaliseOptions(None if arguments.by_mouth else original), models)
        numbers = row(take, said, made, models, time.perf_counter() - began)
        print(f"{original.stem} -> {said.stem}".ljust(36), *(f"{number:10.3f}" for number in numbers))
        print("    ", "; ".join(made.report.told) or "everything fits")
        drawn.append((take, made, f"{original.stem} -> {said.stem}"))
    if arguments.sheet:
        faces(drawn, arguments.sheet)
    return 0


if __name__ == "__main__":
    sys.exit(main())
