"""What docs/security.md promises of the code as a whole."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHIPPED = ("core", "training", "maya_plugin", "unreal_bridge", "blender_addon")
MAY_CONNECT = {
    "core/facetake/batch/cluster.py",
    "core/facetake/live/destination.py",
    "core/facetake/live/recorder.py",
}
CONNECTING = {
    "socket",
    "urllib.request",
    "http.client",
    "http.server",
    "ftplib",
    "smtplib",
    "requests",
    "httpx",
    "aiohttp",
}


def sources() -> Iterator[tuple[str, ast.Module]]:
    """Every module that ships, by its path."""
    for folder in SHIPPED:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def test_nothing_is_evaluated() -> None:
    """No module calls eval, exec or compile, or loads what may hold code."""
    found = [
        f"{name}:{node.lineno}"
        for name, module in sources()
        for node in ast.walk(module)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("eval", "exec", "compile")
    ]
    assert found == []


def test_arrays_and_weights_are_loaded_as_data() -> None:
    """Every `np.load` says allow_pickle=False, and every `torch.load` weights_only=True."""
    wanted = {"np": ("allow_pickle", False), "numpy": ("allow_pickle", False), "torch": ("weights_only", True)}
    found = []
    for name, module in sources():
        for node in ast.walk(module):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "load"):
                continue
            if isinstance(node.func.value, ast.Name) and node.func.value.id in wanted:
                key, value = wanted[node.func.value.id]
                said = {word.arg: getattr(word.value, "value", None) for word in node.keywords}
                found += [] if said.get(key) is value else [f"{name}:{node.lineno}"]
    assert found == []


def test_nothing_connects_but_what_is_asked_to() -> None:
    """Of all modules those for Ray clusters and for live packets alone open a connection."""
    found = set()
    for name, module in sources():
        for node in ast.walk(module):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            found |= {name} if CONNECTING & set(names) else set()
    assert found <= MAY_CONNECT


def test_onnx_runtime_reports_to_nobody(tmp_path: Path) -> None:
    """A line that is made in an empty home leaves there no number to be reported by, nor a report to be sent."""
    pytest.importorskip("onnxruntime", reason="making a take needs the cpu or gpu extra")
    shutil.copy(ROOT / "examples" / "line.wav", tmp_path)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ORT_", "XDG_", "CI"))}
    command = [sys.executable, "-m", "facetake", "generate", "line.wav"]
    subprocess.run(command, cwd=tmp_path, env={**kept, "HOME": str(tmp_path)}, check=True, capture_output=True)
    made = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert made <= {"line.wav", "line.csv", ".local/state/facetake/written.txt"}


def test_models_get_no_operators_of_their_own() -> None:
    """No library of custom operators is registered with ONNX Runtime."""
    text = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "core" / "facetake").rglob("*.py"))
    assert "register_custom_ops" not in text and "trust_remote_code" not in text


def test_the_page_of_a_report_loads_nothing() -> None:
    """Its policy begins with nothing at all and names no host."""
    page = (ROOT / "core" / "facetake" / "report" / "page" / "page.html").read_text(encoding="utf-8")
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy is not None and policy[1].startswith("default-src 'none'") and "http" not in policy[1]


@pytest.mark.parametrize("name", ["../ear.onnx", "/models/ear.onnx", "a\\ear.onnx", ""])
def test_a_model_folder_names_no_file_outside(name: str, tmp_path: Path) -> None:
    """A models.toml that names a file elsewhere is refused."""
    from facetake import inference
    from facetake.errors import ModelError

    (tmp_path / "models.toml").write_text(f"[ear]\nfile = '{name}'\nsha256 = '0'\n", encoding="utf-8")
    with pytest.raises(ModelError, match="a model lies beside its models.toml"):
        inference.declarations(tmp_path)


def test_the_page_on_security_names_what_is_there() -> None:
    """Every module and test that docs/security.md names exists."""
    text = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    modules = re.findall(r"`((?:facetake|facetake_host|batch|report|formats)\.(?!csv|html|toml)[a-z_.]+)`", text)
    for name in {module if module.startswith("facetake") else f"facetake.{module}" for module in modules}:
        place = ROOT / "core" / Path(*name.split("."))
        holders = [one for one in (place.parent.with_suffix(".py"), place.parent / "__init__.py") if one.is_file()]
        inside = any(f"def {place.name}(" in one.read_text(encoding="utf-8") for one in holders)
        assert place.with_suffix(".py").is_file() or place.is_dir() or inside, name
    for test in re.findall(r"`(?:tests/house/)?(test_[a-z_]+\.py)`", text):
        assert list((ROOT / "tests").rglob(test)), test
