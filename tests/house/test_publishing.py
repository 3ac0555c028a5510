"""What is published: the checks on every system, the programs, and what a wheel says of itself."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

from facetake import __version__
from facetake.cli import main

ROOT = Path(__file__).parents[2]
WORKFLOW = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_every_system_and_python_is_checked() -> None:
    """The workflow runs on each system, on every Python that the package claims, and needs no secret."""
    assert all(system in WORKFLOW for system in ("ubuntu-latest", "windows-latest", "macos-latest"))
    claimed = {one.rpartition(" ")[2] for one in PROJECT["classifiers"] if re.search(r":: 3\.[0-9]+$", one)}
    assert claimed == {"3.11", "3.12", "3.13"} == set(re.findall(r'"(3\.[0-9]+)"', WORKFLOW))
    assert "secrets" not in WORKFLOW


@pytest.mark.skipif(shutil.which("bash") is None or shutil.which("awk") is None, reason="needs bash and awk")
@pytest.mark.parametrize("mark", ["demo", "test"])
def test_what_is_checked_is_what_the_readme_says(mark: str) -> None:
    """The script gives the README's block and nothing else, and the workflow runs it."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (block,) = re.findall(rf"(?ms)^```sh {mark}\n(.*?)^```", readme)
    done = subprocess.run(["bash", ".ci/block", mark], cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
    assert done.stdout == block and f"$(.ci/block {mark})" in WORKFLOW


def test_windows_runs_the_same_two() -> None:
    """The README's block for PowerShell has two lines, which install the same extras as those for other shells."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"(?ms)^```powershell\n(.*?)^```", readme)
    extras = re.compile(r'"\.(\[.*?\])"')
    others = re.findall(r"(?ms)^```sh (?:demo|test)\n(.*?)^```", readme)
    assert extras.findall(block) == [extras.findall(one)[0] for one in others] and len(block.splitlines()) == 2


def test_the_version_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    """`facetake --version` tells the version that the newest heading of the changes has."""
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"facetake {__version__}\n"
    heading = re.search(r"(?m)^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
    assert heading is not None and heading[1] == __version__


@pytest.mark.parametrize("kind", ["scripts", "gui-scripts"])
def test_each_program_is_there(kind: str) -> None:
    """What an installed program calls exists."""
    for name, place in PROJECT[kind].items():
        module, _, function = place.partition(":")
        assert callable(getattr(import_module(module), function)), name


def test_every_package_says_that_it_is_typed() -> None:
    """Each package carries the mark by which type checkers read its types."""
    packages = ("core/facetake", "core/facetake_host", "training/facetake_training")
    assert [name for name in packages if not (ROOT / name / "py.typed").is_file()] == []
