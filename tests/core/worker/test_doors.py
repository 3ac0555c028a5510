"""What comes to `facetake worker` by mistake: paths that are no files, input that ends, output that nobody reads."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from facetake.errors import FacetakeError
from facetake.worker import requests
from facetake.worker.channel import Channel

LINE = Path(__file__).parents[3] / "examples" / "line.wav"
WORKER = [sys.executable, "-m", "facetake", "worker"]
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="devices and pipes with names are POSIX")
SESSION = requests.Session()


def failure(do: str, **fields: object) -> str:
    """How a request fails."""
    with pytest.raises(FacetakeError) as caught:
        requests.act({"id": 1, "do": do, **fields}, Channel(1, lambda _: None), SESSION)
    return str(caught.value)


def bad_paths(folder: Path) -> dict[str, str]:
    """Paths that are no files, and what is said of them."""
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / "pipe.txt")
    return {
        "/dev/zero": "a device or a pipe is no file",
        str(folder / "pipe.txt"): "a device or a pipe is no file",
        "a\0b/c.txt": "no file can have this name",
        "\ud800/c.txt": "",
        "x/" + "a" * 5000: "too long",
        "a/" * 9000: "too long",
    }


FILES = {
    "audio": ("generate", {"out": "b.json"}),
    "emotion": ("generate", {"audio": str(LINE), "out": "b.json"}),
    "look": ("generate", {"audio": str(LINE), "out": "b.json"}),
    "take": ("restyle", {"style": "sad", "out": "b.json"}),
    "curves": ("restyle", {"style": "sad", "out": "b.json"}),
    "out": ("generate", {"audio": str(LINE)}),
    "take_out": ("generate", {"audio": str(LINE), "out": "b.json"}),
    "model": ("generate", {"audio": str(LINE), "out": "b.json"}),
    "path": ("inspect", {}),
}


@POSIX
@pytest.mark.parametrize("name", FILES)
def test_paths_that_are_no_files_are_refused_at_the_door(name: str, tmp_path: Path) -> None:
    """Devices, pipes, names with a NUL and endless names: one sentence at once, whichever field has them."""
    do, others = FILES[name]
    for path, says in bad_paths(tmp_path).items():
        message = failure(do, **others, **{name: path})
        assert says in message or name == "model", message
        assert "\n" not in message and len(message) < 20_000


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"audio": "", "out": "b"},
        {"audio": str(LINE), "out": ""},
        {"audio": None, "out": "b"},
        {"audio": [], "out": "b"},
        {"audio": str(LINE), "out": "."},
    ],
)
def test_requests_with_nothing_in_them_are_refused(fields: dict[str, Any]) -> None:
    """A field that is missing, empty, of another type or a folder is named."""
    assert "out" in (message := failure("generate", **fields)) or "audio" in message


def answers(asked: bytes, **way: Any) -> subprocess.CompletedProcess[bytes]:
    """What the worker makes of requests that are all it gets."""
    return subprocess.run(WORKER, input=asked, timeout=120, check=False, **{"capture_output": True, **way})


def asked(folder: Path) -> bytes:
    """Three requests, one to be refused."""
    rows: list[dict[str, Any]] = [
        {"id": 1, "do": "generate", "audio": str(LINE), "out": str(folder / "a.json")},
        {"id": 2, "do": "generate", "audio": str(folder / "gone.wav"), "out": str(folder / "b.json")},
        {"id": 3, "do": "visemes", "path": str(LINE)},
    ]
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


@pytest.mark.parametrize("way", ["file", "pipe"])
def test_requests_out_of_a_file_are_answered(way: str, tmp_path: Path) -> None:
    """`facetake worker < requests.ndjson` and `cat requests.ndjson | facetake worker` do what they are asked to."""
    (tmp_path / "requests.ndjson").write_bytes(asked(tmp_path))
    with (tmp_path / "requests.ndjson").open("rb") as file:
        if way == "file":
            done = subprocess.run(WORKER, stdin=file, capture_output=True, timeout=120, check=False)
        else:
            done = answers(asked(tmp_path))
    ends = [json.loads(line) for line in done.stdout.splitlines()]
    ends = [(one["id"], one["event"]) for one in ends if one["event"] in ("done", "failure")]
    assert (done.returncode, ends) == (0, [(1, "done"), (2, "failure"), (3, "done")])
    assert (tmp_path / "a.json").is_file()


@POSIX
@pytest.mark.parametrize(
    ("redirection", "says"),
    [
        (">&-", "standard output; open both"),
        ("<&-", "standard output; open both"),
        pytest.param(
            ">/dev/full",
            "cannot write answers to standard output",
            marks=pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a full device"),
        ),
    ],
)
def test_output_that_takes_nothing_is_told(redirection: str, says: str, tmp_path: Path) -> None:
    """Closed and full standard streams end in one sentence and exit code 2."""
    command = f'"{sys.executable}" -m facetake worker {redirection}'
    done = subprocess.run(command, shell=True, input=asked(tmp_path), capture_output=True, timeout=120, check=False)
    told = done.stderr.decode().strip().splitlines()
    assert (done.returncode, len(told)) == (2, 1) and says in told[0], told


@POSIX
def test_a_reader_who_leaves_ends_the_work(tmp_path: Path) -> None:
    """`facetake worker < requests.ndjson | head -1` ends by itself."""
    command = f'"{sys.executable}" -m facetake worker | head -1'
    done = subprocess.run(command, shell=True, input=asked(tmp_path), capture_output=True, timeout=60, check=False)
    assert done.stdout.count(b"\n") == 1 and done.stderr == b""


@pytest.mark.parametrize("length", [1 << 24, (1 << 24) + 5])
def test_an_endless_line_is_no_request(length: int) -> None:
    """A line longer than any request is answered once, and the next one as ever."""
    done = answers(b"x" * length + b'\n{"id": 1, "do": "inspect", "path": "gone.wav"}\n')
    first, *_, last = [json.loads(line) for line in done.stdout.splitlines()]
    assert first["message"].startswith("this is no request") and "no file gone.wav" in last["message"]


@POSIX
def test_being_told_to_end_puts_files_away(tmp_path: Path) -> None:
    """A farm's or a system's SIGTERM in the middle of a request: exit code 130, one sentence, no begun file."""
    soundfile.write(tmp_path / "long.wav", np.random.default_rng(0).normal(0, 0.1, 16_000 * 300), 16_000)
    wanted = {"id": 1, "do": "generate", "audio": "long.wav", "out": "a.json", "take_out": "a.npz"}
    with subprocess.Popen(WORKER, cwd=tmp_path, stdin=-1, stdout=-1, stderr=-1) as worker:
        assert worker.stdin is not None and worker.stdout is not None and worker.stderr is not None
        worker.stdin.write(json.dumps(wanted).encode() + b"\n")
        worker.stdin.flush()
        next(line for line in worker.stdout if b"progress" in line)
        worker.terminate()
        told = worker.stderr.read().decode()

    assert (worker.returncode, told) == (130, "facetake: error: interrupted; files already written are whole\n")
    assert [path.name for path in tmp_path.iterdir()] == ["long.wav"]


def test_what_is_no_request_writes_nothing_on_a_terminal() -> None:
    """Lines and ids that hold controls, or go on for ever, come back as one short line that can be printed."""
    for asked in (
        b"\x1b[2J\x07{",
        b"\x7f\0",
        '"\u202e'.encode(),
        b'{"id": {"a": [' + b"1," * 5000 + b'1]}, "do": "hello"}',
    ):
        (event,) = [json.loads(line) for line in answers(asked + b"\n").stdout.splitlines()]
        assert event["message"].isprintable() and len(event["message"]) < 400
