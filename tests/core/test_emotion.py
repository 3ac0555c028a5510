"""Emotion as the user writes it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facetake.emotion import EMOTIONS, cue_file, is_heard, parse, read, weights
from facetake.errors import ConfigError


def test_a_weight_leaves_the_rest_to_neutral() -> None:
    """`happy:0.7` is 0.7 happy and 0.3 neutral at any time; a bare word is 1."""
    row = parse("happy:0.7").sample(np.array([0.0, 5.0]))

    assert np.allclose(row[:, EMOTIONS.index("happy")], 0.7)
    assert np.allclose(row[:, 0], 0.3)
    assert parse("angry").sample(np.zeros(1))[0, EMOTIONS.index("angry")] == 1


def test_cues_are_joined_by_lines(tmp_path: Path) -> None:
    """Between two cues weights change linearly; outside them they hold."""
    cues = tmp_path / "mood.txt"
    cues.write_text("# a mood\n0.0 neutral\n\n2.0 angry:0.8\n", encoding="utf-8")
    angry = parse(str(cues)).sample(np.array([0.0, 1.0, 2.0, 9.0]))[:, EMOTIONS.index("angry")]

    assert np.allclose(angry, [0.0, 0.4, 0.8, 0.8])


@given(st.lists(st.floats(0, 1 / 7), min_size=7, max_size=7))
def test_rows_always_sum_to_one(parts: list[float]) -> None:
    """Whatever blend is written, the weights sum to 1."""
    text = "+".join(f"{name}:{part:.9f}" for name, part in zip(EMOTIONS, parts, strict=True))

    assert weights(text, "here").sum() == pytest.approx(1.0)


@pytest.mark.parametrize("text", ["Happy:0.7", "HAPPY:0,7", " happy :0.7", "hAPPY:0.5+Happy:0.2"])
def test_moods_are_written_in_any_case(text: str) -> None:
    """A mood is the same in capitals, also in a blend."""
    assert np.allclose(weights(text, "here"), weights("happy:0.7", "here"))


def test_a_mood_in_capitals_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What names a mood, or that it is to be heard, is that in any case, also where a file is called so."""
    monkeypatch.chdir(tmp_path)
    for name in ("Happy", "AUTO"):
        Path(name).write_text("0 sad\n", encoding="utf-8")
    assert cue_file("Happy") is None and cue_file("AUTO") is None and cue_file("./Happy") == Path("Happy")
    assert is_heard("Auto") and is_heard(" AUTO:Line") and not is_heard("autos")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("HAPY", "unknown emotion 'HAPY'; known: .*; did you mean \"happy\""),
        ("hapy", "unknown emotion 'hapy'; known: neutral, happy"),
        ("happy:1.2", "not a number from 0 to 1"),
        ("happy:-0.1", "not a number from 0 to 1"),
        ("happy:nan", "not a number from 0 to 1"),
        ("happy:much", "not a number from 0 to 1"),
        ("happy:0.7+sad:0.7", "sum to 1.4"),
        ("", "unknown emotion ''"),
        ("gone/mood.txt", "cannot read"),
        ("h" * 300, "unknown emotion"),
    ],
)
def test_mistakes_are_named(text: str, says: str) -> None:
    """Each mistake gets a sentence that names it."""
    with pytest.raises(ConfigError, match=says):
        parse(text)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"1.0 happy\n0.5 sad\n", "out of order: 0.5 s comes after 1 s"),
        (b"soon happy\n", "line 1: the time is 'soon', not a number"),
        (b"1.0\n", "is no cue"),
        (b"-1 happy\n", "the time is '-1', not a number"),
        (b"1e999 happy\n", "the time is '1e999', not a number"),
        (b"0 happy:2\n", "line 1: the weight of happy is '2'"),
        (b"# nothing\n", "holds no emotion cue"),
        (b"\xff\xfe\x00", "not a text file"),
    ],
)
def test_mistakes_in_cue_files_name_the_line(tmp_path: Path, content: bytes, says: str) -> None:
    """A cue file's mistake is named with its line."""
    path = tmp_path / "mood.txt"
    path.write_bytes(content)

    with pytest.raises(ConfigError, match=says):
        read(path)
