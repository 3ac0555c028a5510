"""`facetake rig-map`, and `convert` and `generate` onto other rigs."""

from __future__ import annotations

import json
import tomllib
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from facetake import formats, inference, rig, visemes
from facetake.cli import main
from facetake.formats import gltf_morph, rig_values
from facetake.report.glb import head_glb
from facetake.rig import maps
from facetake.take import Take

LINE = Path(__file__).parents[3] / "examples" / "line.wav"


@pytest.fixture
def take(tmp_path: Path) -> Path:
    """Two seconds of a jaw, lids and corners that move."""
    values = np.tile(rig.NEUTRAL, (60, 1))
    frames = np.linspace(0, 6, 60)
    for place, name in enumerate(("C_jaw", "L_eye_blink", "R_eye_blink", "L_mouth_cornerPull")):
        values[:, rig.columns(name)] = (np.clip(np.sin(frames + place), 0, 1) * 0.9)[:, None]
    formats.write(Take(values, Fraction(30), Fraction(1, 2)), tmp_path / "take.csv")
    return tmp_path / "take.csv"


def test_convert_writes_values_of_a_rig(take: Path, tmp_path: Path) -> None:
    """Values of a shipped map stand in a table and in JSON, at the take's rate and start."""
    for name in ("a.csv", "a.json"):
        assert main(["convert", str(take), "--rig-map", "facs", "-o", str(tmp_path / name)]) == 0
        found = rig_values.read(tmp_path / name)
        assert (found.names, found.rate, found.start) == (maps.load("facs").names, Fraction(30), Fraction(1, 2))
        np.testing.assert_allclose(found.values, maps.load("facs").apply(formats.read(take).values), atol=1e-5)


def test_convert_reads_visemes_off_the_lips(take: Path, tmp_path: Path) -> None:
    """A map that takes visemes gets those that the shipped classifier sees on the take."""
    assert main(["convert", str(take), "--rig-map", "vrm", "-o", str(tmp_path / "a.csv")]) == 0
    read = formats.read(take)
    seen = visemes.weights(inference.load_classifier(None).seen(read), read.rate)
    wanted = maps.load("vrm").apply(read.values, seen)

    np.testing.assert_allclose(rig_values.read(tmp_path / "a.csv").values, wanted, atol=1e-5)


def test_convert_animates_a_mesh_by_the_map_that_fits(
    take: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With a mesh alone the map is found by its names; the copy is animated and the mesh untouched."""
    (tmp_path / "head.glb").write_bytes(head_glb())
    arguments = ["convert", str(take), "--mesh", str(tmp_path / "head.glb"), "-o", str(tmp_path / "out.glb")]
    assert main(arguments) == 0
    made = gltf_morph.parse((tmp_path / "out.glb").read_bytes()).document

    assert [one["name"] for one in made["animations"]] == ["Facetake"]
    assert (tmp_path / "head.glb").read_bytes() == head_glb()
    assert main([*arguments[:-1], str(tmp_path / "head.glb")]) == 2
    assert "head.glb would be overwritten" in capsys.readouterr().err


REFUSED = [
    (["-o", "a.glb"], "name it with --mesh character.glb"),
    (["--rig-map", "vrm", "-o", "a.glb"], "name it with --mesh character.glb"),
    (["--rig-map", "vmr", "-o", "a.csv"], 'did you mean "vrm"'),
    (["--rig-map", "none.toml", "-o", "a.csv"], "none.toml cannot be read"),
    (["--rig-map", "vrm", "-o", "a.npz"], "not written with this suffix"),
    (["--rig-map", "vrm", "-o", "a.csv", "--format", "anim"], "cannot be written as 'anim'"),
    (["--mesh", "none.glb", "-o", "a.glb"], "none.glb: there is no such file"),
    (["--mesh", "take.csv", "-o", "a.glb"], "take.csv: this is no .glb"),
    (["--mesh", "none.glb", "--rig-map", "vrm", "-o", "a.csv"], "end the name so, or leave --mesh out"),
]


@pytest.mark.parametrize(("arguments", "told"), REFUSED)
def test_convert_refuses_in_a_sentence(
    take: Path,
    tmp_path: Path,
    arguments: list[str],
    told: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whatever cannot be asked of a rig is one sentence, and nothing is written."""
    monkeypatch.chdir(tmp_path)
    assert main(["convert", "take.csv", *arguments]) == 2
    error = capsys.readouterr().err
    assert told in error and error.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["take.csv"]


def test_a_control_is_not_called_as_a_column(take: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two columns of one name could not be read back; JSON, which has no columns, takes it."""
    (tmp_path / "hero.toml").write_text("[controls]\ntime_s = { arkit = { jawOpen = 1 } }\n", encoding="utf-8")
    command = ["convert", str(take), "--rig-map", str(tmp_path / "hero.toml"), "-o"]
    assert main([*command, str(tmp_path / "a.csv")]) == 2 and not (tmp_path / "a.csv").exists()
    assert "the column time_s tells when" in capsys.readouterr().err
    assert main([*command, str(tmp_path / "a.json")]) == 0


def test_an_empty_name_is_no_map(take: Path, tmp_path: Path) -> None:
    """A script whose variable is empty gets what it gets without the option."""
    assert main(["convert", str(take), "--rig-map", "", "-o", str(tmp_path / "a.csv")]) == 0
    assert formats.read(tmp_path / "a.csv").n_frames == 60


def test_a_mesh_of_foreign_names_asks_for_a_map(take: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A mesh whose names are of no convention is told what to do."""
    data = head_glb()
    for name in rig.ARKIT_NAMES:  # as many letters, so that the file stays whole
        data = data.replace(f'"{name}"'.encode(), f'"{"x" * len(name)}"'.encode())
    (tmp_path / "alien.glb").write_bytes(data)
    assert main(["convert", str(take), "--mesh", str(tmp_path / "alien.glb"), "-o", str(tmp_path / "a.glb")]) == 2
    assert "facetake rig-map new" in capsys.readouterr().err


def test_generate_writes_a_rig_beside_its_take(tmp_path: Path, tiny_model: Path) -> None:
    """The take is there as ever, values of the rig beside it, with visemes as they were heard; a mesh is animated."""
    (tmp_path / "head.glb").write_bytes(head_glb())
    base = ["generate", str(LINE), "--model", str(tiny_model)]
    assert main([*base, "-o", str(tmp_path / "a.csv"), "--rig-map", "oculus-visemes", "--takes", "2"]) == 0
    assert main([*base, "-o", str(tmp_path / "b.json"), "--rig-map", "arkit"]) == 0
    assert main([*base, "-o", str(tmp_path / "c.csv"), "--mesh", str(tmp_path / "head.glb")]) == 0

    made = {path.name for path in tmp_path.iterdir()}
    rigs = {"a.rig.csv", "a.2.rig.csv", "b.rig.json", "c.glb"}
    assert made == {"head.glb", "a.csv", "a.2.csv", "b.json", "c.csv"} | rigs
    assert rig_values.read(tmp_path / "a.rig.csv").names == maps.load("oculus-visemes").names
    wanted = rig.to_arkit(formats.read(tmp_path / "b.json").values)
    np.testing.assert_allclose(rig_values.read(tmp_path / "b.rig.json").values, wanted, atol=1e-5)


def test_new_fills_in_what_is_known(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A list of names becomes a map, told with what is left; a shipped map can be begun from as it stands."""
    (tmp_path / "names.txt").write_text("jawOpen\nEye_Blink_L\nbelly\n", encoding="utf-8")
    assert main(["rig-map", "new", str(tmp_path / "names.txt"), "-o", str(tmp_path / "hero.toml")]) == 0
    assert "2 of 3 names are filled in" in capsys.readouterr().err
    assert maps.load(str(tmp_path / "hero.toml")).names == ("jawOpen", "Eye_Blink_L")
    assert main(["rig-map", "new", "--like", "vrm", "-o", str(tmp_path / "mine.toml")]) == 0
    assert (tmp_path / "mine.toml").read_bytes() == maps.place_of("vrm").read_bytes()


def test_new_refuses_in_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing to begin from, nothing known, a map that does not ship, and another suffix."""
    (tmp_path / "names.txt").write_text("belly\n", encoding="utf-8")
    names = str(tmp_path / "names.txt")
    for arguments, told in (
        (["-o", "a.toml"], "name a file of control names"),
        ([names, "-o", str(tmp_path / "a.toml")], "not one of 1 names is known, such as 'belly'"),
        (["--like", "mine", "-o", "a.toml"], "none of the maps that ship"),
        ([names, "-o", "a.json"], "end it in .toml"),
    ):
        assert main(["rig-map", "new", *arguments]) == 2
        assert told in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["names.txt"]


def test_check_tells_faults_and_draws(take: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Faults of a map come in words, as facts for programs, and as a picture."""
    text = "[controls]\ndead = { arkit = { jawOpen = -1 } }\njaw = { arkit = { jawOpen = 1 } }"
    (tmp_path / "hero.toml").write_text(text, encoding="utf-8")
    arguments = ["rig-map", "check", str(tmp_path / "hero.toml"), "--take", str(take)]
    assert main([*arguments, "-o", str(tmp_path / "hero.png")]) == 0
    assert "never move, whatever moves on our face: dead" in capsys.readouterr().err
    assert (tmp_path / "hero.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert main([*arguments, "--progress", "json"]) == 0
    (event,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert (event["event"], event["dead"], event["reach"]["jaw"]) == ("report", ["dead"], [0.0, 1.0])
    assert main([*arguments, "-o", str(tmp_path / "hero.jpg")]) == 2


def test_fit_learns_a_map_from_a_take_and_its_values(
    take: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What `convert` wrote teaches the map that wrote it, and residuals are told."""
    assert main(["convert", str(take), "--rig-map", "unity", "-o", str(tmp_path / "v.csv")]) == 0
    assert main(["rig-map", "fit", str(take), str(tmp_path / "v.csv"), "-o", str(tmp_path / "hero.toml")]) == 0
    assert "jawOpen: 100% explained by 1 inputs" in capsys.readouterr().err
    found = tomllib.loads((tmp_path / "hero.toml").read_text(encoding="utf-8"))["controls"]

    assert found["jawOpen"] == {"arkit": {"jawOpen": pytest.approx(100, rel=1e-3)}, "range": [0, 100]}
    assert set(found) == {"jawOpen", "eyeBlinkLeft", "eyeBlinkRight", "mouthSmileLeft"}
    assert main(["rig-map", "fit", str(take), str(take), "-o", str(tmp_path / "x.toml"), "--source", "rig"]) == 0


def test_list_tells_every_map(capsys: pytest.CaptureFixture[str]) -> None:
    """Each shipped map has a line with what it is for."""
    assert main(["rig-map", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(maps.shipped())


def test_list_tells_programs_in_events(capsys: pytest.CaptureFixture[str]) -> None:
    """For a program each shipped map is an event, with its controls."""
    assert main(["rig-map", "list", "--progress", "json"]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(one["event"], one["item"]) for one in events] == [("report", name) for name in maps.shipped()]
    assert [tuple(one["controls"]) for one in events] == [maps.load(name).names for name in maps.shipped()]


@pytest.mark.parametrize("name", ["=cmd", "+cmd", "-cmd", "@cmd"])
def test_no_column_begins_a_formula(name: str, take: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A stranger's map cannot name a control so that a spreadsheet runs its CSV; JSON, which none opens, takes it."""
    (tmp_path / "hero.toml").write_text(f'[controls]\n"{name}" = {{ arkit = {{ jawOpen = 1 }} }}\n', encoding="utf-8")
    command = ["convert", str(take), "--rig-map", str(tmp_path / "hero.toml"), "-o"]
    assert main([*command, str(tmp_path / "a.csv")]) == 2 and not (tmp_path / "a.csv").exists()
    assert f"take the column {name} for a formula" in capsys.readouterr().err
    assert main([*command, str(tmp_path / "a.json")]) == 0
