"""A video as upright pictures at exact, even times, whatever rate, size or orientation it was recorded in.

Knows containers and clocks; does not know faces.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facetake import audio, files
from facetake.arrays import U8
from facetake.audio import boxes
from facetake.audio.containers import open_container
from facetake.audio.whole import TruncatedError
from facetake.errors import AudioError, PortraitError
from facetake.portrait.video import tone_mapping
from facetake.render.video import require_av
from facetake.timebase import FASTEST, SLOWEST, STANDARD_RATES, recognise

STEADY_RATES = tuple(rate for rate in STANDARD_RATES if rate <= 120)
"""What a video of even times may run at; beyond 120 frames are left out."""
RATES = tuple(Fraction(text) for text in ("24000/1001", "24", "25", "30000/1001", "30", "48", "50", "60000/1001", "60"))
"""What a video of uneven times is laid on."""
NEAR = 5e-3  # relative: a phone's clock runs that far from the rate it was set to
STEADY = 0.1  # of a frame: what containers round, 1 ms of 100 frames a second
UNEVEN = 0.25  # of a frame: by how much a time may miss the even grid before the rate counts as variable
SIDE_MOST = 4320  # pixels of the shorter side, 8K
CUT = 24.0  # levels of 255 by which a small grey picture must change on average to be a cut
CUT_TIMES = 6.0  # and times the usual change of the clip, so that a moving camera is no row of cuts


@dataclass(frozen=True)
class Footage:
    """What a video is, found without decoding it.

    Attributes:
        path: the file.
        width: of the upright picture in pixels; `height` likewise.
        quarter_turns: how often the stored picture is turned counter-clockwise to stand upright.
        rate: frames per second of the even grid.
        start_s: time of the first frame, on the file's own clock.
        n_frames: number of frames on the grid.
        is_variable: whether the recorded times are uneven, so that frames are repeated or left out.
        has_sound: whether there is a sound track.
        told: what is worth telling about it, in lines for a person.
        left_out: frames of the video after these, which were not asked for.
    """

    path: Path
    width: int
    height: int
    quarter_turns: int
    rate: Fraction
    start_s: Fraction
    n_frames: int
    is_variable: bool
    has_sound: bool
    told: tuple[str, ...] = ()
    left_out: int = 0

    def when(self, frame: int) -> str:
        """A frame as a person finds it: "frame 12 (0.48 s)"."""
        return f"frame {frame} ({float(self.start_s + frame / self.rate):.2f} s)"

    def pictures(self) -> Iterator[U8]:
        """Yields `n_frames` upright RGB pictures (height, width, 3), each the one nearest to its time on the grid.

        Raises:
            PortraitError: a frame cannot be decoded.
        """
        shown = None
        given = 0
        for time_s, picture in self._decoded():
            while shown is not None and given < self.n_frames and self._is_nearer(given, shown[0], time_s):
                yield shown[1]
                given += 1
            shown = time_s, picture
        while shown is not None and given < self.n_frames:
            yield shown[1]
            given += 1
        if given < self.n_frames:
            raise PortraitError(f"{self.path} holds no picture that can be decoded; export it again as H.264")

    def _is_nearer(self, frame: int, time_s: Fraction, next_s: Fraction) -> bool:
        here = self.start_s + frame / self.rate
        return abs(here - time_s) <= abs(next_s - here)

    def _decoded(self) -> Iterator[tuple[Fraction, U8]]:
        av = require_av()
        number = 0
        try:
            with open_container(self.path) as container:
                stream = container.streams.video[0]
                stream.thread_type = "AUTO"
                for frame in container.decode(stream):
                    upright = np.rot90(as_picture(frame, stream), self.quarter_turns)
                    if upright.shape != (self.height, self.width, 3):
                        raise ValueError("its size changes there")
                    yield Fraction(frame.pts) * stream.time_base, np.ascontiguousarray(upright)
                    number += 1
        except (av.FFmpegError, TypeError, ValueError) as error:
            raise PortraitError(f"{self.path}: {self.when(number)} cannot be decoded; export it again") from error


def as_picture(frame: Any, stream: Any) -> U8:
    """A decoded frame of a video stream as an RGB picture (H, W, 3) for a screen, whatever dynamic range it has."""
    kind = tone_mapping.kind_of(stream)
    if kind is None:
        return np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
    return tone_mapping.picture(frame, kind, int(stream.codec_context.color_range or 0) == tone_mapping.FULL_RANGE)


def open_footage(path: Path, first_s: float = 0.0, last_s: float | None = None) -> Footage:
    """Looks at a video.

    Args:
        path: any video that PyAV opens.
        first_s: seconds from its first frame at which to begin.
        last_s: where to end; its end by default.

    Raises:
        PortraitError: no such file, no video, no frames in the range, or pictures larger than 8K.
    """
    av = require_av()
    check_whole(path)
    try:
        with open_container(path) as container:
            if not container.streams.video:
                raise PortraitError(f"{path} holds no picture; give a video of the actor")
            stream = container.streams.video[0]
            has_sound = bool(container.streams.audio)
            kind = tone_mapping.kind_of(stream)
            average = stream.average_rate
            _check_size(path, stream.codec_context.width, stream.codec_context.height)
            packets = (p for p in container.demux(stream) if p.pts is not None and not p.is_discard)
            times = sorted(Fraction(p.pts) * p.time_base for p in packets)
        turns, width, height = _upright(path)
    except (av.FFmpegError, IndexError, StopIteration, TypeError, ValueError, AttributeError) as error:
        raise PortraitError(f"{path} is no video that can be read ({files.reason(error)}); export it again") from error
    if len(times) < 2:
        raise PortraitError(f"{path} holds {len(times)} picture(s); give a video of the actor")
    rate, is_variable = _rate(times, average)
    told = [_dynamic(path, kind)] if kind else []
    told += _jitter(path, times, rate, average, is_variable=is_variable)
    start, count, left_out = _span(path, times, rate, first_s, last_s)
    return Footage(path, width, height, turns, rate, start, count, is_variable, has_sound, tuple(told), left_out)


def check_whole(path: Path) -> None:
    """Finds out whether a film or picture is a file and ends where its parts say. PortraitError where not."""
    try:
        size = files.check(path)
        with path.open("rb") as file:
            boxes.look(file, size)
    except FileNotFoundError as error:
        raise PortraitError(f"no file {path}; check the path") from error
    except OSError as error:
        raise PortraitError(f"{path} cannot be read: {files.reason(error)}; check the path") from error
    except TruncatedError as error:
        raise PortraitError(f"{path} breaks off in the middle: {error}; copy it again") from error


def _check_size(path: Path, width: int, height: int) -> None:
    if min(width, height) > SIDE_MOST or max(width, height) > 4 * SIDE_MOST:
        raise PortraitError(f"{path} is {width} x {height}; scale it to 8K or less")


def _dynamic(path: Path, kind: str) -> str:
    return f"{path} is of high dynamic range ({kind}); its pictures are brought to the range of a screen"


def _jitter(
    path: Path, times: list[Fraction], rate: Fraction, average: Fraction | None, *, is_variable: bool
) -> list[str]:
    """What is worth telling about a rate that is not the one the file names or that its frames keep."""
    if is_variable:
        return [f"{path} has a variable frame rate; it is captured at {float(rate):g} fps"]
    places = np.array([float((time - times[0]) * rate) for time in times])
    missed = float(np.abs(places - places.round()).max())
    named = recognise(float(average)) if average and SLOWEST <= average <= FASTEST else rate
    if named == rate and missed <= STEADY:
        return []
    if named >= 2 * rate:  # as many as that are left out
        return [f"{path} says {float(named):.5g} fps; it is captured at {float(rate):.5g} fps"]
    jitter = f", its frames come up to {1000 * missed / float(rate):.0f} ms early or late" if missed > STEADY else ""
    return [f"{path} says {float(named):.5g} fps{jitter}; it is captured at {float(rate):.5g} fps"]


def _upright(path: Path) -> tuple[int, int, int]:
    """Quarter turns, width and height of the first frame as a player shows it."""
    with open_container(path) as container:
        frame: Any = next(container.decode(video=0))
    turns = round(getattr(frame, "rotation", 0) / 90) % 4
    width = frame.width
    height = frame.height
    return (turns, height, width) if turns % 2 else (turns, width, height)


def _rate(times: list[Fraction], average: Fraction | None) -> tuple[Fraction, bool]:
    """The rate of a video, and whether its times are too uneven for any.

    A standard rate that the times fit, first the one that the file names: the average that a phone's jitter leaves
    there, 360000/11993, is a rate that nothing else knows. Any other rate only where no standard one is near.
    """
    span = times[-1] - times[0]
    mean = Fraction(len(times) - 1) / span if span > 0 else Fraction(25)
    named = recognise(float(average)) if average and SLOWEST <= average <= FASTEST else None
    since = np.array([float(time - times[0]) for time in times])
    fitting = [rate for rate in STEADY_RATES if _furthest(since, rate) <= UNEVEN]
    if named in fitting:
        return named, False
    if fitting:
        interval = float(np.polyfit(np.arange(len(since)), since, 1)[0])  # jitter at either end counts little in it
        return min(fitting, key=lambda rate: abs(float(rate) * interval - 1)), False
    nearest = min(STEADY_RATES, key=lambda rate: abs(rate / mean - 1))
    if named is not None and abs(nearest / mean - 1) > NEAR and _furthest(since, named) <= UNEVEN:
        return min(named, Fraction(120)), False
    return min(RATES, key=lambda rate: abs(rate - mean)), True


def _furthest(since_s: NDArray[np.float64], rate: Fraction) -> float:
    """By how many frames a time (N,) after the first misses its place on the grid of a rate, at the most."""
    return float(np.abs(since_s * float(rate) - np.arange(len(since_s))).max())


def _span(
    path: Path, times: list[Fraction], rate: Fraction, first_s: float, last_s: float | None
) -> tuple[Fraction, int, int]:
    """Where the grid begins, how many frames it has, and how many the video has after them."""
    skipped = max(0, round(first_s * float(rate)))
    whole = int((times[-1] - times[0]) * rate + Fraction(1, 2)) + 1
    end = whole if last_s is None else min(whole, round(last_s * float(rate)))
    if end - skipped < 2:
        raise PortraitError(f"{path} lasts {float(whole / rate):.2f} s; the range asked for holds no two frames of it")
    return times[0] + skipped / rate, end - skipped, whole - end


def sound_of(footage: Footage, late_s: float = 0.0, rate_hz: int = 48_000) -> tuple[NDArray[np.float32], list[str]]:
    """The sound (S,) mono beneath the pictures, exactly as long as they are, and what is worth telling about it.

    Sound that goes on after the pictures is cut, one that ends before them is followed by silence; a video without
    sound gives no samples. Sound that is `late_s` seconds late, or early where that is below 0, is moved to
    its pictures.
    """
    if not footage.has_sound:
        return np.zeros(0, np.float32), [f"{footage.path} has no sound; it cannot teach how this voice moves the face"]
    wanted = round(footage.n_frames / footage.rate * rate_hz)
    blocks = [np.zeros(0, np.float32)]
    count = 0
    try:
        with audio.stream(footage.path, rate_hz=rate_hz, zero_s=footage.start_s + Fraction(late_s)) as heard:
            told = list(heard.told)
            for block in heard:
                blocks.append(block)
                count += len(block)
    except AudioError as error:
        raise PortraitError(f"{error}; or remove its sound track") from error
    sound = np.concatenate(blocks)
    after = count - wanted - round(footage.left_out / footage.rate * rate_hz)
    if after > rate_hz // 4:
        told.append(f"{footage.path}: {after / rate_hz:.2f} s of sound after the last picture are left out")
    if count < wanted - rate_hz // 4:
        told.append(f"{footage.path}: the sound ends {(wanted - count) / rate_hz:.2f} s before the pictures; silence")
    return np.pad(sound[:wanted], (0, max(0, wanted - count))), told


class CutFinder:
    """Finds cuts while the pictures pass by: a change of the whole picture far above that of its neighbours."""

    def __init__(self) -> None:
        """Starts before the first picture."""
        self._before: NDArray[np.float32] | None = None
        self._changes: list[float] = []

    def look(self, picture: U8) -> None:
        """Takes the next picture."""
        small = picture[:: max(1, len(picture) // 48), :: max(1, picture.shape[1] // 48)].mean(axis=2, dtype=np.float32)
        if self._before is not None:
            self._changes.append(float(np.abs(small - self._before).mean()))
        self._before = small

    def cuts(self) -> list[int]:
        """Frames that are the first of another shot."""
        changes = np.array(self._changes)
        if not len(changes):
            return []
        usual = float(np.median(changes))
        return [int(i) + 1 for i in np.flatnonzero((changes > CUT) & (changes > CUT_TIMES * usual))]
