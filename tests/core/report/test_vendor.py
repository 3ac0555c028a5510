"""The build's hook: three.js comes by npm or not at all, is checked, and never stops a build. No network is used."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import io
import os
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
FILES = {"package/build/three.module.min.js": b"export {};", "package/LICENSE": b"MIT", "package/other.js": b"no"}


@pytest.fixture(scope="module")
def vendor() -> Callable[[Path], str]:
    """The hook's function."""
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Callable[[Path], str] = module.vendor
    return found


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for npm that packs a tarball of ours and writes down that it was asked."""
    if os.name == "nt":
        pytest.skip("the stand-in for npm is a script with a first line for Unix")
    room = io.BytesIO()
    with tarfile.open(fileobj=room, mode="w:gz") as archive:
        for name, content in FILES.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    (tmp_path / "tarball").write_bytes(room.getvalue())
    (tmp_path / "bin").mkdir()
    script = tmp_path / "bin" / "npm"
    script.write_text(
        f"#!{sys.executable}\nimport pathlib, shutil, sys\nhere = pathlib.Path({str(tmp_path)!r})\n"
        "with (here / 'asked').open('a') as file:\n    print(*sys.argv[1:3], file=file)\n"
        "shutil.copy(here / 'tarball', 'three.tgz')\n"
    )
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return tmp_path


def wanting(folder: Path, content: bytes, *names: str) -> Path:
    """A folder like the review module's, that wants these files of a tarball with this content."""
    folder.mkdir()
    digest = base64.b64encode(hashlib.sha512(content).digest()).decode()
    text = f'version = "1.2.3"\nintegrity = "sha512-{digest}"\nfiles = {list(names)}\n'
    (folder / "three.toml").write_text(text, encoding="utf-8")
    return folder


def test_named_files_come_and_only_once(vendor: Callable[[Path], str], npm: Path) -> None:
    """What three.toml names lies in vendor, nothing else, and a second build asks npm for nothing."""
    wanted = wanting(npm / "review", (npm / "tarball").read_bytes(), "build/three.module.min.js", "LICENSE")
    assert (vendor(wanted), vendor(wanted)) == ("", "")
    found = {path.name: path.read_bytes() for path in (wanted / "vendor" / "three-1.2.3").iterdir()}
    assert found == {"three.module.min.js": b"export {};", "LICENSE": b"MIT"}
    assert (npm / "asked").read_text() == "pack three@1.2.3\n"


def test_another_tarball_is_refused(vendor: Callable[[Path], str], npm: Path) -> None:
    """A tarball of other content leaves nothing behind, and the warning says that it is not the one."""
    wanted = wanting(npm / "review", b"something else", "LICENSE")
    assert "not the one whose digest" in vendor(wanted)
    assert not list(wanted.glob("vendor/**/*"))


def test_a_tarball_without_the_file_is_refused(vendor: Callable[[Path], str], npm: Path) -> None:
    """A file that three.toml names and the tarball lacks is a warning, and nothing half is left."""
    wanted = wanting(npm / "review", (npm / "tarball").read_bytes(), "LICENSE", "build/missing.js")
    assert "lacks a file" in vendor(wanted)
    assert not list(wanted.glob("vendor/*"))


def test_without_npm_the_build_goes_on(
    vendor: Callable[[Path], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No npm is one sentence that says what to install."""
    monkeypatch.setenv("PATH", str(tmp_path))
    said = vendor(wanting(tmp_path / "review", b"", "LICENSE"))
    assert "there is no npm" in said and "install Node.js with npm" in said
