"""Maps begun from names, examined, and drawn."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pytest

from facetake import rig
from facetake.errors import ConfigError
from facetake.preview import rig_sheet
from facetake.rig import maps
from facetake.rig.maps import parse
from facetake.rig.maps.examination import POSES, examine
from facetake.rig.maps.skeleton import arkit_of, begin, read_names, spelling
from facetake.rig.maps.writing import text_of


@pytest.mark.parametrize("name", maps.shipped())
def test_names_of_a_convention_are_all_known(name: str) -> None:
    """The names of a shipped map give that map again, and its text reads as itself."""
    wanted = maps.load(name)
    made, left = begin(wanted.names, name)
    assert made is not None and not left and made.names == wanted.names
    again = parse(tomllib.loads(text_of(made)), name, name)
    dice = np.random.default_rng(1)
    values = rig.MINIMUM + (rig.MAXIMUM - rig.MINIMUM) * dice.random((50, rig.N_CONTROLS), np.float32)
    shown = dice.dirichlet(np.ones(16), 50).astype(np.float32)
    spans = wanted.ranges[:, 1] - wanted.ranges[:, 0]
    assert (
        np.abs(again.apply(values, shown)[:, :] - made.apply(values, shown)).max(axis=0) < 1e-4 * spans + 1e-4
    ).all()


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("jawOpen", "jawOpen"),
        ("JawOpen", "jawOpen"),
        ("blendShape1.eyeBlink_L", "eyeBlinkLeft"),
        ("Face:EyeBlinkLeft", "eyeBlinkLeft"),
        ("mouth_smile_right", "mouthSmileRight"),
        ("mouthSmileR", "mouthSmileRight"),
        ("AK_25_JawOpen", "jawOpen"),
        ("browInnerUp", "browInnerUp"),
        ("wiggle", None),
    ],
)
def test_shapes_are_known_however_they_are_spelt(name: str, shape: str | None) -> None:
    """Prefixes, capitals, underscores and L or Left do not hide a shape, and other names are none."""
    assert arkit_of(name) == shape


def test_sides_of_names_are_told_apart() -> None:
    """Left and right stay two, and a name that only ends in the letter l has no side."""
    assert spelling("Eye_Blink_L") == "eyeblink left" != spelling("Eye_Blink_R")
    assert spelling("uncontrol") == "uncontrol"


def test_unknown_names_are_left_as_comments() -> None:
    """What is not known stands at the end for a person to fill in, and the text is a map all the same."""
    made, left = begin(["jawOpen", "belly button", "Mouth_Smile_L"])
    assert made is not None and left == ["belly button"]
    text = text_of(made, left)
    assert '# "belly button" = ' in text
    assert parse(tomllib.loads(text), "x", "x").names == ("jawOpen", "Mouth_Smile_L")


def test_what_refers_to_a_missing_control_is_left_out() -> None:
    """VRM's blink needs blinkLeft: without it in the list it is none that can be filled in."""
    made, left = begin(["blink", "aa"], "vrm")
    assert made is not None and (made.names, left) == (("aa",), ["blink"])
    assert begin(["belly button"]) == (None, ["belly button"])


def test_lists_of_names_are_read_strictly(tmp_path: Path) -> None:
    """Blank lines and comments are passed over; a name twice, or that can be none, is told by its line."""
    path = tmp_path / "names.txt"
    path.write_text("# ours\njawOpen\n\n  Jaw Left \n", encoding="utf-8")
    assert read_names(path) == ["jawOpen", "Jaw Left"]
    for text, told in (
        ("a\nb\na\n", "line 3: 'a' is in line 1, too"),
        ("a\nb,c\n", "line 2: 'b,c' is no control's name"),
        ("\n", "has 0 names"),
    ):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(ConfigError, match=f"names.txt.*{told}"):
            read_names(path)
    path.write_bytes(b"\xff\xfe\xff")
    with pytest.raises(ConfigError, match="names.txt"):
        read_names(path)


def test_faults_of_a_map_are_found() -> None:
    """A control that cannot move, one that ends early, one that does not rest, and one that the poses do not reach."""
    table = {
        "good": {"arkit": {"jawOpen": 1}},
        "dead": {"arkit": {"jawOpen": -1}},
        "early": {"arkit": {"jawOpen": 3}},
        "held": {"arkit": {"jawOpen": 1.5, "mouthSmileLeft": -4}},
        "restless": {"rig": {"neckCorrectivesMultiplyerU": 1}},
        "tongue": {"rig": {"C_tongue": 1}, "range": [-1, 1]},
    }
    found = examine(parse({"controls": table}, "x", "x"))

    assert found.dead == ("dead",)
    assert found.saturated == {
        "early": "+200% beyond its range in 'jaw open'",
        "held": "+50% beyond its range in 'jaw open'",
    }
    assert list(found.restless) == ["restless"] and found.restless["restless"] == pytest.approx(0.8)
    assert "tongue" in found.still and "good" not in found.still
    assert found.reach[0].tolist() == [0.0, 1.0] and found.poses.shape == (len(POSES), 6) == (10, 6)


def test_a_take_shows_what_stands_at_its_end() -> None:
    """A control that a take holds at the end of its range for long is told with how long."""
    values = np.tile(rig.NEUTRAL, (100, 1))
    values[:40, rig.columns("C_jaw")] = 1.0
    found = examine(parse({"controls": {"jaw": {"rig": {"C_jaw": 1}}}}, "x", "x"), values)

    assert found.saturated == {"jaw": "at the end of its range in 40% of the take"}


def test_heads_are_drawn_where_the_names_are_arkit_s() -> None:
    """Ten heads stand above the bars of a map in ARKit's names, and no head above others; a dead control is red."""
    arkit = maps.load("arkit")
    image = rig_sheet.draw(arkit, examine(arkit))
    bars = rig_sheet.ROW * 52 + 2 * rig_sheet.MARGIN
    assert image.shape == (2 * rig_sheet.HEAD + bars, rig_sheet.WIDTH, 3)
    jaw, smile = (image[: rig_sheet.HEAD, k * rig_sheet.HEAD : (k + 1) * rig_sheet.HEAD].astype(int) for k in (0, 1))
    assert np.abs(jaw - smile).mean() > 1.0

    below = parse({"controls": {"jawOpen": {"arkit": {"jawOpen": -2}, "range": [-2, 0]}}}, "x", "x")
    weights = rig_sheet.to_head(below, np.array([[0.0], [-1.0], [-2.0]], np.float32))
    assert weights[:, rig.ARKIT_NAMES.index("jawOpen")].tolist() == [0.0, 0.5, 1.0]

    table = {"dead": {"arkit": {"jawOpen": -1}}, "good": {"arkit": {"jawOpen": 1}}}
    few = parse({"controls": table}, "x", "x")
    picture = rig_sheet.draw(few, examine(few))
    assert picture.shape[0] == 2 * rig_sheet.ROW + 2 * rig_sheet.MARGIN
    is_red = (picture == [200, 60, 50]).all(axis=2).any(axis=1)
    middle = rig_sheet.MARGIN + rig_sheet.ROW
    assert is_red[:middle].any() and not is_red[middle:].any()
