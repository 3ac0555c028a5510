"""Batches that write values of another rig beside their takes."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import numpy as np
import pytest

from facetake import batch, formats, rig
from facetake.batch import making, outputs
from facetake.cli import main
from facetake.formats import gltf_morph, rig_values
from facetake.generate import GenerateOptions
from facetake.report.glb import head_glb
from facetake.rig import maps

HERO = "[controls]\njaw = { arkit = { jawOpen = 1 } }\n"


@pytest.fixture
def listed(lines: Path) -> Path:
    """A list of two lines: one with a map of the studio's, one with that of the batch."""
    (lines / "hero.toml").write_text(HERO, encoding="utf-8")
    text = "id,audio,rig_map\na,line_0.wav,hero.toml\nb,line_1.wav,\n"
    (lines / "lines.csv").write_text(text, encoding="utf-8")
    return lines / "lines.csv"


def test_rows_write_their_rig_beside_their_take(listed: Path, tmp_path: Path) -> None:
    """A row's own map goes before the batch's; takes are as ever; a second run keeps all, until the map changes."""
    out = tmp_path / "out"
    arguments = ["batch", str(listed), "--out", str(out), "--rig-map", "vrm", "--jobs", "1"]
    assert main(arguments) == 0
    a, b = (rig_values.read(out / f"{name}.rig.csv") for name in "ab")
    jaw = rig.to_arkit(formats.read(out / "a.csv").values)[:, rig.ARKIT_NAMES.index("jawOpen")]
    assert (a.names, b.names) == (("jaw",), maps.load("vrm").names)
    np.testing.assert_allclose(a.values[:, 0], jaw, atol=2e-5)

    before = {path: path.stat().st_mtime_ns for path in out.glob("*.csv")}
    assert main(arguments) == 0
    assert {path: path.stat().st_mtime_ns for path in out.glob("*.csv")} == before
    (listed.parent / "hero.toml").write_text(HERO.replace("1", "0.5"), encoding="utf-8")
    assert main(arguments) == 0
    np.testing.assert_allclose(rig_values.read(out / "a.rig.csv").values[:, 0], 0.5 * jaw, atol=2e-5)
    assert (out / "b.rig.csv").stat().st_mtime_ns == before[out / "b.rig.csv"]


def test_a_batch_animates_a_character(lines: Path, tmp_path: Path) -> None:
    """With a mesh every line has its own copy of the character, by the map that fits it."""
    for number in range(1, 8):
        (lines / f"line_{number}.wav").unlink()
    (tmp_path / "head.glb").write_bytes(head_glb())
    out = tmp_path / "out"
    assert main(["batch", str(lines), "--out", str(out), "--mesh", str(tmp_path / "head.glb"), "--jobs", "1"]) == 0
    made = gltf_morph.parse((out / "line_0.glb").read_bytes()).document

    assert made["animations"][0]["name"] == "Facetake"


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("vmr", 'did you mean "vrm"'),
        ("none.toml", "none.toml cannot be read"),
        ("../hero.toml", "leaves the folder of the list"),
        ("bad.toml", "no ARKit shape 'jaw'"),
    ],
)
def test_rows_with_maps_that_are_none(lines: Path, cell: str, told: str) -> None:
    """A map that is unknown, not there, elsewhere or wrong is its row's problem, told before anything runs."""
    (lines / "bad.toml").write_text("[controls]\na = { arkit = { jaw = 1 } }", encoding="utf-8")
    (lines / "lines.csv").write_text(f"id,audio,rig_map\na,line_0.wav,{cell}\nb,line_1.wav,facs\n", encoding="utf-8")
    wrong, good = batch.read(lines / "lines.csv", ".csv")

    assert told in wrong.problem and (good.problem, good.rig_map) == ("", "facs")


def test_files_of_a_rig_are_a_row_s_own(lines: Path, tmp_path: Path) -> None:
    """No other row may write where values of a rig lie, and no take may replace the map that a row reads."""
    (lines / "hero.toml").write_text(HERO, encoding="utf-8")
    text = "id,audio,out,rig_map\na,line_0.wav,x.csv,hero.toml\nb,line_1.wav,x.rig.csv,\n"
    (lines / "lines.csv").write_text(text, encoding="utf-8")
    first, second = batch.read(lines / "lines.csv", ".csv")
    assert first.problem == "" and "'x.rig.csv' is that of 'a', too" in second.problem
    assert outputs.names(PurePosixPath("a.json"), "sparse", "vrm") == ("a.json", "a.keys.json", "a.rig.json")
    assert outputs.names(PurePosixPath("a.json"), "dense", "vrm", Path("m.glb")) == ("a.json", "a.glb")


def test_a_rig_that_is_asked_for_again_is_nobody_else_s(
    listed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A rig's file of an earlier run is still known as ours; one that was edited while none was asked for is kept."""
    out = tmp_path / "out"
    (listed.parent / "line.csv").write_text("id,audio\nb,line_1.wav\n", encoding="utf-8")
    command = ["batch", str(listed.parent / "line.csv"), "--out", str(out), "--jobs", "1"]

    def run(*more: str) -> list[str]:
        assert main([*command, *more]) == 0
        return sorted(path.name for path in out.glob("*.changed-*"))

    assert run("--rig-map", "vrm") == run() == run("--rig-map", "facs", "--seed", "2") == []
    assert "(1 rig map and seed changed)" in capsys.readouterr().err
    run()
    (out / "b.rig.csv").write_text("mine", encoding="utf-8")
    assert "b.rig.changed-1.csv" in run("--rig-map", "vrm", "--seed", "3")
    assert (out / "b.rig.changed-1.csv").read_text(encoding="utf-8") == "mine"


def test_an_edited_rig_is_told_as_such(listed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What was changed by hand is named: here the rig's values, and neither take nor keys."""
    command = ["batch", str(listed), "--out", str(tmp_path / "out"), "--jobs", "1", "--keys", "sparse"]
    assert main(command) == 0
    (tmp_path / "out" / "a.rig.csv").write_text("mine", encoding="utf-8")
    assert main(command) == 0
    assert "its rig file was changed or cut off" in capsys.readouterr().err


def test_map_and_mesh_are_in_the_fingerprint(listed: Path, tmp_path: Path) -> None:
    """A row is made again for another map, another version of it, or another mesh; without a map nothing is added."""
    row = batch.read(listed, ".csv")[1]
    hashes = making.model_hashes(None)
    (tmp_path / "a.glb").write_bytes(b"a")
    (tmp_path / "b.glb").write_bytes(b"b")

    def told(rig_map: str = "", mesh: str = "") -> dict[str, object]:
        character = tmp_path / mesh if mesh else None
        settings = batch.BatchSettings(tmp_path, GenerateOptions(), rig_map=rig_map, mesh=character)
        return making.fingerprint(row, settings, hashes)

    prints = [told(), told("vrm"), told("facs"), told("vrm", "a.glb"), told("vrm", "b.glb")]
    assert all(one != other for place, one in enumerate(prints) for other in prints[:place])
    assert "rig map" not in prints[0]
