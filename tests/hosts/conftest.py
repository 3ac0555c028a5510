"""Hosts for the contract: a scene in memory always, and the plugins over their fakes where the stubs are installed.

Within Blender's own Python, where `test_in_blender.py` starts these tests anew, the one host is Blender itself.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = Path(__file__).parents[2]
PLUGINS = (ROOT / "maya_plugin" / "scripts", ROOT / "maya_plugin" / "plug-ins", ROOT / "unreal_bridge/Content/Python")
for folder in (HERE, ROOT / "core", ROOT):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

from canned import CannedEngine, deliveries, real_engine  # noqa: E402
from stages import MayaStage, RecordingStage, Stage, UnrealStage, forget_plugins  # noqa: E402

from facetake_host.engine import EngineClient  # noqa: E402

STAGES: dict[str, type[Stage]] = {
    "recording": RecordingStage,
    "maya-mh3": MayaStage,
    "maya-mh4": MayaStage,
    "unreal": UnrealStage,
}
if "FACETAKE_IN_BLENDER" in os.environ:
    from blender_stage import BlenderStage

    STAGES = dict.fromkeys(("blender-mh4", "blender-arkit"), BlenderStage)


@pytest.fixture
def plugins(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The plugins' folders on the path, as their hosts put them there, and their modules fresh."""
    for folder in PLUGINS:
        monkeypatch.syspath_prepend(str(folder))
    yield
    forget_plugins()


@pytest.fixture(params=STAGES)
def stage(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, plugins: None) -> Stage:
    """Each host in turn with one character, ann."""
    return STAGES[request.param](request.param.partition("-")[2], monkeypatch)


@pytest.fixture(scope="session")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the real engine made of the example line for each rig, at 30 frames per second."""
    return deliveries(tmp_path_factory.mktemp("results"))


@pytest.fixture(scope="session")
def worker() -> Iterator[EngineClient]:
    """The real engine."""
    started = real_engine()
    yield started
    started.close()


@pytest.fixture
def engine(results: dict[str, str], tmp_path: Path) -> CannedEngine:
    """An engine that answers at once with what the real one made."""
    return CannedEngine(results, tmp_path / "exchange")
