"""How well is the emotion heard in voices, how far is the confidence to be believed, and what does auto do when wrong?

Every set is measured through `facetake.emotion_recognition`, as `generate --emotion auto:line` uses it: the network's
shares for the confusion matrix and the calibration, and what would be shown for the mistakes. What a
recording's microphone and room put on every line of a set is told apart by a second look: each set's own mean taken
off, and the usual one put on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facetake import emotion_recognition
from facetake.arrays import F32, F64
from facetake.emotion import AUTO_LINE, EMOTIONS
from facetake.inference import AudioEmotion, Models
from facetake_training import calibration, emotion_datasets
from facetake_training.emotion_datasets import ActedSource
from facetake_training.measure.report import MeasurementReport
from facetake_training.voices import VoiceData

TAUGHT = 1e-4  # an emotion that is never as likely as this in any line is none that the network was taught


@dataclass(frozen=True)
class Answers:
    """What was answered for the lines of a set.

    Attributes:
        labels: (N,) index of each line's emotion.
        share: (N, 7) what the network gives each emotion.
        shown: (N,) index of the emotion that `auto` shows.
        weight: (N,) how strongly, 0 where it is neutral.
        centred: (N, 7) what the network gives each emotion where the set's own mean is taken off.
    """

    labels: NDArray[np.int64]
    share: F64
    shown: NDArray[np.int64]
    weight: F64
    centred: F64


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
    network = models.audio_emotion
    report.row(f"shown from a confidence of {network.threshold:.2f} on")
    for name, lines in lines_of(data, folders):
        _set(report, name, lines, network)
    return report


def lines_of(data: VoiceData | None, folders: list[Path]) -> Iterator[tuple[str, list[emotion_datasets.Acted]]]:
    """What a set is called and its lines, of a run's test speakers and of folders.

    Raises:
        ConfigError: a folder or source holds no such lines.
    """
    for source in data.sources if data else ():
        if not source.perform and source.layout != "neutral" and source.weight > 0.0:
            lines = emotion_datasets.split_of(source, emotion_datasets.read(source).lines, "test")
            if lines:
                yield f"{source.path.name}, speakers kept for testing", lines
    for folder in folders:
        found = emotion_datasets.read(ActedSource(folder, "named"))
        left = f", left out: {', '.join(sorted(found.left_out))}" if found.left_out else ""
        yield f"{folder.name}{left}", list(found.lines)


def answers(lines: list[emotion_datasets.Acted], network: AudioEmotion) -> Answers:
    """What the network and `auto:line` answer for lines."""
    lines_seen = []
    shown = []
    weight = []
    for line in lines:
        seen: list[F32] = []
        voice, energy_db = emotion_recognition.listen(line.audio, network.ear)
        heard = emotion_recognition.tell(voice, energy_db, AUTO_LINE, _remembering(network, seen))
        lines_seen.append(np.mean(seen, axis=0) if seen else network.usual)
        shown.append(EMOTIONS.index(heard.emotion))
        weight.append(float(heard.track.weights[0, 1:].sum()))
    labels = np.array([EMOTIONS.index(line.emotion) for line in lines])
    statistics = np.stack(lines_seen)
    centred = statistics - statistics.mean(axis=0) + network.usual
    share, without_mean = (network.run(rows).astype(np.float64) for rows in (statistics, centred))
    return Answers(labels, share, np.array(shown), np.array(weight), without_mean)


def _remembering(network: AudioEmotion, seen: list[F32]) -> AudioEmotion:
    """The same network; the statistics of each window are put down."""

    def run(voice: F32) -> F32:
        seen.append(voice[0])
        return network.run(voice)

    return replace(network, run=run)


def _set(report: MeasurementReport, name: str, lines: list[emotion_datasets.Acted], network: AudioEmotion) -> None:
    found = answers(lines, network)
    speakers = len({line.speaker for line in lines})
    report.row(f"\n{name}: {len(lines)} lines, {speakers} speaker{'s' if speakers > 1 else ''}")
    table = calibration.confusion(found.share.argmax(axis=1), found.labels, len(EMOTIONS))
    _table(report, table)
    there = int((table.sum(axis=1) > 0).sum())
    right = calibration.balanced_accuracy(table)
    report.row(f"balanced accuracy {right:.3f}, chance {1 / there:.3f} ({there} emotions are there, 7 are answered)")
    _taught(report, found)
    _reliability(report, found)
    _mistakes(report, found)


def _taught(report: MeasurementReport, found: Answers) -> None:
    """Balanced accuracy on lines of the emotions that the network was taught, as they are and without their mean."""
    taught = found.share.max(axis=0) > TAUGHT
    those = taught[found.labels]
    if not those.any():
        return
    plain, centred = (
        calibration.balanced_accuracy(
            calibration.confusion(share[those].argmax(axis=1), found.labels[those], len(EMOTIONS))
        )
        for share in (found.share, found.centred)
    )
    names = ", ".join(name for k, name in enumerate(EMOTIONS) if taught[k] and (found.labels == k).any())
    report.row(f"of what it was taught ({names}): balanced accuracy {plain:.3f}; the set's own mean off {centred:.3f}")


def _table(report: MeasurementReport, table: NDArray[np.int64]) -> None:
    report.row(f"{'acted / heard':14s}" + "".join(f"{name[:8]:>9s}" for name in EMOTIONS))
    for name, row in zip(EMOTIONS, table, strict=True):
        if row.sum():
            report.row(f"{name:14s}" + "".join(f"{count:9d}" for count in row))


def _reliability(report: MeasurementReport, found: Answers) -> None:
    made = calibration.reliability(found.share, found.labels)
    report.row(f"calibration error {made.error:.3f}; of answers by confidence:")
    for i, count in enumerate(made.counts):
        if count:
            report.row(
                f"  {i / 10:.1f} to {(i + 1) / 10:.1f}: {count:4d} lines, "
                f"confidence {made.confidence[i]:.2f}, right {made.accuracy[i]:.2f}"
            )


def _mistakes(report: MeasurementReport, found: Answers) -> None:
    """What `auto` shows: on emotional lines the right emotion, another or none; on neutral ones none or one."""
    emotional = found.labels > 0
    wrong = (found.shown > 0) & (found.shown != found.labels)
    hit = emotional & (found.shown == found.labels)
    silent = emotional & (found.shown == 0)
    if emotional.any():
        count = int(emotional.sum())
        strength = f", at {found.weight[hit].mean():.2f} of full strength" if hit.any() else ""
        report.row(
            f"auto on {count} emotional lines: right {hit.sum() / count:.2f}{strength}; "
            f"left neutral {silent.sum() / count:.2f}; wrong {(wrong & emotional).sum() / count:.2f}"
            f"{_strength(found, wrong & emotional)}"
        )
    calm = ~emotional
    if calm.any():
        count = int(calm.sum())
        report.row(
            f"auto on {count} neutral lines: left neutral {(found.shown[calm] == 0).sum() / count:.2f}; "
            f"wrong {(wrong & calm).sum() / count:.2f}{_strength(found, wrong & calm)}"
        )


def _strength(found: Answers, which: NDArray[np.bool_]) -> str:
    if not which.any():
        return ""
    return f", at {found.weight[which].mean():.2f} (most {found.weight[which].max():.2f})"
