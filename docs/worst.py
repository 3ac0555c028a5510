"""A sheet of a film's worst and best frames against the video that it was made from, by three measures.

    python docs/worst.py OUT.jpg ACTOR FILM [--from 40] [--each 3] [--by LMD,SSIM,flicker] [--landmarker TASK]

FILM is the actor's own sound spoken by a system (`facetake portrait render SYSTEM ACTOR RUN --audio ACTOR/sound.wav`),
so that its frames are the video's. A column is a frame: the video above, the film below, with its second and what was
measured. First come the worst by each of distance of the lips' landmarks (LMD, by MediaPipe), likeness (SSIM) and how
much more three frames flicker than the video's, then the best. Frames of one measure are half a second apart. Needs the
`portrait` and `landmarks` extras.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from facetake.portrait.capture.actor import CapturedActor, read_actor
from facetake.portrait.metrics import lips
from facetake.portrait.metrics.similarity import ssim
from facetake.portrait.video.footage import open_footage
from facetake.portrait.video.landmarks import detector

APART_S = 0.5  # frames nearer to each other show one fault twice


def main() -> None:
    """Draws the sheet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("actor", type=Path)
    parser.add_argument("film", type=Path)
    parser.add_argument("--from", type=float, default=40.0, dest="from_s", help="seconds that were learnt from")
    parser.add_argument("--each", type=int, default=3, help="frames by each measure")
    parser.add_argument("--by", default="LMD,SSIM,flicker", help="measures; LMD alone for a photograph that speaks")
    parser.add_argument("--landmarker", type=Path)
    arguments = parser.parse_args()
    actor = read_actor(arguments.actor)
    first = int(arguments.from_s * actor.rate)
    made = np.stack(list(open_footage(arguments.film).pictures())[first : actor.n_frames])
    real = actor.frames(first, first + len(made))
    found = measured(made, real, actor, first, arguments.landmarker)
    scores = {name: found[name] for name in arguments.by.split(",")}
    apart = int(APART_S * actor.rate)
    strips = []
    for title, sign in (("worst", 1.0), ("best", -1.0)):
        chosen = [(name, t) for name, far in scores.items() for t in spread(sign * far, arguments.each, apart)]
        captions = [f"{_told(name, scores[name][t])}\n{(first + t) / float(actor.rate):.2f} s" for name, t in chosen]
        strips += [_row(real, chosen, [f"{title} by", *[""] * (len(chosen) - 1)]), _row(made, chosen, captions)]
    Image.fromarray(np.concatenate(strips)).save(arguments.out, quality=88)


def measured(
    made: np.ndarray, real: np.ndarray, actor: CapturedActor, first: int, landmarker: Path | None
) -> dict[str, np.ndarray]:
    """How far each frame (T,) of a film (T, H, W, 3) is from the video's, by measure; SSIM is below 0 for that."""
    known = actor.fit.landmarks[first : first + len(made)]
    far = np.full(len(made), np.nan)
    with detector(landmarker) as found:
        for t, picture in enumerate(made):
            faces = found.faces(np.ascontiguousarray(picture.repeat(2, axis=0).repeat(2, axis=1)), round(40 * t))
            if len(faces):
                far[t] = lips.landmark_distance(faces[:1] / np.float32(2.0), known[t : t + 1])
    alike = np.array([ssim(*pair) for pair in zip(made, real, strict=True)])
    restless = [lips.flicker(made[t - 1 : t + 2]) - lips.flicker(real[t - 1 : t + 2]) for t in range(1, len(made) - 1)]
    return {"LMD": far, "SSIM": -alike, "flicker": np.array([np.nan, *restless, np.nan])}


def spread(far: np.ndarray, count: int, apart: int) -> list[int]:
    """The frames of the largest values, so far apart from each other."""
    chosen: list[int] = []
    for t in np.argsort(-np.where(np.isnan(far), -np.inf, far)):
        if len(chosen) < count and all(abs(t - other) >= apart for other in chosen):
            chosen.append(int(t))
    return chosen


def _told(name: str, far: float) -> str:
    return {"SSIM": f"SSIM {-far:.3f}", "LMD": f"LMD {far:.4f}"}.get(name, f"{name} {far:+.1f}")


def _row(pictures: np.ndarray, chosen: list[tuple[str, int]], captions: list[str]) -> np.ndarray:
    tiles = []
    for (_, t), caption in zip(chosen, captions, strict=True):
        tile = Image.fromarray(pictures[t])
        ImageDraw.Draw(tile).text((6, 4), caption, fill=(255, 255, 255), stroke_width=1, stroke_fill=(0, 0, 0))
        tiles.append(np.asarray(tile))
    return np.concatenate(tiles, axis=1)


if __name__ == "__main__":
    main()
