"""The plugins and what runs inside a host: what they import, how long they are, and their types against the stubs."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import stubs

ROOT = Path(__file__).parents[2]
HOST = ROOT / "core" / "facetake_host"
PLUGINS = {"maya_plugin": {"maya", "PySide6", "shiboken6"}, "unreal_bridge": {"unreal"}, "blender_addon": {"bpy"}}
STUBBED = ("maya_plugin", "unreal_bridge")
"""Those tested on fakes; Blender's is tested in Blender."""
LONGEST = 600
"""Lines with something in them: what a person can still read in an hour."""
NUMERICS = {"math", "cmath", "statistics", "random", "array", "struct", "decimal"}


def imports(path: Path) -> set[str]:
    """Names of the packages that a file imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add(str(node.module).partition(".")[0])
    return found


@pytest.mark.parametrize("plugin", PLUGINS)
def test_plugins_import_the_standard_library_and_their_host(plugin: str) -> None:
    """A plugin needs nothing installed in its host, computes nothing, and never loads the engine."""
    own = {"facetake_host", "facetake_maya", "facetake_unreal", *PLUGINS[plugin]}
    files = list((ROOT / plugin).rglob("*.py"))
    assert len(files) > 4
    for path in files:
        assert imports(path) <= (sys.stdlib_module_names - NUMERICS) | own, path


def test_what_runs_inside_a_host_is_standard_library() -> None:
    """facetake_host imports the standard library, and PySide6 in the panel only."""
    for path in HOST.rglob("*.py"):
        allowed = sys.stdlib_module_names | {"facetake_host"} | ({"PySide6"} if "panel" in path.parts else set())
        assert imports(path) <= allowed, path


@pytest.mark.parametrize("plugin", PLUGINS)
def test_plugins_are_thin(plugin: str) -> None:
    """No plugin has more than 600 lines with something in them."""
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / plugin).rglob("*.py")]
    assert sum(bool(line.strip()) for text in texts for line in text.splitlines()) <= LONGEST


@pytest.mark.parametrize("plugin", STUBBED)
def test_every_name_of_the_host_is_in_its_stubs(plugin: str) -> None:
    """Every command, flag, class and member that a plugin spells out is in the published stubs."""
    if not all(map(stubs.installed, ("types-maya", "maya-stubs", "unreal-stub"))):
        pytest.skip("the published stubs are not installed; pip install the dev extra")
    checked = 0
    for path in (ROOT / plugin).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            checked += _check(node)
    assert checked > 40


def _check(node: ast.AST) -> int:
    """Raises UnknownToStubsError, or says how many names were looked up."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _name(node.func.value) == "cmds":
        flags = stubs.maya_flags(node.func.attr)
        unknown = {one.arg for one in node.keywords if one.arg} - flags
        assert not unknown, f"cmds.{node.func.attr} has no flags {unknown}"
        return 1
    if isinstance(node, ast.Attribute) and (module := _name(node.value)) in ("OpenMaya", "OpenMayaAnim"):
        stubs.maya_members(module, node.attr)
        return 1
    if isinstance(node, ast.Attribute) and _name(node.value) == "unreal":
        if not stubs.has_unreal_function(node.attr):
            stubs.unreal_source(node.attr)
        return 1
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute):
        owner = _name(node.value.value)
        if owner == "unreal":
            assert node.attr in stubs.unreal_members(node.value.attr), f"unreal.{node.value.attr}.{node.attr}"
            return 1
        if owner in ("OpenMaya", "OpenMayaAnim"):
            assert node.attr in stubs.maya_members(owner, node.value.attr), f"{owner}.{node.value.attr}.{node.attr}"
            return 1
    return 0


def _name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else ""


@pytest.mark.parametrize("plugin", PLUGINS)
def test_plugins_type_check_against_the_stubs(plugin: str, tmp_path: Path) -> None:
    """Mypy finds no call, argument or attribute in a plugin that the published stubs do not have."""
    if not all(map(stubs.installed, ("maya-stubs", "unreal-stub"))):
        pytest.skip("the published stubs are not installed; pip install the dev extra")
    sources = list((ROOT / plugin).rglob("*.py"))
    roots = {str(path.parent) for path in sources if path.parent.name in ("scripts", "Python", "plug-ins")}
    paths = [str(ROOT / "core"), *sorted(roots)]
    if plugin == "unreal_bridge":
        (tmp_path / "unreal").mkdir()
        (tmp_path / "unreal" / "__init__.pyi").write_text(stubs.unreal_excerpt(sources), encoding="utf-8")
        paths.append(str(tmp_path))
    if plugin == "blender_addon":
        paths.append(str(ROOT))  # of a package whose parts name each other relatively
    settings = tmp_path / "mypy.ini"
    settings.write_text(
        "[mypy]\nstrict = true\ndisallow_untyped_calls = false\nwarn_unused_ignores = false\n"
        "[mypy-PySide6.*,shiboken6.*,bpy.*]\nignore_missing_imports = true\n[mypy-unreal]\nignore_errors = true\n"
        "[mypy-facetake_unreal.*]\ndisallow_untyped_decorators = false\n"  # the stub's own have no types
        "[mypy-blender_addon.*]\ndisallow_subclassing_any = false\ndisallow_untyped_decorators = false\n",
        encoding="utf-8",
    )
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "mypy",
            "--config-file",
            str(settings),
            "--cache-dir",
            str(tmp_path / "cache"),
            *map(str, sources),
        ],
        env={**os.environ, "MYPYPATH": os.pathsep.join(paths)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_versions_agree() -> None:
    """Engine, plugins and what runs inside a host carry one version and speak one protocol."""
    from facetake import __version__
    from facetake.plugin_archive import WHEEL
    from facetake.worker import requests
    from facetake_host import PROTOCOL
    from facetake_host import __version__ as host_version

    module = (ROOT / "maya_plugin" / "facetake.mod").read_text(encoding="utf-8")
    about = json.loads((ROOT / "unreal_bridge" / "Facetake.uplugin").read_text(encoding="utf-8"))
    command = (ROOT / "maya_plugin" / "plug-ins" / "facetake_keys.py").read_text(encoding="utf-8")
    assert set(re.findall(r"facetake (\S+) \.", module)) == {__version__}
    assert (about["VersionName"], host_version, requests.PROTOCOL) == (__version__, __version__, PROTOCOL)
    assert f'"{__version__}"' in command
    manifest = tomllib.loads((ROOT / "blender_addon" / "blender_manifest.toml").read_text(encoding="utf-8"))
    assert manifest["version"] == __version__ and manifest["wheels"] == [f"./wheels/{WHEEL}-py3-none-any.whl"]


def test_the_module_file_names_each_supported_maya() -> None:
    """Maya 2025, 2026 and 2027 find the scripts and the plug-in."""
    text = (ROOT / "maya_plugin" / "facetake.mod").read_text(encoding="utf-8")
    assert re.findall(r"MAYAVERSION:(\d+)", text) == ["2025", "2026", "2027"]
    assert text.count("PYTHONPATH+:=scripts") == text.count("MAYA_PLUG_IN_PATH+:=plug-ins") == 3


@pytest.mark.parametrize("broken", ["import", "menu"])
def test_unreal_s_startup_code_never_raises(tmp_path: Path, broken: str) -> None:
    """Whatever is missing or wrong when the editor starts, it starts."""
    code = (ROOT / "unreal_bridge/Content/Python/init_unreal.py").read_text(encoding="utf-8")
    if broken == "menu":
        (tmp_path / "facetake_unreal").mkdir()
        (tmp_path / "facetake_unreal" / "__init__.py").touch()
        (tmp_path / "facetake_unreal" / "menu.py").write_text("def add(): raise RuntimeError('x')\n")
    done = subprocess.run([sys.executable, "-S", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
