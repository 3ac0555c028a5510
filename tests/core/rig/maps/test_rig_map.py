"""Rig maps: how they are read, what they refuse, and what they make of a take."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from facetake import rig, visemes
from facetake.errors import ConfigError, RigError
from facetake.rig import maps
from facetake.rig.maps import RigMap


def read(tmp_path: Path, text: str) -> RigMap:
    """The map that a text says."""
    path = tmp_path / "hero.toml"
    path.write_text(text, encoding="utf-8")
    return maps.load(str(path))


def face(**shapes: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """(1, 174) values that show weights of ARKit's shapes."""
    weights = np.zeros((1, len(rig.ARKIT_NAMES)), np.float32)
    for name, weight in shapes.items():
        weights[0, rig.ARKIT_NAMES.index(name)] = weight
    return rig.from_arkit(weights)


def test_terms_of_every_kind_are_summed_and_held_in_the_range(tmp_path: Path) -> None:
    """Slopes, points, visemes and other controls add to the neutral, and the sum ends at the range."""
    text = """
    [controls]
    drop = { arkit = { jawOpen = 0.5 }, rig = { C_jaw = [[0, 0], [0.5, 0], [1, 0.2]] }, visemes = { a = 0.1 } }
    degrees = { arkit = { jawOpen = 30 }, own = { drop = -10 }, range = [-45, 20], neutral = 5 }
    """
    found = read(tmp_path, text)
    shown = np.zeros((2, 16), np.float32)
    shown[:, visemes.VISEMES.index("a")] = 1.0

    made = found.apply(np.concatenate([face(jawOpen=0.5), face(jawOpen=1.0)]), shown)

    np.testing.assert_allclose(made, [[0.35, 16.5], [0.8, 20.0]], atol=1e-6)


def test_what_refers_to_a_control_below_it_is_worked_out_after_it(tmp_path: Path) -> None:
    """The order in the file does not matter: smile less its own share, written before what it needs."""
    text = """
    [controls]
    left = { arkit = { mouthSmileLeft = 1 }, own = { both = -1 } }
    both = { arkit = { mouthSmileRight = 1 } }
    """
    made = read(tmp_path, text).apply(face(mouthSmileLeft=0.9, mouthSmileRight=0.4))

    np.testing.assert_allclose(made, [[0.5, 0.4]], atol=1e-6)


def test_a_take_with_nonzero_rest_of_ours_rests(tmp_path: Path) -> None:
    """Controls of ours are met by any of their names, and a map rests where our face does."""
    text = '[controls]\na = { rig = { "CTRL_C_jaw.translateY" = 1 } }\nb = { rig = { "C_jaw.X" = 1 }, range = [-1, 1] }'
    found = read(tmp_path, text)

    np.testing.assert_array_equal(found.rest(), [0.0, 0.0])
    assert found.apply(face(jawLeft=0.5))[0, 1] == pytest.approx(-0.5)


REFUSED = {
    "[controls]\na = { arkit = { jawOpn = 1 } }": r"controls.a.arkit: there is no ARKit shape 'jawOpn'.*\"jawOpen\"",
    "[controls]\na = { rig = { C_jaww = 1 } }": r"controls.a.rig: there is no control 'C_jaww'.*\"C_jaw\"",
    "[controls]\na = { visemes = { aa = 1 } }": r"controls.a.visemes: there is no viseme 'aa'.*\"a\"",
    "[controls]\na = { own = { b = 1 } }\nbb = { arkit = { jawOpen = 1 } }": r"no control 'b'.*\"bb\"",
    "[controls]\na = { arkit = { jawOpen = 1 }, range = [1, 0] }": r"controls.a.range: 1 to 0 is no range",
    "[controls]\na = { arkit = { jawOpen = 1 }, range = [0.5, 0.5] }": r"is no range",
    "[controls]\na = { arkit = { jawOpen = 1 }, neutral = 2 }": r"controls.a.neutral: 2 is outside",
    "[controls]\na = { own = { b = 1 } }\nb = { own = { a = 1 } }": r"in a circle: a -> b -> a",
    "[controls]\na = { own = { a = 1 }, arkit = { jawOpen = 1 } }": r"in a circle: a -> a",
    "[controls]\na = { arkit = { jawOpen = 0 } }": r"controls.a never moves",
    "[controls]\na = { arkit = { jawOpen = [[0, 0], [1, 0]] } }": r"controls.a never moves",
    "[controls]\na = { }": r"controls.a never moves",
    "[controls]\na = { rig = { C_jaw = 1, CTRL_C_jaw = 0.5 } }": r"C_jaw and CTRL_C_jaw are one control",
    "[controls]\na = { arkit = { jawOpen = 1 } }\na = { arkit = { jawLeft = 1 } }": r"is not valid TOML",
    "[controls]\na = { arkit = { jawOpen = [[0, 0], [0, 1]] } }": r"must rise from each to the next",
    "[controls]\na = { arkit = { jawOpen = [[1, 0], [0, 1]] } }": r"must rise from each to the next",
    "[controls]\na = { arkit = { jawOpen = [[0, 0]] } }": r"has 1 points; give 2 to",
    "[controls]\na = { arkit = { jawOpen = [[0, 0], [100, 1]] } }": r"outside 0 to 1, where every ARKit",
    "[controls]\na = { arkit = { jawOpen = [[0, 0, 0], [1, 1, 1]] } }": r"must be a number",
    "[controls]\na = { arkit = { jawOpen = nan } }": r"not a number",
    "[controls]\na = { arkit = { jawOpen = 1e9 } }": r"1e\+09 is too large",
    "[controls]\na = { arkit = { jawOpen = true } }": r"must be a number",
    "[controls]\na = { arkt = { jawOpen = 1 } }": r"no setting \"arkt\".*\"arkit\"",
    '[controls]\n" a" = { arkit = { jawOpen = 1 } }': r"' a' is no control's name",
    '[controls]\n"a,b" = { arkit = { jawOpen = 1 } }': r"'a,b' is no control's name",
    "[controls]": r"1 to 1000 controls, not 0",
    "about = 'x'": r"the setting \"controls\" is missing",
    "controls = 1": r"must be",
}


@pytest.mark.parametrize(("text", "told"), REFUSED.items())
def test_what_cannot_be_is_refused_by_file_and_key(tmp_path: Path, text: str, told: str) -> None:
    """Unknown names come with what may be meant, and everything that cannot be is one sentence with the file."""
    with pytest.raises(ConfigError, match=told) as caught:
        read(tmp_path, text)
    assert "hero.toml" in str(caught.value) and "\n" not in str(caught.value)


def test_a_map_of_too_many_controls_is_refused(tmp_path: Path) -> None:
    """A map has no more controls than any rig."""
    with pytest.raises(ConfigError, match="1 to 1000 controls, not 1001"):
        read(tmp_path, "[controls]\n" + "\n".join(f"a{n} = {{ arkit = {{ jawOpen = 1 }} }}" for n in range(1001)))


def test_maps_are_met_by_name_or_as_files(tmp_path: Path) -> None:
    """A name that is nearly one of ours is corrected; a file that is not there is told."""
    assert maps.load("vrm").name == "vrm"
    with pytest.raises(RigError, match='no rig map is called "vmr"; did you mean "vrm"'):
        maps.load("vmr")
    with pytest.raises(ConfigError, match="nothing.toml cannot be read"):
        maps.load(str(tmp_path / "nothing.toml"))


def test_a_map_that_needs_visemes_says_so() -> None:
    """Without weights of visemes a map that takes them is a mistake of the caller, not a still mouth."""
    assert maps.load("vrm").needs("visemes") and not maps.load("arkit").needs("visemes")
    with pytest.raises(ValueError, match="needs weights of visemes"):
        maps.load("vrm").apply(rig.NEUTRAL[None])
