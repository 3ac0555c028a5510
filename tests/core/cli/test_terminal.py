"""Standard output of every kind, each in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from facetake.errors import AudioError, sentence

SAYS = "import sys; from facetake.cli.terminal import say; from facetake.errors import ConfigError\n"


def python(code: str, **options: object) -> subprocess.CompletedProcess[bytes]:
    """Runs code in a new process."""
    command = [sys.executable, "-c", SAYS + code]
    return subprocess.run(command, check=False, stderr=subprocess.PIPE, **options)  # type: ignore[call-overload,no-any-return]


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [("ascii", b"\\u53f0 \\udcff"), ("cp1252", b"\\u53f0 \\udcff"), ("utf-8", "台 \\udcff".encode())],
)
def test_any_letter_goes_through_any_pipe(encoding: str, shown: bytes) -> None:
    """Letters that an encoding lacks, and bytes of a name that are no letters, come as escapes."""
    done = python("say('\\u53f0 \\udcff\\n')", stdout=subprocess.PIPE, env={**os.environ, "PYTHONIOENCODING": encoding})

    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, shown, b"")


def test_events_carry_names_whole_through_any_pipe() -> None:
    """A JSON event reads back the same name whatever the encoding of the pipe."""
    code = "from facetake.cli.terminal import Reporter; Reporter('json').done('\\u53f0', ['\\u53f0.csv'])"
    done = python(code, stdout=subprocess.PIPE, env={**os.environ, "PYTHONIOENCODING": "cp1252"})

    assert json.loads(done.stdout) == {"event": "done", "item": "台", "outputs": ["台.csv"]}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("buffering", ["", "1"])
def test_a_full_standard_output_is_told_once(buffering: str) -> None:
    """A full output is a ConfigError at once, and nothing more is said when Python ends."""
    environment = {**os.environ, "PYTHONUNBUFFERED": buffering}
    with Path("/dev/full").open("w") as full:
        done = python("try: say('x')\nexcept ConfigError as e: sys.exit(str(e))", stdout=full, env=environment)

    assert done.returncode == 1
    assert done.stderr.startswith(b"cannot write to standard output (") and done.stderr.count(b"\n") == 1


def test_work_goes_on_when_nobody_reads() -> None:
    """A reader that has gone costs its text and nothing else."""
    read, write = os.pipe()
    os.close(read)
    done = python("say('x'); say('y'); sys.stderr.write('still here')", stdout=write)
    os.close(write)

    assert (done.returncode, done.stderr) == (0, b"still here")


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (AudioError("a.wav is\nempty"), "a.wav is empty"),
        (MemoryError(), "ran out of memory"),
        (PermissionError(13, "Access is denied", "a.json"), "a.json cannot be used (Access is denied); check the path"),
        (KeyError("x"), "(KeyError: 'x'); FACETAKE_DEBUG=1"),
    ],
)
def test_every_error_is_one_line(error: Exception, says: str) -> None:
    """What a person reads has one line and, for a bug of ours, how to see more."""
    assert says in sentence(error) and "\n" not in sentence(error)


WRITES = {
    "facetake": "from facetake.cli import main\nsys.argv[1:] = ['generate', '\u53f0.wav', '--format', '\u97f3']",
    "argparse": "from facetake.cli import generate as g, main\ng.ABOUT = '\u53f0 \u97f3'\nsys.argv[1:] = ['--help']",
    "facetake-train": "import facetake_training.cli as t; from facetake_training.cli import main\n"
    "t._facegood = lambda _: print('\u53f0 \u97f3') or 0\n"
    "sys.argv[1:] = ['facegood', 'a.wav', '--names', 'n.npy', '-o', 'out']",
}


@pytest.mark.parametrize("encoding", ["cp1252", "cp437", "ascii"])
@pytest.mark.parametrize("program", WRITES)
def test_any_letter_goes_to_any_console(program: str, encoding: str) -> None:
    """Letters of a program, of argparse or of a mistake that a console lacks come as escapes, without a traceback."""
    way = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    done = python(f"{WRITES[program]}\nsys.exit(main(sys.argv[1:]))", stdout=subprocess.PIPE, env=way)

    said = done.stdout + done.stderr
    assert rb"\u97f3" in said and b"Traceback" not in said and b"Unicode" not in said
    assert done.returncode == (2 if program == "facetake" else 0)
