"""The host contract, random edits and the add-on's own cases in Blender itself; skips where no Python has Blender.

Blender's Python is another (`FACETAKE_BLENDER_PYTHON`; `.ci/run` installs one into `.blender`), so the tests run there
in a process of their own. The engine is the one of this environment, as it is beside a person's Blender.
"""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from functools import cache
from pathlib import Path

import pytest

from facetake import __version__
from facetake.plugin_archive import package
from facetake_host import location

ROOT = Path(__file__).parents[2]
FILES = ("test_contract.py", "test_hand_layers.py", "blender_cases.py")
NEEDS = "import bpy, hypothesis, pytest"
_INSTALL = """
import sys
import bpy
import addon_utils
bpy.ops.wm.read_factory_settings(use_empty=True)
addon_utils.enable("bl_pkg")
bpy.ops.extensions.package_install_files(filepath=sys.argv[1], repo="user_default", enable_on_install=True)
import facetake_host
from bl_ext.user_default.facetake import panel
print("told:", bpy.context.scene.facetake.emotion, facetake_host.__version__, panel.HOST.characters())
"""


@cache
def _blender() -> str:
    """A Python that has Blender, and what the tests need in it; empty where there is none."""
    named = os.environ.get("FACETAKE_BLENDER_PYTHON", "")
    return (
        named
        if named and subprocess.run([named, "-c", NEEDS], capture_output=True, check=False).returncode == 0
        else ""
    )


def _run(*arguments: str, **extra: str) -> str:
    """What Blender's Python says; fails where it does not end well."""
    if not _blender():
        pytest.skip("FACETAKE_BLENDER_PYTHON names no Python with Blender: pip install bpy pytest hypothesis in one")
    own = {"PYTHONPATH": str(ROOT / "core"), "PYTHONDONTWRITEBYTECODE": "1"}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")} | own | extra
    done = subprocess.run(
        [_blender(), *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("file", FILES)
def test_it_holds_in_blender(file: str, tmp_path: Path) -> None:
    """Everything that holds for the other hosts' fakes, and what only Blender has, holds in Blender; nothing skips."""
    options = ["-c", os.devnull, f"--rootdir={ROOT}", f"--confcutdir={ROOT / 'tests'}", "--import-mode=importlib"]
    options += ["-q", "-p", "no:cacheprovider", f"--basetemp={tmp_path / 'blender'}"]
    engine = {location.VARIABLE: sys.executable, "FACETAKE_IN_BLENDER": "1"}
    told = _run("-m", "pytest", *options, str(ROOT / "tests" / "hosts" / file), **engine)

    assert " passed" in told.splitlines()[-1] and "skipped" not in told.splitlines()[-1]


def test_it_installs_from_disk(tmp_path: Path) -> None:
    """Blender's own installer takes the zip, unpacks the wheel in it, and the add-on starts with nothing else there."""
    zip_path = package("blender", tmp_path)
    told = _run("-c", _INSTALL, str(zip_path), BLENDER_USER_RESOURCES=str(tmp_path / "user"), PYTHONPATH="")

    assert f"told: neutral {__version__} []" in told
    assert list((tmp_path / "user").rglob("site-packages/facetake_host/jobs.py"))


def test_blender_finds_the_zip_valid(tmp_path: Path) -> None:
    """The checker that Blender ships for extensions has nothing to say against the zip."""
    zip_path = package("blender", tmp_path)
    checker = _run(
        "-c", "import bpy, os; print(os.path.join(bpy.utils.system_resource('SCRIPTS'), 'addons_core'))"
    ).split()[-1]
    assert "Success" in _run(str(Path(checker) / "bl_pkg" / "cli" / "blender_ext.py"), "validate", str(zip_path))
    assert "blender_manifest.toml" in zipfile.ZipFile(zip_path).namelist()
