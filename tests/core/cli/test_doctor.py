"""`facetake doctor`: what is well, what is not, and what goes into a report."""

from __future__ import annotations

import json
import shutil
import sqlite3
import sys
import tomllib
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from facetake import inference
from facetake.batch.ledger import NAME
from facetake.cli import main
from facetake.cli.doctor import bug_report, engine, examination, hosts, machine, software
from facetake.cli.doctor.extras import EXTRAS, how_to_get, lacking
from facetake.cli.doctor.finding import Diagnosis, shortened
from facetake.inference import verified

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of the test's own to stand in."""
    monkeypatch.chdir(tmp_path)


def test_a_whole_installation_is_well(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 0, one line a finding, and a made sound that went through the whole engine."""
    assert main(["doctor"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert all(line.startswith("ok  ") for line in lines), lines
    assert any("3 s of made sound became 180 frames in" in line for line in lines)
    assert len([line for line in lines if " model " in line]) == len(inference.declarations(inference.SHIPPED))


def test_a_program_gets_the_same_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    """`--json` prints one object with every finding and its facts."""
    assert main(["doctor", "--json"]) == 0
    table = json.loads(capsys.readouterr().out)
    rows = {row["name"]: row for row in table["findings"]}
    assert table["is_well"] and rows["facetake"]["facts"]["version"] == table["facetake"]
    assert {f"extra {name}" for name in EXTRAS} <= set(rows)
    assert rows["a line"]["facts"]["frames"] == 180
    assert Path(rows["facetake"]["facts"]["place"]).expanduser() == Path(inference.SHIPPED).parent


def test_an_altered_model_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A model whose bytes are others, or that is gone, ends in exit code 1 and what to do."""
    shutil.copytree(inference.SHIPPED, tmp_path / "models")
    (tmp_path / "models" / "ear.onnx").write_bytes(b"no model")
    (tmp_path / "models" / "restyler.onnx").unlink()
    monkeypatch.setattr(inference, "SHIPPED", tmp_path / "models")
    monkeypatch.setattr(engine, "line", list)
    assert main(["doctor"]) == 1
    told = capsys.readouterr().out
    assert "!!  model ear        altered; install Facetake again" in told
    assert "!!  model restyler   missing; install Facetake again" in told


def test_landmarks_without_their_model_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that finds no landmarks by itself is no fault, and what it needs is said."""
    place = tmp_path / "mediapipe" / "__init__.py"
    monkeypatch.setattr(software, "find_spec", lambda _: SimpleNamespace(origin=str(place)))
    monkeypatch.setattr(software, "lacking", lambda _: [])
    for has_model in (False, True):
        (found,) = (one for one in software.extras() if one.name == "extra landmarks")
        assert found.is_well and ("--landmarker" in found.told) is not has_model
        (place.parent / "python" / "solutions").mkdir(parents=True, exist_ok=True)


def test_a_folder_that_cannot_be_written_to_is_told(tmp_path: Path) -> None:
    """A folder that is gone stands for one without permission, which root has everywhere."""
    (found,) = machine.folder(tmp_path / "gone")
    assert not found.is_well and "cannot be written to (No such file" in found.told
    (found,) = machine.folder(tmp_path)
    assert found.is_well and not list(tmp_path.iterdir())


def test_a_missing_package_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """What Facetake cannot do without is named with the command that gets it."""
    monkeypatch.setattr(software, "find_spec", lambda name: None if name == "soxr" else name)
    found, _ = software.dependencies()
    assert found.advice == "pip install soxr" and "soxr missing" in found.told


@pytest.mark.parametrize(
    ("installed", "told"),
    [
        ((), 'not installed; pip install "facetake[cpu]", or "facetake[gpu]" for an NVIDIA card'),
        (
            ("onnxruntime", "onnxruntime-gpu"),
            "run: pip uninstall -y onnxruntime onnxruntime-gpu, then pip install",
        ),
    ],
)
def test_a_runtime_that_is_none_or_two_is_told(
    installed: tuple[str, ...], told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The doctor and the first command that runs a network say in one line what to install."""
    monkeypatch.setattr(verified, "_is_installed", lambda package: package in installed)
    verified._runtime.cache_clear()
    _, found = software.dependencies()
    assert told in found.advice

    assert main(["generate", str(ROOT / "examples" / "line.wav"), "-o", "line.csv"]) == 2
    said = capsys.readouterr().err
    assert told in said and said.strip().count("\n") == 0
    verified._runtime.cache_clear()


def test_an_extra_that_is_not_there_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told with the command that gets it, and all is well."""
    monkeypatch.setattr(software, "lacking", lambda extra: ["numba"] if extra == "preview" else [])
    found = {one.name: one for one in software.extras()}["extra preview"]
    assert found.is_well and found.told == 'without numba; to get it: pip install "facetake[preview]"'


def test_a_look_that_fails_is_a_finding(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """One thing that cannot be looked at does not hide the others."""

    def broken() -> list[Diagnosis]:
        raise RuntimeError("no such device")

    monkeypatch.setattr(machine, "devices", broken)
    monkeypatch.setattr(engine, "line", list)
    found = {one.name: one for one in examination.examine(tmp_path)}
    assert "no such device" in found["devices"].told and not found["devices"].is_well
    assert found["folder"].is_well


def test_hosts_are_found_in_their_usual_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a pattern below the home folder, by their own variable and on the PATH, each once."""
    blender = tmp_path / "blender-4.2" / "blender"
    maya = tmp_path / "Maya2026" / "bin" / "maya"
    for program in (blender, maya):
        program.parent.mkdir(parents=True)
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
    kind = "linux" if sys.platform.startswith("linux") else sys.platform
    monkeypatch.setattr(
        hosts, "PLACES", {"blender": {kind: (f"{tmp_path}/blender*/blender",)}, "maya": {}, "unreal": {}}
    )
    monkeypatch.setenv("MAYA_LOCATION", str(tmp_path / "Maya2026"))
    monkeypatch.setenv("PATH", str(blender.parent))
    assert hosts.executables("blender") == [blender]
    assert hosts.executables("maya") == [maya]
    assert hosts.executables("unreal") == []


def test_the_made_sound_is_sound() -> None:
    """Three seconds within full scale, of which most is loud enough to be heard."""
    sound = engine.voice()
    assert len(sound) == 48_000 and 0.25 < np.abs(sound).max() <= 0.3 and np.sqrt(np.mean(sound**2)) > 0.02


def ledger(folder: Path, *messages: str) -> Path:
    """A folder of a batch with failed rows."""
    folder.mkdir()
    with sqlite3.connect(folder / NAME) as held:
        held.execute("CREATE TABLE rows (id TEXT, status TEXT, message TEXT)")
        held.executemany(
            "INSERT INTO rows VALUES (?, ?, ?)", [(f"secret_{i}", "failed", m) for i, m in enumerate(messages)]
        )
        held.execute("INSERT INTO rows VALUES ('made', 'done', 'nothing')")
    held.close()
    return folder


SECRETS = [
    "no file /srv/anna/Secret Film/scene 12/take one.wav; check the path",
    "no file /srv/anna/Secret Film/scene 12/take two.wav; check the path",
    r"D:\Secret Film\Anna Karenina.flac is truncated: its last frame does not decode; copy it again",
    "secret/anna_001.wav holds no sound (0 samples); record or export it again",
    "anna_002.wav holds no sound (0 samples); record or export it again",
    "/srv/anna/Secret/mood.txt, line 3: unknown emotion 'bored'; known: neutral, happy",
]


def test_a_report_holds_what_is_shown_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Facts as text and the errors of a batch without names of recordings; what is inside is told, line by line."""
    monkeypatch.setattr(engine, "line", list)
    folder = ledger(tmp_path / "takes", *SECRETS)
    before = (folder / NAME).read_bytes()
    assert main(["doctor", "--report-bug", "report.zip", "--results", str(folder)]) == 0
    said = capsys.readouterr()
    with zipfile.ZipFile("report.zip") as archive:
        inside = {name: archive.read(name).decode() for name in archive.namelist()}
    assert set(inside) == {"doctor.txt", "doctor.json", "errors.txt"}
    assert inside["doctor.txt"] == said.out
    for word in ("anna", "secret", "karenina", "scene", "take one", str(Path.home()) + "/"):
        assert word.lower() not in inside["errors.txt"].lower(), inside["errors.txt"]
    errors = inside["errors.txt"].splitlines()
    assert errors[0] == "2 x no file FILE.wav; check the path" and "2 x FILE.wav holds no sound" in inside["errors.txt"]
    assert "1 x FILE.flac is truncated: its last frame does not decode; copy it again" in errors
    assert "look at it before you send it" in said.err and all(error in said.err for error in errors)
    assert (folder / NAME).read_bytes() == before


def test_a_file_of_the_person_s_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A report takes the place of an earlier report, and of nothing else: what was there is kept beside it."""
    monkeypatch.setattr(examination, "examine", lambda _folder: iter([Diagnosis("x", "y")]))
    (tmp_path / "report.zip").write_bytes(b"mine")
    for _ in range(2):
        assert main(["doctor", "--report-bug", "report.zip"]) == 0
    assert capsys.readouterr().err.count("it is kept as report.changed-1.zip") == 1
    assert {path.name for path in tmp_path.glob("report*")} == {"report.zip", "report.changed-1.zip"}
    assert (tmp_path / "report.changed-1.zip").read_bytes() == b"mine"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--report-bug", "report.txt"], "give it the suffix .zip"),
        (["--report-bug", "no/such/report.zip"], "cannot be written"),
        (["--report-bug", "r.zip", "--results", "."], f"holds no {NAME}"),
        (["--results", "."], "--results is for --report-bug"),
    ],
)
def test_a_report_that_cannot_be_written_is_told(
    arguments: list[str], says: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Another suffix, no folder and no ledger: exit code 2, one sentence, no file."""
    monkeypatch.setattr(engine, "line", list)
    assert main(["doctor", *arguments]) == 2
    assert says in capsys.readouterr().err
    assert not list(Path().glob("r*"))


def test_a_ledger_that_is_none_is_told(tmp_path: Path) -> None:
    """Bytes that are no ledger are left alone."""
    (tmp_path / NAME).write_bytes(b"no ledger" * 100)
    with pytest.raises(Exception, match="cannot be read"):
        bug_report.errors_of(tmp_path)
    assert (tmp_path / NAME).read_bytes() == b"no ledger" * 100


def test_the_home_folder_is_not_told() -> None:
    """A path below it begins with ~; another one stays, also one whose name begins the same."""
    assert (shortened(Path.home() / "a"), shortened("/srv/a")) == (str(Path("~/a")), "/srv/a")
    beside = Path.home().with_name(Path.home().name + "-2") / "a"
    assert shortened(beside) == str(beside) and shortened(Path.home()) == "~"


def test_extras_are_those_of_the_package() -> None:
    """What is told of extras is what pyproject.toml installs, but for those of who makes Facetake and hands it out."""
    declared: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    for extra, packages in EXTRAS.items():
        wanted = [line.split("[")[0] for line in declared["optional-dependencies"][extra]]
        names = {name.split(">")[0].split("=")[0].split("<")[0] for name in wanted} - {"facetake"}
        assert names == set(packages), extra
    assert set(declared["optional-dependencies"]) - set(EXTRAS) == {"bake", "browser", "dev", "standalone"}
    needed = {line.split(">")[0] for line in declared["dependencies"]}
    assert needed == set(software.NEEDED)


def test_a_module_names_its_extra() -> None:
    """Of a module that an extra brings it is told how to get it, of any other nothing."""
    assert how_to_get("pxr.Usd") == 'this needs pxr, which is not installed; pip install "facetake[usd]"'
    assert how_to_get("antigravity") is None and how_to_get(None) is None
    assert set(lacking("preview")) <= {"numba", "av", "pillow"}
