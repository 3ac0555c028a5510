"""Does a line's text make its lips better? The whole of generation with it and without, against tracked lips."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np

from facetake import files
from facetake.errors import ConfigError, ScriptError
from facetake.generate import GenerateOptions, Performance, generate
from facetake.inference import Models
from facetake_training import lips
from facetake_training.lips import ClosureCounts, LipsConfig, LipScores
from facetake_training.measure.report import MeasurementReport

GRID: Final = "grid"
"""In place of a file of texts: a GRID clip's name tells its sentence."""
_DIGITS: Final = dict(zip("z123456789", "zero one two three four five six seven eight nine".split(), strict=True))
_GRID_WORDS: Final = (
    {"b": "bin", "l": "lay", "p": "place", "s": "set"},
    {"b": "blue", "g": "green", "r": "red", "w": "white"},
    {"a": "at", "b": "by", "i": "in", "w": "with"},
    {one: one for one in "abcdefghijklmnopqrstuvwxyz"},
    _DIGITS,
    {"a": "again", "n": "now", "p": "please", "s": "soon"},
)
MOST_BYTES: Final = 1 << 24  # of a file of texts


def grid_sentence(name: str) -> str:
    """What is said in a clip of the GRID corpus: `lbwo3s` is "lay blue with o three soon". ConfigError for another."""
    try:
        return " ".join(words[one] for words, one in zip(_GRID_WORDS, name, strict=True))
    except (KeyError, ValueError) as error:
        raise ConfigError(f"{name} is no clip of GRID, whose names say six words; give --texts a file") from error


def texts(source: Path, names: list[str]) -> dict[str, str]:
    """Texts by clip: of a file of lines NAME<TAB>TEXT, or `grid`; clips without one are left out."""
    if str(source) == GRID:
        return {name: grid_sentence(name.rsplit("_", 1)[-1]) for name in names}
    try:
        rows = [row.partition("\t") for row in files.read_text(source, MOST_BYTES).splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"cannot read texts from {source} ({error}); write lines NAME<TAB>TEXT, or name grid"
        ) from error
    return {name: text.strip() for name, _, text in rows if name in names and text.strip()}


def measure(config: LipsConfig, source: Path, models: Models) -> MeasurementReport:
    """Measures every clip of a truth file whose text is known, with it and without."""
    report = MeasurementReport()
    known = texts(source, lips.clips(config))
    scores: dict[str, list[LipScores]] = {"with": [], "without": []}
    counts = {"with": ClosureCounts(), "without": ClosureCounts()}
    for clip, text in known.items():
        sound = lips.sound_path(config, clip)
        try:
            made = generate(sound, GenerateOptions(text=text), models)
        except ScriptError as error:
            report.row(f"{clip:14s} left out: {error}")
            continue
        for name, one in (("with", made), ("without", generate(sound, GenerateOptions(), models))):
            score = lips.score_curves(one.take.values, one.take.times_s, config, clip)
            scores[name].append(score)
            counts[name] += lips.count_closures(one, config, clip, _said_s(made), score.lag_ms / 1000)
        report.row(f"{clip:14s} " + "   ".join(f"{name} text {_told(scores[name][-1])}" for name in scores))
    if not scores["with"]:
        raise ConfigError(f"{source} has the text of no clip of {config.truth}")
    for name, found in scores.items():
        report.row(f"mean {name} text: {_told(lips.mean(found))}; {_counted(counts[name])}")
    two = (lips.mean(scores["with"]), lips.mean(scores["without"]))
    report.bar("gain of F1 of closed frames in speech", counts["with"].f1 - counts["without"].f1, least=0.0)
    report.bar("gain of the correlation of rounding", two[0].pucker - two[1].pucker, least=0.0)
    report.bar("gain of the correlation of the opening", two[0].aperture - two[1].aperture, least=0.0)
    return report


def _said_s(made: Performance) -> tuple[float, float]:
    assert made.aligned is not None
    phones = made.aligned.alignment.phones
    return (phones[0].start_s, phones[-1].end_s) if phones else (0.0, np.inf)


def _told(score: LipScores) -> str:
    return f"opening {score.aperture:.3f} rounding {score.pucker:.3f} closed frames {score.closure:.3f}"


def _counted(one: ClosureCounts) -> str:
    recall, precision = one.met / max(one.real, 1), one.right / max(one.made, 1)
    return (
        f"in speech F1 {one.f1:.3f} (recall {recall:.3f}, precision {precision:.3f}), "
        f"{one.false_seals} of {one.seals} seals where lips stay open"
    )
