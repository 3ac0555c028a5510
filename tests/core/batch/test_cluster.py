"""Batches on a real Ray cluster: the same bytes, and nothing lost with a node."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from facetake import batch
from facetake.batch import cluster
from facetake.errors import BatchError
from facetake.generate import GenerateOptions

pytestmark = [
    pytest.mark.skipif(find_spec("ray") is None, reason="a cluster needs Ray, which the ray extra brings"),
    pytest.mark.skipif(sys.platform == "win32", reason="Ray's test cluster is POSIX"),
]
BATCH = [sys.executable, "-m", "facetake", "batch"]
QUIET = {**os.environ, "RAY_USAGE_STATS_ENABLED": "0"}


class TwoNodes:
    """The cluster of `ray_cluster.py`."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("ray_cluster.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=QUIET,
        )
        self.address = self._read()

    def _read(self) -> str:
        assert self._process.stdout is not None
        while line := self._process.stdout.readline():
            if line.strip() == "done" or line.count(".") == 3:
                return line.strip()
        raise AssertionError("the cluster did not start")

    def kill_a_node(self) -> None:
        """The second node dies, with whatever runs there."""
        assert self._process.stdin is not None
        self._process.stdin.write("kill\n")
        self._process.stdin.flush()
        self._read()

    def end(self) -> None:
        """Both nodes end."""
        self._process.communicate(timeout=60)


@pytest.fixture
def nodes() -> Iterator[TwoNodes]:
    """Two nodes of one core."""
    found = TwoNodes()
    yield found
    found.end()


def takes(folder: Path) -> dict[str, bytes]:
    """Every take of a folder."""
    return {path.name: path.read_bytes() for path in folder.glob("*.csv")}


@pytest.mark.slow
def test_a_node_killed_in_the_middle(nodes: TwoNodes, lines: Path, tmp_path: Path) -> None:
    """Same bytes as on this machine alone; with a node goes no row, and none is put down twice."""
    moods = [str(lines), "--emotions", "all", "--intensities", ".1,.2,.3,.4,.5,.6,.7,.8,.9,1"]
    assert subprocess.run([*BATCH, *moods, "--out", str(tmp_path / "local")], check=False).returncode == 0
    out = tmp_path / "cluster"
    command = [*BATCH, *moods, "--out", str(out), "--engine", "ray", "--address", nodes.address]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=QUIET)
    end = time.monotonic() + 120
    while len(list(out.glob("*.csv"))) < 20:
        assert time.monotonic() < end and process.poll() is None
        time.sleep(0.01)
    nodes.kill_a_node()
    before = len(list(out.glob("*.csv")))
    told = process.communicate(timeout=300)[1]

    assert process.returncode == 0, told
    assert before < 8 * 61 and takes(out) == takes(tmp_path / "local")
    with batch.Ledger(out) as ledger:
        entries = list(ledger.entries())
    assert len(entries) == 8 * 61 and {(one.status, one.made) for one in entries} == {("done", 1)}


@pytest.mark.slow
def test_a_cluster_of_its_own(lines: Path, tmp_path: Path) -> None:
    """Without an address a cluster on this machine is begun, used and ended; relative paths mean the same in it."""
    (lines / "mood.txt").write_text("0.0 sad:0.5")
    for name, engine in (("local", []), ("ray", ["--engine", "ray"])):
        command = [*BATCH, ".", "--out", f"../{name}", "--emotion", "mood.txt", "--jobs", "2", *engine]
        assert subprocess.run(command, cwd=lines, env=QUIET, check=False).returncode == 0

    assert takes(tmp_path / "ray") == takes(tmp_path / "local") and len(takes(tmp_path / "ray")) == 8


def test_addresses_that_do_not_answer(lines: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody there, somebody who is not Ray, and no address at all: one sentence each, and nothing is begun."""
    monkeypatch.setattr(cluster, "CONNECT_S", 1.0)
    rows = batch.read(lines, ".csv")
    settings = batch.BatchSettings(tmp_path / "out", GenerateOptions())
    with socket.create_server(("127.0.0.1", 0)) as other:
        deaf = f"127.0.0.1:{other.getsockname()[1]}"
        for address, says in (("127.0.0.1:9", "nothing answers at"), (deaf, "answered within"), ("x y", "write host")):
            with pytest.raises(BatchError, match=says):
                batch.run(rows, settings, 1, lambda _news: None, threading.Event(), batch.Ray(address))

    assert takes(tmp_path / "out") == {}


def test_what_a_worker_cannot_see(tmp_path: Path) -> None:
    """A node without the folder of results, or with models that cannot be read, says so instead of making rows."""
    settings = batch.BatchSettings(tmp_path / "out", GenerateOptions())
    here = Path.cwd()
    try:
        assert "does not see" in cluster.Hand(settings, tmp_path / "gone").greet()[2]
        assert "does not see" in cluster.Hand(settings, tmp_path).greet()[2]
        (tmp_path / "out").mkdir()
        broken = batch.BatchSettings(tmp_path / "out", GenerateOptions(), model=tmp_path)
        assert "models.toml" in cluster.Hand(broken, tmp_path).greet()[2]
        assert cluster.Hand(settings, tmp_path).greet()[2] == ""
    finally:
        os.chdir(here)
