"""Numbers on the command line and on the worker's wire, whatever their size."""

from __future__ import annotations

import io
import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from facetake import formats, rig
from facetake.cli import main
from facetake.take import Take
from facetake.worker import Worker

JAW = rig.INDEX["CTRL_C_jaw.translateY"]
ENDLESS = "9" * 5000


@pytest.fixture
def take(tmp_path: Path) -> Path:
    """Twelve seconds in which the jaw opens once, on disk."""
    values = np.tile(rig.NEUTRAL, (720, 1))
    values[:, JAW] = np.linspace(0, 1, 720)
    formats.write(Take(values, Fraction(60)), tmp_path / "take.json")
    return tmp_path / "take.json"


@pytest.mark.parametrize(
    "rate", ["24000/1001", "23.976", "23.976023976023978", "29.97002997002997", "59.94005994005994"]
)
def test_a_television_rate_gives_one_take_however_it_is_written(take: Path, tmp_path: Path, rate: str) -> None:
    """Every frame of the converted take lies on the ramp, to the end of the line, and the rate is over 1001."""
    assert main(["convert", str(take), "--rate", rate, "-o", str(tmp_path / "b.json")]) == 0
    found = formats.read(tmp_path / "b.json")
    np.testing.assert_allclose(found.values[:, JAW], np.minimum(found.times_s * 60 / 719, 1.0), atol=1e-6)
    assert found.rate.denominator == 1001


@pytest.mark.parametrize(
    "arguments",
    [
        ["convert", "TAKE", "-o", "b.json", "--rate", "1e999999999"],
        ["convert", "TAKE", "-o", "b.json", "--rate", "1/1000"],
        ["convert", "TAKE", "-o", "b.json", "--rate", ENDLESS],
        ["generate", "line.wav", "--rate", "1e999999999"],
        ["generate", "line.wav", "--seed", "-1"],
        ["generate", "line.wav", "--seed", ENDLESS],
        ["generate", "line.wav", "--gain", "brow=nan"],
        ["generate", "line.wav", "--gain", f"brow={ENDLESS}"],
        ["generate", "line.wav", "--emotion", f"happy:{ENDLESS}"],
        ["restyle", "TAKE", "-o", "b.json", "--style", "sad", "--range", "0-1e999999999"],
        ["restyle", "TAKE", "-o", "b.json", "--style", f"sad:{ENDLESS}"],
        ["preview", "TAKE", "-o", "b.mp4", "--size", ENDLESS],
        ["batch", "list.csv", "--out", "o", "--shard", f"{ENDLESS}/{ENDLESS}"],
        ["batch", "list.csv", "--out", "o", "--jobs", ENDLESS],
        ["batch", "list.csv", "--out", "o", "--report-mb", "nan"],
        ["batch", "list.csv", "--out", "o", "--emotions", "all", "--intensities", "nan"],
        ["portrait", "capture", "a.mp4", "-o", "o", "--sound-late", "nan"],
        ["portrait", "capture", "a.mp4", "-o", "o", "--range", "0-inf"],
    ],
)
def test_a_number_without_bounds_is_one_sentence(
    arguments: list[str],
    take: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Nothing is computed and nothing made of it; the sentence is short and the exit code 2."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "line.wav").write_bytes(b"")
    (tmp_path / "list.csv").write_text("id,audio\na,line.wav\n", encoding="utf-8")
    there = set(tmp_path.iterdir())
    assert main([str(take) if one == "TAKE" else one for one in arguments]) == 2
    said = capsys.readouterr().err
    assert said.startswith("facetake: error: ") and said.count("\n") == 1 and len(said) < 300
    assert "unforeseen" not in said and "empty" not in said
    assert set(tmp_path.iterdir()) == there


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("origin", '{"seed": NaN}'),
        ("origin", '{"seed": 1e400}'),
        ("origin", f'{{"seed": {ENDLESS}}}'),
        ("rate", '"1/1000"'),
        ("rate", '"1e999999999"'),
        ("start", '"1e999999999"'),
        ("version", ENDLESS),
    ],
)
def test_a_take_that_holds_what_is_no_number_is_refused(
    take: Path, key: str, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is named in one sentence by every command that reads it, before anything is made."""
    lines = take.read_text(encoding="utf-8").splitlines(keepends=True)
    at = next(i for i, line in enumerate(lines) if f'"{key}": ' in line)
    opening = "{" if lines[at].startswith("{") else ""
    lines[at] = f'{opening}"{key}": {text},\n'
    take.write_text("".join(lines), encoding="utf-8")
    for command in (["convert", str(take), "-o", str(take.with_suffix(".npz"))], ["inspect", str(take)]):
        assert main(command) == 2
        said = capsys.readouterr().err
        assert str(take) in said and said.count("\n") == 1 and "unforeseen" not in said
    assert not take.with_suffix(".npz").exists()


@pytest.mark.parametrize("number", ["NaN", "1e400", "-Infinity", ENDLESS])
def test_no_nan_on_the_wire(number: str) -> None:
    """A request with what is no number is refused as a whole, and every answer is JSON that anybody reads."""
    out = io.StringIO()
    worker = Worker(out)
    worker.listen([f'{{"id": {number}, "do": "hello"}}\n', f'{{"id": 1, "do": "generate", "seed": {number}}}\n'])
    for line in out.getvalue().splitlines():
        event = json.loads(line, parse_constant=lambda name: pytest.fail(f"{name} on the wire"))
        assert event["event"] == "failure" and event["message"].startswith("this is no request")
    assert out.getvalue().count("\n") == 2
