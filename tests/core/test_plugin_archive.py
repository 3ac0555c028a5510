"""`facetake package`: zips that a studio installs, complete and the same wherever they are made."""

from __future__ import annotations

import ast
import base64
import hashlib
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from facetake import __version__
from facetake.cli import main
from facetake.errors import ConfigError
from facetake.plugin_archive import WHEEL, package


def unpacked(host: str, folder: Path) -> Path:
    """A zip's content in a folder."""
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(package(host, folder)) as archive:
        archive.extractall(folder / host)
    return folder / host


def test_maya_s_zip_is_a_module(tmp_path: Path) -> None:
    """The module file lies at the top and points at the folder beside it, where script, plug-in and library are."""
    root = unpacked("maya", tmp_path)
    module = (root / "facetake.mod").read_text(encoding="utf-8")

    assert module.count(f" facetake {__version__} ./facetake\n") == 3
    wanted = "plug-ins/facetake_keys.py scripts/facetake_maya/host.py scripts/userSetup.py icons/facetake.png"
    for name in (*wanted.split(), "scripts/facetake_host/jobs.py", "scripts/facetake_host/panel/tracks.py"):
        assert (root / "facetake" / name).is_file(), name
    assert (root / "INSTALL.html").is_file()


def test_unreal_s_zip_is_a_plugin(tmp_path: Path) -> None:
    """One folder for a project's Plugins, with everything that its Python imports and nothing of Qt."""
    root = unpacked("unreal", tmp_path) / "Facetake"

    for name in (
        "Facetake.uplugin",
        "INSTALL.html",
        "Content/Python/init_unreal.py",
        "Content/Python/facetake_host/jobs.py",
    ):
        assert (root / name).is_file(), name
    assert not list(root.rglob("panel"))
    assert not [path for path in root.rglob("*.py") if "from PySide6" in path.read_text(encoding="utf-8")]


def test_blender_s_zip_is_an_extension(tmp_path: Path) -> None:
    """The manifest lies at the top beside the modules, and the library is a wheel whose record fits what is in it."""
    root = unpacked("blender", tmp_path)
    assert tomllib.loads((root / "blender_manifest.toml").read_text(encoding="utf-8"))["id"] == "facetake"
    assert all((root / name).is_file() for name in ("__init__.py", "host.py", "smoke.py", "INSTALL.html"))

    with zipfile.ZipFile(next(root.rglob("*.whl"))) as wheel:
        rows = [row.split(",") for row in wheel.read(f"{WHEEL}.dist-info/RECORD").decode().splitlines()]
        assert sorted(name for name, _, _ in rows) == sorted(wheel.namelist())
        for name, digest, size in rows[:-1]:
            told = base64.urlsafe_b64encode(hashlib.sha256(wheel.read(name)).digest()).rstrip(b"=").decode()
            assert (f"sha256={told}", int(size)) == (digest, wheel.getinfo(name).file_size)
    assert not [name for name, _, _ in rows if "panel" in name]


@pytest.mark.parametrize("host", ["maya", "unreal", "blender"])
def test_what_is_in_a_zip_imports_only_what_is_in_it(host: str, tmp_path: Path) -> None:
    """In a bare Python the library in the zip imports; nothing in it needs the engine's package."""
    root = unpacked(host, tmp_path)
    for wheel in root.rglob("*.whl"):
        zipfile.ZipFile(wheel).extractall(wheel.parent)
    library = next(root.rglob("facetake_host"))
    code = (
        "import sys; sys.path[:] = [sys.argv[1], *(p for p in sys.path if 'packages' not in p)]; "
        "import facetake_host.jobs, facetake_host.recording; assert 'facetake' not in sys.modules"
    )
    command = [sys.executable, "-I", "-S", "-c", code, str(library.parent)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for path in root.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                assert str(node.module).partition(".")[0] != "facetake", path


@pytest.mark.parametrize("host", ["maya", "unreal", "blender"])
def test_the_same_bytes_again(host: str, tmp_path: Path) -> None:
    """A release's zip does not depend on when or where it is made."""
    for name in "ab":
        (tmp_path / name).mkdir()

    assert package(host, tmp_path / "a").read_bytes() == package(host, tmp_path / "b").read_bytes()


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`facetake package maya --out DIR` makes the folder and names the zip; other programs are refused."""
    assert main(["package", "maya", "--out", str(tmp_path / "new")]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "new" / f"facetake_maya_{__version__}.zip")
    assert main(["package", "houdini"]) == 2
    with pytest.raises(ConfigError, match="there is no plugin for houdini"):
        package("houdini", tmp_path)


def test_a_wheel_carries_the_plugins(tmp_path: Path) -> None:
    """Installed from a wheel, without a checkout, the plugins are at hand, too, and whose work it holds is in it."""
    pytest.importorskip("hatchling", reason="building a wheel needs hatchling")
    root = Path(__file__).parents[2]
    code = "import hatchling.build, sys; print(hatchling.build.build_wheel(sys.argv[1]))"
    built = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], cwd=root, capture_output=True, text=True, check=True
    )
    with zipfile.ZipFile(tmp_path / built.stdout.split()[-1]) as wheel:
        wheel.extractall(tmp_path / "site")
    about = tmp_path / "site" / f"facetake-{__version__}.dist-info" / "licenses"
    for name in ("LICENSE", "NOTICE"):
        assert (about / name).read_bytes() == (root / name).read_bytes()
    programs = (about.parent / "entry_points.txt").read_text(encoding="utf-8")
    assert "[gui_scripts]\nfacetake-app = " in programs and "facetake-train = " in programs
    for name in ("facetake", "facetake_host", "facetake_training"):
        assert (tmp_path / "site" / name / "py.typed").is_file()
    code = "import sys; from facetake.cli import main; sys.exit(main(['package', 'unreal', '--out', sys.argv[1]]))"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(tmp_path / 'site')!r}); {code}", str(tmp_path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    (tmp_path / "here").mkdir()
    made = tmp_path / f"facetake_unreal_{__version__}.zip"
    assert made.read_bytes() == package("unreal", tmp_path / "here").read_bytes()
