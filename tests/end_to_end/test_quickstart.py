"""The quickstart's commands, run one after the other as a reader would."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import soundfile

from facetake.cli import main

pytest.importorskip("numba", reason="previews need the preview extra")
pytest.importorskip("av", reason="previews need the preview extra")

ROOT = Path(__file__).parents[2]
N_SAMPLES = 16_000  # of the example line: filming more takes long
MADE = {
    "line.csv",
    "line.mp4",
    "choices/line.csv",
    "choices/line.2.csv",
    "choices/line.3.csv",
    "sad.csv",
    "sad.mp4",
    "line.anim",
    "takes/greet_01.csv",
    "takes/greet_02.csv",
    "takes/report.html",
}


def test_the_quickstart_does_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every command of the page succeeds on the start of the example line, and what the page names is there."""
    page = (ROOT / "docs" / "quickstart.md").read_text(encoding="utf-8")
    blocks = re.findall(r"(?ms)^```sh\n(.*?)^```", page)
    commands = [line for block in blocks for line in block.splitlines() if line.startswith("facetake ")]
    (listed,) = re.findall(r"(?ms)^```\n(id,.*?)^```", page)
    sound, rate = soundfile.read(ROOT / "examples" / "line.wav", stop=N_SAMPLES)
    soundfile.write(tmp_path / "line.wav", sound, rate)
    (tmp_path / "lines.csv").write_text(listed, encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    assert len(commands) >= 8
    for command in commands:
        assert main(shlex.split(command)[1:]) == 0, command
    there = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert there >= MADE
    assert {Path(name).suffix for name in there if name.startswith("plugins/")} == {".zip"}
