"""Values of other rigs in files: written, read back, and refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path, PurePosixPath

import numpy as np
import pytest

from facetake import formats, rig
from facetake.errors import ConfigError, TakeError
from facetake.formats import rig_values
from facetake.rig import maps
from facetake.take import Take

NTSC = Fraction(24000, 1001)


@pytest.mark.parametrize("name", ["arkit", "unity", "facs"])
@pytest.mark.parametrize("suffix", [".csv", ".json"])
def test_values_come_back(tmp_path: Path, make_take: Callable[..., Take], suffix: str, name: str) -> None:
    """Names, rate and start come back exactly and values within half of the fifth decimal, also in percent."""
    take = make_take(100, NTSC, Fraction(1001, 24000) * 3)
    made = rig_values.of(take, maps.load(name))
    path = tmp_path / f"a{suffix}"

    assert rig_values.write(made, take, path) == []
    back = rig_values.read(path)
    assert (back.names, back.rate, back.start) == (made.names, NTSC, take.start)
    np.testing.assert_allclose(back.values, made.values, atol=1.1e-5 if name == "unity" else 6e-6)


def test_values_of_arkit_are_audio2face_s_json(tmp_path: Path, make_take: Callable[..., Take]) -> None:
    """A script that reads Audio2Face's JSON reads ours, and so does `formats.read`."""
    take = make_take(30)
    rig_values.write(rig_values.of(take, maps.load("arkit")), take, tmp_path / "a.json")
    found = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))

    assert found["facsNames"] == list(rig.ARKIT_NAMES) and found["numFrames"] == len(found["weightMat"]) == 30
    assert formats.read_recognised(tmp_path / "a.json")[0] == "a2f-json"


@pytest.mark.skipif(find_spec("pxr") is None, reason="USD needs usd-core, which the usd extra brings")
@pytest.mark.parametrize("suffix", [".usda", ".usdc"])
def test_usd_has_the_rig_s_shapes_and_the_take_s_curves(
    tmp_path: Path, make_take: Callable[..., Take], suffix: str
) -> None:
    """The animation is of the rig's names, odd ones included, and the take itself comes back from beside it."""
    from pxr import Usd, UsdSkel

    text = '[controls]\n"Face.jaw open" = { arkit = { jawOpen = 1 } }\n"1" = { arkit = { jawLeft = 1 } }'
    (tmp_path / "hero.toml").write_text(text, encoding="utf-8")
    take = make_take(20)
    made = rig_values.of(take, maps.load(str(tmp_path / "hero.toml")))
    rig_values.write(made, take, tmp_path / f"a{suffix}")
    stage = Usd.Stage.Open(str(tmp_path / f"a{suffix}"))
    animation = UsdSkel.Animation(stage.GetPrimAtPath("/Facetake/Animation"))

    assert tuple(animation.GetBlendShapesAttr().Get()) == ("Face.jaw open", "1")
    np.testing.assert_allclose(animation.GetBlendShapeWeightsAttr().Get(7), made.values[7], atol=1e-6)
    np.testing.assert_array_equal(formats.read(tmp_path / f"a{suffix}").values, take.values)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a,a\n1,2\n", "the control 'a' is there twice"),
        ("frame,time_s\n0,0\n", "there is no control in the file"),
        ("a,b\n1,x\n", "line 2, column b: 'x' is not a number"),
        ("a,b\n1\n", "line 2 has 1 values, not 2"),
        ("", "the file is empty"),
        ("a\n1e300\n", "too large for any control"),
        ("a\n2e6\n", "too large for any control"),
        (",".join(f"a{n}" for n in range(1001)) + "\n" + "0," * 1000 + "0\n", "1001 controls, and a rig has 1000"),
    ],
)
def test_tables_that_are_none_are_refused(tmp_path: Path, text: str, told: str) -> None:
    """Repeated names, cells that are no numbers and empty files are one sentence with the file's name."""
    (tmp_path / "v.csv").write_text(text, encoding="utf-8")
    with pytest.raises(TakeError, match=f"v.csv: .*{told}"):
        rig_values.read(tmp_path / "v.csv")


def test_what_cannot_be_written_is_refused(tmp_path: Path, make_take: Callable[..., Take]) -> None:
    """An unknown suffix or format, and glTF without a mesh, are one sentence, and nothing is written."""
    take = make_take(10)
    made = rig_values.of(take, maps.load("arkit"))
    with pytest.raises(ConfigError, match=r"a.npz.*\.csv, \.json"):
        rig_values.write(made, take, tmp_path / "a.npz")
    with pytest.raises(ConfigError, match="cannot be written as 'anim'.*csv, json, usd, glb"):
        rig_values.write(made, take, tmp_path / "a.csv", "anim")
    with pytest.raises(ConfigError, match="--mesh character.glb"):
        rig_values.write(made, take, tmp_path / "a.glb")
    assert not list(tmp_path.iterdir())


def test_values_lie_beside_their_take() -> None:
    """A table of the take's own kind, or the mesh's."""
    assert str(rig_values.place_beside(PurePosixPath("s/a.b.csv"), None)) == "s/a.b.rig.csv"
    assert str(rig_values.place_beside(PurePosixPath("a.json"), None)) == "a.rig.json"
    assert str(rig_values.place_beside(PurePosixPath("a.npz"), None)) == "a.rig.csv"
    assert str(rig_values.place_beside(PurePosixPath("a.npz"), Path("hero.glb"))) == "a.glb"
