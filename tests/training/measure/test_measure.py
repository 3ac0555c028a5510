"""Measurements must catch what is broken."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the judge of emotions needs torch")

from facetake import inference, mouth, rig  # noqa: E402  after the skip
from facetake.emotion import EMOTIONS  # noqa: E402
from facetake_training.cli import main  # noqa: E402
from facetake_training.dataset import CorpusLine, read_lines  # noqa: E402
from facetake_training.measure import closures, emotions, silence, takes  # noqa: E402
from facetake_training.measure.report import MeasurementReport  # noqa: E402
from facetake_training.performers.actors import actors  # noqa: E402
from facetake_training.performers.performer import line_phones, perform  # noqa: E402


def performed(line: CorpusLine, emotion: int = 0) -> np.ndarray:
    """The expert's own curves of a line."""
    times = np.arange(round(line.duration_s * 60)) / 60
    weights = np.eye(7)[[emotion] * len(times)]
    return perform(line_phones(line.phones), times, np.ones(len(times)), weights, actors()["house"], 0)


def test_a_missed_bar_shows() -> None:
    """A report remembers any bar that was missed."""
    report = MeasurementReport()
    report.bar("good", 2.0, least=1.0)
    assert report.is_met
    report.bar("bad", 2.0, most=1.0)

    assert not report.is_met
    assert "MISSED" in str(report).splitlines()[1] and "met" in str(report).splitlines()[0]


def test_open_lips_are_caught(corpus: Path) -> None:
    """The expert's closures count as held, the same curves with lips kept apart do not."""
    line = read_lines(corpus, "test")[0]
    good = performed(line)
    bad = good.copy()
    bad[:, rig.columns("C_jaw")] = 0.5
    for name in ("lipsTogetherU", "lipsTogetherD", "lipBiteD"):
        bad[:, rig.both(f"mouth_{name}")] = 0.0

    assert closures.hits(line, good, Fraction(60)) == {("p b m", True): 1, ("f v", True): 1}
    assert closures.hits(line, bad, Fraction(60)) == {("p b m", False): 1, ("f v", False): 1}


def test_the_judge_knows_emotions_and_their_absence(corpus: Path) -> None:
    """The judge tells all seven emotions of lines it was not taught, and a neutral pose is not taken for joy."""
    judge = emotions.teach(corpus, count=3)
    line = read_lines(corpus, "test")[0]

    assert [emotions.recognise(judge, performed(line, e)) for e in range(7)] == list(EMOTIONS)
    assert emotions.recognise(judge, np.tile(rig.NEUTRAL, (10, 1))) == "neutral"


def test_jitter_is_heard() -> None:
    """A slow curve has no energy above 12 Hz; a shaking one has."""
    time = np.arange(240) / 60
    values = np.tile(rig.NEUTRAL, (240, 1))
    values[:, rig.columns("C_jaw")] = (0.3 + 0.2 * np.sin(2 * np.pi * 3 * time))[:, None]
    calm = mouth.jitter(values, 60.0)
    values[:, rig.columns("C_jaw")] += (0.1 * np.sin(2 * np.pi * 20 * time))[:, None]

    assert calm < 0.001 < 0.05 < mouth.jitter(values, 60.0)


def test_takes_of_the_tiny_model_are_whole(tmp_path: Path, tiny_model: Path, corpus: Path) -> None:
    """The measurement of written takes runs over every rate and finds the frames right."""
    import soundfile as sf

    sf.write(tmp_path / "a.wav", np.random.default_rng(0).normal(0, 0.1, 16_000), 16_000)
    text = str(takes.measure(tmp_path, inference.load(tiny_model)))

    assert text.count("174 columns") == 5
    assert "frames away from round(duration * rate)" in text
    assert "23.976 fps  24 frames" in text


def test_noises_are_noises() -> None:
    """Every noise is ten seconds long, and only silence is silent."""
    found = silence.noises()

    assert all(len(sound) == 160_000 for sound in found.values())
    assert [name for name, sound in found.items() if not sound.any()] == ["silence"]


def test_a_measurement_without_its_data_says_what_it_needs(capsys: pytest.CaptureFixture[str]) -> None:
    """Each measurement names the option it lacks, exit code 2."""
    for what, needs in (("lips", "--audio"), ("closures", "--corpus"), ("emotions", "--audio"), ("memory", "--audio")):
        assert main(["measure", what]) == 2
        assert needs in capsys.readouterr().err


def test_silence_is_measured_through_the_command_line(tiny_model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command prints a bar for every noise and tells by its exit code whether all are met."""
    code = main(["measure", "silence", "--model", str(tiny_model)])
    text = capsys.readouterr().out

    assert text.count("largest move of the mouth") == len(silence.noises())
    assert code == (1 if "MISSED" in text else 0)
