"""The farm job in examples: valid Open Job Description, and its tasks together make the whole list."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
import soundfile

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "examples" / "farm" / "facetake_batch.yaml"


@pytest.mark.skipif(find_spec("openjd") is None, reason="farm jobs are run by openjd-cli, which the dev extra brings")
@pytest.mark.skipif(sys.platform == "win32", reason="the job's session is POSIX here")
def test_the_job_makes_every_line(tmp_path: Path) -> None:
    """`openjd run` cuts a list of five into two tasks, each of which makes its part."""
    samples, rate_hz = soundfile.read(ROOT / "examples" / "line.wav", dtype="float32")
    for number in range(5):
        soundfile.write(tmp_path / f"{number}.wav", samples[: rate_hz // 2 + 1000 * number], rate_hz)
    rows = tmp_path / "lines.csv"
    rows.write_text("id,audio\n" + "".join(f"line_{number},{number}.wav\n" for number in range(5)))
    command = tmp_path / "bin" / "facetake"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m facetake "$@"\n')
    command.chmod(0o755)
    values = [f"List={rows}", f"Out={tmp_path / 'takes'}", "Parts=2", "Processes=1"]
    given = [part for value in values for part in ("-p", value)]
    done = subprocess.run(
        [sys.executable, "-m", "openjd", "run", str(TEMPLATE), "--step", "Lines", *given],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PATH": f"{command.parent}{os.pathsep}{os.environ['PATH']}"},
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert sorted(path.name for path in (tmp_path / "takes").glob("*.csv")) == [f"line_{n}.csv" for n in range(5)]
    assert len(list((tmp_path / "takes").glob("facetake-batch-*-of-2.sqlite"))) == 2
