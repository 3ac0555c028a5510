"""Does auto follow a voice from one emotion to another, when, and what is shown between?

Lines of two emotions are made of real ones: of every speaker and every two emotions in either order, lines of the one
until it lasts `PART_S`, then lines of the other. What `generate --emotion auto` shows of them is compared with what
`auto:line` shows of each part alone: where it is blind to an emotion it cannot follow it. Lines of two emotions too
short for windows are measured as well; they get one answer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import soundfile as sf
from numpy.typing import NDArray

from facetake import audio, emotion_recognition
from facetake.arrays import F32
from facetake.audio import SAMPLE_RATE_HZ
from facetake.emotion import AUTO, AUTO_LINE, EMOTIONS
from facetake.inference import AudioEmotion, Models
from facetake_training.emotion_datasets import Acted
from facetake_training.measure.auto import lines_of
from facetake_training.measure.report import MeasurementReport
from facetake_training.voices import VoiceData

PART_S = 4.0  # of each emotion, so that two are longer than what is heard at once, and a window fits into each
SHORT_S = 0.49 * emotion_recognition.WHOLE_S  # of each, so that both are heard at once
STEP_S = 0.05  # of the grid that answers are counted on
ANSWERS = ("neutral", "the first emotion", "the second", "another")


@dataclass(frozen=True)
class Turn:
    """One line of two emotions.

    Attributes:
        acted: index of the first and of the second emotion.
        alone: what `auto:line` shows of each part alone.
        at_once: what `auto:line` shows of the line.
        shown: (T,) index of what `auto` shows, every `STEP_S`, 0 where it is neutral.
        weight: (T,) how strongly.
        join_s: when the first emotion ends.
    """

    acted: tuple[int, int]
    alone: tuple[int, int]
    at_once: int
    shown: NDArray[np.int64]
    weight: NDArray[np.float32]
    join_s: float

    @property
    def wanted(self) -> NDArray[np.int64]:
        """(T,) index of the emotion that is acted."""
        return np.where(STEP_S * np.arange(len(self.shown)) < self.join_s, *self.acted)

    @property
    def left_s(self) -> float | None:
        """When what was shown of the first part ends, from the join; None where it never ends."""
        return self._edge(self.alone[0], last=True)

    @property
    def came_s(self) -> float | None:
        """When what is shown of the second part begins, from the join; None where it never begins."""
        return self._edge(self.alone[1], last=False)

    def _edge(self, emotion: int, *, last: bool) -> float | None:
        places = np.flatnonzero(self.shown == emotion)
        if not emotion or not len(places) or places[-1 if last else 0] == (len(self.shown) - 1 if last else 0):
            return None
        return float(STEP_S * places[-1 if last else 0] - self.join_s)


def measure(data: VoiceData | None, folders: list[Path], models: Models) -> MeasurementReport:
    """Measures a model on a run's test speakers, and on folders of real lines.

    Args:
        data: of a run, for its test speakers; None leaves them out.
        folders: of lines called SPEAKER_EMOTION.wav or SPEAKER_EMOTION_ANYTHING.ogg.
        models: what hears.

    Raises:
        ConfigError: there is nothing to measure on.
    """
    report = MeasurementReport()
    for name, lines in lines_of(data, folders):
        for part_s in (PART_S, SHORT_S):
            found = turns(lines, models.audio_emotion, part_s)
            report.row(
                f"\n{name}: {len(found)} lines of two emotions, {part_s:.1f} s or more of each"
                if part_s == PART_S
                else f"{len(found)} of {part_s:.1f} s of each, heard at once"
            )
            if found:
                _tell(report, found, is_followed=part_s == PART_S)
    return report


def turns(lines: Sequence[Acted], network: AudioEmotion, part_s: float) -> list[Turn]:
    """What is shown of lines of two emotions.

    Args:
        lines: of one emotion each.
        network: what hears.
        part_s: seconds of each emotion at least; no more than that where both are to be heard at once.
    """
    with TemporaryDirectory() as folder:
        return [_turn(acted, first, second, network, Path(folder)) for acted, first, second in _joined(lines, part_s)]


def _joined(lines: Sequence[Acted], part_s: float) -> Iterator[tuple[tuple[int, int], F32, F32]]:
    """Two emotions and the sound of each, every pair of a speaker beginning with other lines."""
    said: dict[str, dict[int, list[Path]]] = {}
    for line in lines:
        said.setdefault(line.speaker, {}).setdefault(EMOTIONS.index(line.emotion), []).append(line.audio)
    for _, moods in sorted(said.items()):
        for number, acted in enumerate(permutations(sorted(moods), 2)):
            first, second = (_part(moods[emotion], number, part_s) for emotion in acted)
            yield acted, first, second


def _part(paths: list[Path], number: int, part_s: float) -> F32:
    """Lines one after another until there is enough; as many as there are once."""
    size = round(part_s * SAMPLE_RATE_HZ)
    parts = []
    for place in range(len(paths)):
        parts.append(audio.read(paths[(number + place) % len(paths)]))
        if sum(map(len, parts)) >= size:
            break
    whole = np.concatenate(parts)
    return whole[:size] if part_s == SHORT_S else whole


def _turn(acted: tuple[int, int], first: F32, second: F32, network: AudioEmotion, folder: Path) -> Turn:
    def heard(samples: F32, asked: str) -> emotion_recognition.EmotionEstimate:
        path = folder / "line.wav"
        sf.write(path, samples, SAMPLE_RATE_HZ, subtype="FLOAT")
        return emotion_recognition.hear(path, asked, network)

    both = np.concatenate([first, second])
    rows = heard(both, AUTO).track.sample(np.arange(0.0, len(both) / SAMPLE_RATE_HZ, STEP_S))
    alone = (EMOTIONS.index(heard(part, AUTO_LINE).emotion) for part in (first, second))
    shown = np.where(rows[:, 1:].max(axis=1) > 0.0, rows[:, 1:].argmax(axis=1) + 1, 0)
    return Turn(
        acted,
        (next(alone), next(alone)),
        EMOTIONS.index(heard(both, AUTO_LINE).emotion),
        shown,
        rows[:, 1:].max(axis=1),
        len(first) / SAMPLE_RATE_HZ,
    )


def _tell(report: MeasurementReport, found: list[Turn], *, is_followed: bool) -> None:
    wanted, shown, weight = (
        np.concatenate(rows) for rows in zip(*((turn.wanted, turn.shown, turn.weight) for turn in found), strict=True)
    )
    _time(report, wanted, shown, weight)
    parts = np.array([pair for turn in found for pair in zip(turn.acted, turn.alone, strict=True) if pair[0]])
    right = (parts[:, 0] == parts[:, 1]).mean()
    calm = (parts[:, 1] == 0).mean()
    report.row(f"  each emotional part alone, auto:line: right {right:.2f}; neutral {calm:.2f}")
    if is_followed:
        _followed(report, found)
    counts = Counter(_answer(turn) for turn in found)
    report.row("  auto:line on the whole: " + ", ".join(f"{name} {counts[name]}" for name in ANSWERS))


def _answer(turn: Turn) -> str:
    """Whose emotion `auto:line` shows."""
    if not turn.at_once:
        return ANSWERS[0]
    return ANSWERS[1 + turn.acted.index(turn.at_once)] if turn.at_once in turn.acted else ANSWERS[3]


def _time(report: MeasurementReport, wanted: NDArray[np.int64], shown: NDArray[np.int64], weight: F32) -> None:
    """Shares of the time."""
    for name, those in (("emotional", wanted > 0), ("neutral", wanted == 0)):
        wrong = (shown > 0) & (shown != wanted) & those
        count = max(int(those.sum()), 1)
        strength = f", at {weight[wrong].mean():.2f}" if wrong.any() else ""
        right = f"right {(those & (shown == wanted)).sum() / count:.2f}; " if name == "emotional" else ""
        report.row(
            f"  auto while the voice is {name}: {right}neutral {(those & (shown == 0)).sum() / count:.2f}; "
            f"wrong {wrong.sum() / count:.2f}{strength}"
        )


def _followed(report: MeasurementReport, found: list[Turn]) -> None:
    """Of the lines whose parts are heard differently when alone: is the turn shown, and when?"""
    different = [turn for turn in found if turn.alone[0] != turn.alone[1]]
    followed = [turn for turn in different if _is_followed(turn)]
    report.row(f"  of {len(different)} whose parts alone are heard differently, {len(followed)} are shown so")
    for name, told in (
        ("shown of the first ends", [turn.left_s for turn in followed]),
        ("shown of the second begins", [turn.came_s for turn in followed]),
    ):
        times = [at for at in told if at is not None]
        if times:
            low, middle, high = np.percentile(times, (10, 50, 90))
            report.row(f"    what is {name} {middle:+.1f} s from the join (most from {low:+.1f} to {high:+.1f} s)")


def _is_followed(turn: Turn) -> bool:
    """Whether each part is shown as it is when it is alone, somewhere and before or after the join."""
    first = STEP_S * np.arange(len(turn.shown)) < turn.join_s
    return turn.alone[0] in turn.shown[first] and turn.alone[1] in turn.shown[~first]
