"""Curves as the engine hands them over: keys by channel name, and sampled values on their way back."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from math import isfinite
from pathlib import Path

from facetake_host.problems import HostProblem

SHOWN = 200  # characters of what is wrong with a file
HEAD = ("HeadYaw", "HeadPitch", "HeadRoll")


@dataclass(frozen=True)
class KeyCurve:
    """Keys of one channel; between two of them the curve is the cubic of their values and slopes.

    Attributes:
        frames: whole frames from the start of the take, rising.
        values: at the keys.
        slopes_in, slopes_out: change per frame, arriving at a key and leaving it.
    """

    frames: tuple[int, ...]
    values: tuple[float, ...]
    slopes_in: tuple[float, ...]
    slopes_out: tuple[float, ...]

    def times_s(self, rate: Fraction, start_frame: int) -> list[float]:
        """Seconds of the keys on a timeline where the take begins at a frame."""
        return [(start_frame + frame) * rate.denominator / rate.numerator for frame in self.frames]

    def bezier(self, start_frame: int, scale: float = 1.0) -> tuple[list[float], list[float], list[float]]:
        """The same curve as Bezier keys: keys and their left and right handles, each as frame, value, frame, value...

        A handle lies a third of the way to the next key, and a frame out where there is none.
        """
        widths = [3.0, *(after - before for before, after in pairwise(self.frames)), 3.0]
        keys: list[float] = []
        left: list[float] = []
        right: list[float] = []
        for number, (frame, value) in enumerate(zip(self.frames, self.values, strict=True)):
            before = widths[number] / 3
            after = widths[number + 1] / 3
            keys += (start_frame + frame, scale * value)
            left += (start_frame + frame - before, scale * (value - before * self.slopes_in[number]))
            right += (start_frame + frame + after, scale * (value + after * self.slopes_out[number]))
        return keys, left, right

    def at(self, frame: float) -> float:
        """The value that a host should show at any, also fractional, frame; held beyond the first and last key."""
        right = bisect_right(self.frames, frame)
        if right in (0, len(self.frames)):
            return self.values[min(right, len(self.frames) - 1)]
        left = right - 1
        width = self.frames[right] - self.frames[right - 1]
        share = (frame - self.frames[left]) / width
        rise = self.values[right] - self.values[left]
        first = self.slopes_out[left] * width - rise
        last = rise - self.slopes_in[right] * width
        bend = share * (1.0 - share) * (first * (1.0 - share) + last * share)
        return self.values[left] + share * rise + bend


@dataclass(frozen=True)
class Delivery:
    """What the engine made.

    Attributes:
        rate: frames per second of the keys.
        n_frames: length of the take.
        keys: by the host's name of a channel; head angles in degrees under `HEAD`.
        raw: every frame of Unreal's raw expressions, where asked for.
        visemes: (viseme, start, end), in seconds.
        plot: curves worth showing, by group ("main" or a region) and name, at `plot_fps`.
        heard: what was heard of the emotion, as a sentence; empty where it was given.
        cues: the emotion that was heard, as lines of a cue file.
    """

    rate: Fraction
    n_frames: int
    keys: Mapping[str, KeyCurve]
    raw: Mapping[str, list[float]] = field(default_factory=dict)
    visemes: tuple[tuple[str, float, float], ...] = ()
    plot: Mapping[str, Mapping[str, list[float]]] = field(default_factory=dict)
    plot_fps: float = 30.0
    heard: str = ""
    cues: tuple[str, ...] = ()


def load(path: Path) -> Delivery:
    """Reads a file of keys that the engine wrote.

    Raises:
        HostProblem: it is missing, cut off or another kind of file.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        keys = {
            name: KeyCurve(tuple(one["frames"]), tuple(one["values"]), tuple(one["in"]), tuple(one["out"]))
            for name, one in found["keys"].items()
        }
        plot = found.get("plot", {})
        heard = found.get("heard", {})
        visemes = tuple((one["viseme"], one["start_s"], one["end_s"]) for one in found.get("visemes", ()))
        return Delivery(
            Fraction(found["rate"]),
            found["n_frames"],
            keys,
            found.get("raw", {}),
            visemes,
            plot.get("curves", {}),
            plot.get("rate", 30.0),
            heard.get("sentence", ""),
            tuple(heard.get("cues", ())),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, ArithmeticError, RecursionError) as error:
        raise HostProblem(f"the engine's result {path} cannot be read ({str(error)[:SHOWN]}); try once more") from error


@dataclass(frozen=True)
class Sampled:
    """Values of a scene, one a frame.

    Attributes:
        rate: frames per second.
        start_frame: of the first value.
        curves: by the host's name of a channel; all of one length.
        label: what they were read from, for people.
    """

    rate: Fraction
    start_frame: int
    curves: Mapping[str, list[float]]
    label: str = "take"

    def save(self, path: Path) -> None:
        """Writes the file that the engine restyles.

        Raises:
            HostProblem: the disk refuses, or a channel holds what is no number.
        """
        broken = next((name for name, values in self.curves.items() if not all(map(isfinite, values))), None)
        if broken is not None:
            raise HostProblem(f"{broken} has a value that is no number; mend its keys in the scene and try once more")
        about = {"format": "facetake-curves-1", "rate": str(self.rate), "start_s": "0"}
        try:
            text = json.dumps({**about, "curves": dict(self.curves)}, allow_nan=False)
            path.write_text(text, encoding="utf-8", newline="\n")
        except OSError as error:
            reason = error.strerror or error
            raise HostProblem(f"{path} cannot be written ({reason}); free some space and try once more") from error
