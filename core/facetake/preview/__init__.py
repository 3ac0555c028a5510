"""A take as a shaded talking head with sound: take + recording -> video.

Reads as the story of a preview: bring the take to the video's rate, turn controls into a posed head block by
block, draw each frame, put the strip of curves under it, write pictures and sound. Needs the `preview`
extra (numba, PyAV).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from facetake.arrays import F32
from facetake.errors import RenderError
from facetake.face.head import load
from facetake.mouth import SEALED_APERTURE, TEETH_BITE, aperture, pucker
from facetake.rig import ARKIT_NAMES, both, columns, to_arkit
from facetake.take import Take, resample

if TYPE_CHECKING:
    from facetake.face.studio import Studio
    from facetake.preview.plot import Strip
    from facetake.visemes import VisemeSegment

Progress = Callable[[int, int], None]

MOST_FPS = 30
"""Previews of faster takes are drawn at an even part of their rate that is no more than this."""
BLOCK_FRAMES = 32  # posed at once: a long take needs little memory
PARTED_APERTURE = 0.08
"""Lips that count as sealed (`mouth.SEALED_APERTURE`) touch in the picture; from this on they open as shapes say."""

BITE = {"mouthUpperUpLeft": 0.49, "mouthUpperUpRight": 0.49, "mouthRollLower": 0.6, "jawOpen": 0.05}
"""Weights, at least, of a lower lip at the teeth, by eye: the upper lip off their edges, the lower one under them. The
upper one is lifted no further than people's f and v part the lips (`tests/bench/bench_faces.py spoken`)."""
BITE_BEGINS = 0.15  # of `lipBiteD`, by choice: what a p has of it beside `lipBiteU` stays a p
PRESSED_TIP = 0.4  # of the tongue's press, by eye: a tip that presses is against the ridge


def render(
    take: Take,
    audio: Path | None,
    out: Path,
    visemes: Sequence[VisemeSegment] | None = None,
    *,
    plot: bool = False,
    size: tuple[int, int] = (720, 720),
    rate: Fraction | None = None,
    head: str | None = None,
    view: str = "front",
    progress: Progress | None = None,
) -> int:
    """Draws a take as a talking head into the video file `out` and returns its number of frames.

    audio: the recording, or None for a silent video; visemes: segments shown when `plot` is set, together with the
    waveform and main curves, under the face; size: of the face (width, height), even; rate: frames per second, by
    default the take's own or an even part of it up to 30; head, view: whose face and from where, as
    `facetake.face.choices` has them; progress: called with frames done and their total.
    RenderError when the `preview` extra is missing, there is no such head or view, or `out` cannot be written;
    AudioError for a bad recording.
    """
    studio_class = _require_studio()
    from facetake.render.video import write_video

    _check_size(size)
    wanted = rate or preview_rate(take.rate)
    shown = take if wanted == take.rate else resample(take, wanted)
    strip = _strip(shown, audio, visemes or (), size[0]) if plot else None
    studio = studio_class(size, None if head is None else load(head), view)
    frames = _frames(shown, studio, strip, progress)
    return write_video(out, frames, shown.rate, sound=audio, start_s=shown.start)


def still(take: Take, number: int, studio: Studio) -> NDArray[np.uint8]:
    """An sRGB picture (height, width, 3) of one frame of a take."""
    rows = slice(number, number + 1)
    arkit, seal = shown_face(take.values[rows])
    turn = None if take.head is None else take.head[rows]
    vertices = studio.head.deform(arkit, turn, seal)
    return studio.picture(vertices[0], arkit[0])


def preview_rate(rate: Fraction) -> Fraction:
    """The take's rate, divided by the smallest whole number that brings it to 30 frames per second or less."""
    return rate / ceil(rate / MOST_FPS)


def lip_seal(values: F32) -> F32:
    """How far the picture must bring the lips together (T,), 0..1: sealed curves show sealed lips."""
    share = np.clip((PARTED_APERTURE - aperture(values)) / (PARTED_APERTURE - SEALED_APERTURE), 0.0, 1.0)
    return np.asarray(share * share * (3.0 - 2.0 * share), dtype=np.float32)


def shown_face(values: F32) -> tuple[F32, F32]:
    """What pictures show of controls (T, 174): weights of a head's shapes, and how far lips are brought together (T,).

    The weights (T, 55) are ARKit's 52 and those of `facetake.face.head.MORE_SHAPES`. ARKit has no word for a lower lip
    at the upper teeth either, and sealed lips would make an m of every f.
    """
    arkit = to_arkit(values)
    bite = lip_bite(values)
    for name, least in BITE.items():
        shape = ARKIT_NAMES.index(name)
        arkit[:, shape] = np.maximum(arkit[:, shape], least * bite)
    shapes = np.concatenate([arkit, _beyond_arkit(values, arkit)], axis=1)
    return shapes, np.asarray(lip_seal(values) * (1.0 - bite), np.float32)


def _beyond_arkit(values: F32, arkit: F32) -> F32:
    """Weights (T, 3) of `facetake.face.head.MORE_SHAPES` for controls (T, 174), given ARKit's (T, 52)."""
    raised, press = (values[:, columns(f"C_tongue_{name}.Y")[0]] for name in ("tip", "press"))
    tip = np.clip(raised + PRESSED_TIP * press * (raised > 0.0), 0.0, 1.0)
    drawn = [
        np.clip(values[:, columns(f"{side}_brow_lateral")[0]], 0.0, 1.0)
        * (1.0 - arkit[:, ARKIT_NAMES.index(name)])  # brows that go down are drawn together by that already
        for side, name in (("L", "browDownLeft"), ("R", "browDownRight"))
    ]
    return np.asarray(np.stack([tip, *drawn], axis=1), np.float32)


def lip_bite(values: F32) -> F32:
    """How far the lower lip alone is at the teeth (T,), 0..1: for p, b, m both are drawn in, or the upper one shuts."""
    lower, upper, together = (
        values[:, both(f"mouth_{name}")].mean(axis=1) for name in ("lipBiteD", "lipBiteU", "lipsTogetherU")
    )
    share = np.clip((lower - upper - BITE_BEGINS) / (TEETH_BITE - BITE_BEGINS), 0.0, 1.0)
    return np.asarray(share * share * (3.0 - 2.0 * share) * (1.0 - np.clip(together, 0.0, 1.0)), np.float32)


def _require_studio() -> type[Studio]:
    """The class that draws heads. RenderError with what to install when an extra is missing."""
    try:
        import av  # noqa: F401
        import PIL  # noqa: F401

        from facetake.face.studio import Studio
    except ImportError as error:
        if error.name in ("numba", "llvmlite", "av", "PIL"):
            message = f'a preview needs {error.name}, which is not installed; pip install "facetake[preview]"'
            raise RenderError(message) from error
        raise
    return Studio


def _check_size(size: tuple[int, int]) -> None:
    if min(size) < 64 or max(size) > 4096 or size[0] % 2 or size[1] % 2:
        raise RenderError(f"a preview cannot be {size[0]} x {size[1]} pixels: use even sides from 64 to 4096")


def _frames(take: Take, studio: Studio, strip: Strip | None, progress: Progress | None) -> Iterator[NDArray[np.uint8]]:
    """Pictures of all frames, posed in blocks so that memory does not grow with the take."""
    head = studio.head
    for first in range(0, take.n_frames, BLOCK_FRAMES):
        values = take.values[first : first + BLOCK_FRAMES]
        arkit, seal = shown_face(values)
        turn = None if take.head is None else take.head[first : first + BLOCK_FRAMES]
        vertices = head.deform(arkit, turn, seal)
        for i in range(len(values)):
            picture = studio.picture(vertices[i], arkit[i])
            number = first + i
            yield picture if strip is None else np.concatenate([picture, strip.at(float(number / take.rate))])
            if progress is not None:
                progress(number + 1, take.n_frames)


def _strip(take: Take, audio: Path | None, visemes: Sequence[VisemeSegment], width: int) -> Strip:
    from facetake.preview.plot import ENVELOPE_HZ, PlotTracks, Strip
    from facetake.render.video import envelope

    silence = np.zeros(1, dtype=np.float32)
    wave = silence if audio is None else envelope(audio, ENVELOPE_HZ, take.start)
    duration_s = float(take.duration_s)
    tracks = PlotTracks(duration_s, wave, visemes, float(take.start), main_curves(take.values), float(take.rate))
    return Strip(tracks, width)


def main_curves(values: F32) -> dict[str, F32]:
    """The curves worth watching, (T,) each: mouth opening, pucker, smile, brows and lids."""
    return {
        "aperture": aperture(values),
        "pucker": pucker(values) / 2,
        "smile": values[:, both("mouth_cornerPull")].mean(axis=1),
        "brow up": values[:, both("brow_raiseIn")].mean(axis=1),
        "blink": values[:, columns("L_eye_blink", "R_eye_blink")].mean(axis=1),
    }
