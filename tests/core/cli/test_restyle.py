"""`facetake restyle` with the models that ship."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from facetake import formats, rig
from facetake.cli import main
from facetake.inference import SHIPPED, declarations
from facetake.take import Take


@pytest.fixture
def take(tmp_path: Path) -> Path:
    """Two seconds of a jaw that opens and closes."""
    values = np.tile(rig.NEUTRAL, (120, 1))
    values[:, rig.columns("C_jaw")] = (0.2 + 0.2 * np.sin(np.arange(120) / 5))[:, None]
    formats.write(Take(values, 60), tmp_path / "take.csv")  # type: ignore[arg-type]  # any rational is a rate
    return tmp_path / "take.csv"


def test_a_style_arrives(take: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The shipped model makes a neutral take angry: the brows lower, and the report says so."""
    out = take.with_name("angry.csv")

    assert main(["restyle", str(take), "--style", "angry", "-o", str(out)]) == 0
    made = formats.read(out)
    told = capsys.readouterr()
    assert made.values[:, rig.both("brow_down")].mean() > 0.2
    assert told.out == f"{out}\n"
    assert "visemes kept" in told.err and "lip closures kept" in told.err and "angry" in told.err


def test_a_program_reads_the_report(take: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With JSON events the report is one of them."""
    out = take.with_name("sad.json")
    asked = ["--style", "sad", "--actor", "ada:0.5", "--progress", "json"]

    assert main(["restyle", str(take), *asked, "-o", str(out)]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [event["event"] for event in events] == ["start", "report", "report", "done"]
    assert events[2]["made"]["emotion"] == "sad in ada's manner" and events[2]["made"]["output"] == str(out)
    assert events[1]["style_after"] > events[1]["style_before"] and len(events[1]["moved"]) == 8
    assert formats.read(out).origin["actor_strength"] == 0.5


def test_strength_0_copies_every_byte(take: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Strength 0 gives the input back byte for byte, whatever else it holds, and says so."""
    take.write_bytes(take.read_bytes().replace(b"\n", b"\r\n"))
    out = take.with_name("same.csv")

    assert main(["restyle", str(take), "--style", "sad:0", "-o", str(out)]) == 0
    assert out.read_bytes() == take.read_bytes()
    assert "strength is 0" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "nothing to do"),
        (["--style", "glad"], "unknown style 'glad'; known: neutral, happy"),
        (["--style", "sad", "--actor", "zoe"], "unknown actor 'zoe'; known: house"),
        (["--style", "sad:1.5"], "from 0 to 1"),
        (["--style", "sad", "--range", "1-9"], "not inside the take, which runs 0-2 s"),
        (["--style", "sad", "--range", "soon"], "--range soon: a time is 'soon', not a number"),
        (["--style", "sad", "--only", "elbow"], "elbow"),
        (["--style", "sad", "--lock", "CTRL_elbow"], "no control 'CTRL_elbow'"),
    ],
)
def test_mistakes_are_one_sentence_and_nothing_is_written(
    take: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], says: str
) -> None:
    """Exit code 2, one sentence that says what is known or allowed, and no file."""
    out = take.with_name("out.csv")

    assert main(["restyle", str(take), *arguments, "-o", str(out)]) == 2
    error = capsys.readouterr().err
    assert error.startswith("facetake: error: ") and says in error and error.count("\n") == 1
    assert not out.exists()


@pytest.mark.parametrize("damage", ["nan", "column", "empty", "one frame"])
def test_broken_takes_are_refused(take: Path, capsys: pytest.CaptureFixture[str], damage: str) -> None:
    """A take with a value that is no number, a control missing, no frame or one frame is named, and nothing written."""
    rows = take.read_text().splitlines()
    if damage == "nan":
        rows[3] = ",".join(["2", "0.0333", "nan", *rows[3].split(",")[3:]])
    elif damage == "column":
        rows = [row.rpartition(",")[0] for row in rows]
    else:
        rows = rows[: 1 if damage == "empty" else 2]
    take.write_text("\n".join(rows) + "\n")
    out = take.with_name("out.csv")

    assert main(["restyle", str(take), "--style", "sad", "-o", str(out)]) == 2
    assert capsys.readouterr().err.startswith("facetake: error: ") and not out.exists()


def test_a_take_is_never_replaced_by_itself(take: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The take that is read cannot be the one that is written."""
    before = take.read_bytes()

    assert main(["restyle", str(take), "--style", "sad", "-o", str(take)]) == 2
    assert take.read_bytes() == before and "overwritten" in capsys.readouterr().err


def test_shipped_models_are_small_and_vouched_for() -> None:
    """Both are below 15 MB, with their data and scores told."""
    for name in ("restyler", "viseme_classifier"):
        declared = declarations(SHIPPED)[name]
        assert (SHIPPED / declared.file).stat().st_size < 15e6
        assert declared.about["scores"] and declared.about["trained_on"] and declared.about["config"]
