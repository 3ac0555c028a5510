"""Who may import whom: the contracts of pyproject.toml, and where torch and PySide6 may be reached."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[2]

# Modules of facetake that are torch: all others run without it
TORCH = ("portrait", "export", "networks", "pretrained", "face", "render")
# Modules that must not reach torch through anything they import, so that they start fast and need no torch
TORCHLESS = ("generate", "restyle", "preview", "inference", "batch", "report", "formats")


@cache
def _graph() -> grimp.ImportGraph:
    return grimp.build_graph(
        "facetake",
        "facetake_training",
        include_external_packages=True,
        exclude_type_checking_imports=True,
        cache_dir=None,
    )


def _importers(external: str) -> set[str]:
    """Second part of the names of facetake's modules that import an outside package themselves."""
    graph = _graph()
    if external not in graph.modules:
        return set()
    importers = graph.find_modules_that_directly_import(external)
    return {name.split(".")[1] for name in importers if name.startswith("facetake.")}


def test_import_contracts_hold() -> None:
    """Layers, engine without training, and onnxruntime in one place, as pyproject.toml says."""
    code = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    path = os.pathsep.join([str(ROOT / "core"), str(ROOT / "training"), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-c", code, "--no-cache", "--no-logo"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": path, "NO_COLOR": "1"},
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_torch_is_imported_only_where_it_may_be() -> None:
    """Modules outside the torch ones never import torch themselves."""
    assert _importers("torch") - set(TORCH) == set()


@pytest.mark.parametrize("module", TORCHLESS)
def test_the_everyday_path_never_reaches_torch(module: str) -> None:
    """Making, restyling and showing a take needs no torch, not even through other modules."""
    graph = _graph()
    if f"facetake.{module}" not in graph.modules:
        pytest.skip(f"facetake.{module} is not written yet")
    chains = [
        " -> ".join(chain)
        for heavy in ("torch", "torchvision", "transformers", "anny")
        if heavy in graph.modules
        for chain in graph.find_shortest_chains(importer=f"facetake.{module}", imported=heavy, as_packages=True)
    ]
    assert chains == []


def test_the_window_toolkit_is_in_one_place() -> None:
    """PySide6 is imported by the standalone window only."""
    assert _importers("PySide6") - {"ui"} == set()


def test_host_programs_are_not_imported_by_the_engine() -> None:
    """Maya, Unreal and Blender belong to their plugins."""
    assert _importers("maya") | _importers("unreal") | _importers("bpy") == set()


def test_no_pickle() -> None:
    """Nothing is pickled, so no file a user opens can run code."""
    graph = _graph()
    importers = [
        graph.find_modules_that_directly_import(name)
        for name in ("pickle", "dill", "cloudpickle", "shelve")
        if name in graph.modules
    ]
    assert set().union(*importers) == set()


def test_weights_are_moved_in_one_place() -> None:
    """Gradients are walked back, and with them optimizers stepped, by facetake.networks.optimization alone."""
    found = {
        path.relative_to(ROOT).as_posix()
        for folder in ("core", "training")
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "backward"
    }
    assert found == {"core/facetake/networks/optimization.py"}


def test_a_take_is_made_without_what_only_others_need(tmp_path: Path) -> None:
    """`facetake generate`, in a process of its own, loads no library of pictures, of sound or of learning."""
    pytest.importorskip("onnxruntime", reason="making a take needs the cpu or gpu extra")
    line = str(ROOT / "examples" / "line.wav")
    order = ["generate", line, "--head", "onsets", "-o", str(tmp_path / "take.csv")]
    code = f"import sys, facetake.cli; done = facetake.cli.main({order!r}); print(*sys.modules); sys.exit(done)"
    loaded = _modules_after(code)
    heavy = {"librosa", "skimage", "PIL", "scipy", "sklearn", "torch", "numba", "av"}
    assert heavy & loaded == set() and {"facetake.generate", "onnxruntime"} <= loaded


def test_starting_is_light() -> None:
    """Importing the rig, the take and the errors brings in neither scipy nor anything heavier."""
    heavy = {"scipy", "onnxruntime", "soundfile", "soxr", "torch", "numba", "av"}
    assert heavy & _modules_after("import sys, facetake.take, facetake.config; print(*sys.modules)") == set()


def _modules_after(code: str) -> set[str]:
    """What a new process has loaded that runs some code and prints it."""
    path = str(ROOT / "core")
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": path}
    )
    return set(done.stdout.split())
