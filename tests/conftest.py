"""What every test gets: the hypothesis profile, and skips for tests whose host or card is absent."""

from __future__ import annotations

import io
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent / "windows"))
import held_files  # noqa: E402

# Several processes share the cores: threads of each that wait for one another make them many times slower. Set before
# anything imports a library that reads it.
if "PYTEST_XDIST_WORKER" in os.environ:
    for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
        os.environ.setdefault(_name, "1")

# No deadline, because a busy machine is no failure; derandomised, so that a red run is red again.
settings.register_profile("house", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("house")

# The attack and the house in numbers are programs beside the tests of them; tests of the strip and of edits share hands
for _program in ("fuzz", "house", "core/ui", "core/edits"):
    if (_folder := str(Path(__file__).parent / _program)) not in sys.path:
        sys.path.insert(0, _folder)

# Tests that do not say how their texts are encoded mean UTF-8, which Windows does not write of itself.
if sys.platform == "win32":
    io.text_encoding = lambda encoding, _level=2: encoding or "utf-8"  # type: ignore[assignment]

_HOSTS = {"maya": "maya", "unreal": "unreal"}


@pytest.fixture(autouse=True)
def files_in_use_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """No file that is open loses its name, as on Windows, so that what would fail there fails here."""
    if held_files.are_known():
        held_files.refuse_held(monkeypatch)


@pytest.fixture(autouse=True, scope="session")
def nobodys_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test reads the defaults of whoever runs it, or writes into that person's home."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FACETAKE_CONFIG", "")
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what this machine cannot run, and say what is missing."""
    for item in items:
        for marker, module in _HOSTS.items():
            if item.get_closest_marker(marker) and find_spec(module) is None:
                item.add_marker(pytest.mark.skip(reason=f"this Python is not {marker.capitalize()}'s own"))
        if item.get_closest_marker("gpu") and shutil.which("nvidia-smi") is None:
            item.add_marker(pytest.mark.skip(reason="this machine has no NVIDIA card"))
        if _is_about_usd(item) and find_spec("pxr") is None:
            item.add_marker(pytest.mark.skip(reason="USD needs usd-core, which the usd extra brings"))


def _is_about_usd(item: pytest.Item) -> bool:
    """Whether a test that runs over all formats runs for USD."""
    case = getattr(item, "callspec", None)
    return case is not None and any(isinstance(value, str) and value == "usd" for value in case.params.values())


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder as `facetake-train export` writes it, of a tiny untrained network; skips without torch."""
    torch = pytest.importorskip("torch", reason="making a model needs the train extra")
    pytest.importorskip("onnx", reason="making a model needs the train extra")
    from facetake.export import export_audio2rig, export_ear
    from facetake.files import hash_of
    from facetake.networks.emoface import EmoFace, EmoFaceSize
    from facetake.networks.encoder import MelSize

    folder = tmp_path_factory.mktemp("model")
    torch.manual_seed(0)
    size = EmoFaceSize("mel", mel=MelSize(16, 1, 8), width=16, layers=1, heads=2, feedforward=16)
    network = EmoFace(size, tuple(range(16)))
    export_ear(network, folder / "ear.onnx")
    export_audio2rig(network, folder / "ear.onnx", folder / "audio2rig.onnx")
    rows = [
        f'[{name}]\nfile = "{name}.onnx"\nsha256 = "{hash_of(folder / f"{name}.onnx")}"\ntrained_on = []\n'
        for name in ("ear", "audio2rig")
    ]
    (folder / "models.toml").write_text("\n".join(rows), encoding="utf-8")
    return folder


@pytest.fixture(autouse=True)
def ctrl_c_is_heard() -> Iterator[None]:
    """Lets children hear Ctrl-C though the tests may have been started in the background, where it is ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
