"""A disk that is full while a portrait is captured, learnt or filmed: a sentence, and the same command goes on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

for package in ("torch", "safetensors", "skimage", "numba", "av"):
    pytest.importorskip(package, reason="portraits need the packages of the portrait extra")

FILMING = Path(__file__).parents[1] / "portrait" / "filming"
if str(FILMING) not in sys.path:
    sys.path.insert(0, str(FILMING))

from made_up import Filmed, filmed  # noqa: E402

from facetake.portrait.capture.posed_face import open_face  # noqa: E402

N_FRAMES = 52
FULL = (  # without compiled modules: one that is cut by the limit would break every process after it
    "import resource, signal, sys; sys.dont_write_bytecode = True; "
    "resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), int(sys.argv[1]))); "
    "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); from facetake.cli import main; sys.exit(main(sys.argv[2:]))"
)
SAYS = "cannot be written"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="file size limits are POSIX")


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Filmed:
    """Two seconds of somebody who speaks noise."""
    noise = np.random.default_rng(2).normal(0.0, 0.1, 48_000 * N_FRAMES // 25).astype(np.float32)
    return filmed(tmp_path_factory.mktemp("film"), open_face().model, N_FRAMES, size=64, sound=noise)


def run(most_bytes: int, *asked: str) -> subprocess.CompletedProcess[str]:
    """Has a process of its own work where no file can be larger than so many bytes."""
    return subprocess.run([sys.executable, "-c", FULL, str(most_bytes), *asked], capture_output=True, text=True)


def begun(folder: Path) -> list[str]:
    """Files that are not whole."""
    return [path.name for path in folder.rglob("*") if path.name.startswith(".facetake-") or path.suffix == ".part"]


def test_a_full_disk_is_a_sentence_at_every_step(video: Filmed, tiny_model: Path, tmp_path: Path) -> None:
    """Whichever file is the first that does not fit is named, nothing half written stays, and with space it goes on."""
    # a little more room each time gets further: through capture and training to the film
    line = tmp_path / "line.wav"
    soundfile.write(line, 0.2 * np.random.default_rng(3).normal(size=8000), 16_000)
    out = tmp_path / "line.mp4"
    asked = ["portrait", "film", str(video.video), "--audio", str(line), "-o", str(out), "--tracks", str(video.tracks)]
    asked += ["--settings", "tiny", "--size", "64", "--model", str(tiny_model), "-q"]
    named = []
    for most_bytes in (20_000, 150_000, 220_000, 500_000):
        done = run(most_bytes, *asked)
        assert done.returncode == 2 and SAYS in done.stderr and "unforeseen" not in done.stderr, done.stderr
        assert done.stderr.count("\n") == 1 and not begun(tmp_path) and not out.exists()
        named.append(Path(done.stderr.partition(": error: ")[2].partition(":")[0]).name)
    assert len(set(named)) >= 3, named
    assert run(1 << 40, *asked).returncode == 0 and out.is_file()
