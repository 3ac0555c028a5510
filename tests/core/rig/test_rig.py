"""The rig: its table, the spellings of its names, and the ways to other rigs."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from facetake import rig
from facetake.errors import RigError

UNIT = st.floats(0.0, 1.0, width=32)
SHAPES = arrays(np.float32, (3, 52), elements=UNIT)
VALUES = arrays(np.float32, (3, 174), elements=UNIT)

# Shapes that pull one control both ways: at most one of each pair can show
OPPOSITES = [
    (f"eye{one}{side}", f"eye{other}{side}")
    for side in ("Left", "Right")
    for one, other in (("Blink", "Wide"), ("LookUp", "LookDown"), ("LookIn", "LookOut"))
] + [("jawLeft", "jawRight"), ("mouthLeft", "mouthRight")]


def _frame(**named: float) -> NDArray[np.float32]:
    """(1, 174) neutral but for the controls named; a dot in a name is written as two underscores."""
    values = rig.NEUTRAL[None].copy()
    for name, value in named.items():
        values[0, rig.columns(name.replace("__", "."))] = value
    return values


def _shape(values: NDArray[np.float32], name: str) -> float:
    return float(rig.to_arkit(values)[0, rig.ARKIT_NAMES.index(name)])


def test_there_are_174_controls_with_names_of_their_own() -> None:
    """The table is complete, its names are unique and stand at their index."""
    assert len(rig.CONTROLS) == len(set(rig.NAMES)) == rig.N_CONTROLS == 174
    assert [rig.INDEX[name] for name in rig.NAMES] == list(range(174))


def test_ranges_are_the_rig_s() -> None:
    """107 controls run from 0 and 67 from -1, all to 1, with the neutral value inside."""
    assert Counter(rig.MINIMUM.tolist()) == {0.0: 107, -1.0: 67}
    assert set(rig.MAXIMUM.tolist()) == {1.0}
    assert bool(((rig.MINIMUM <= rig.NEUTRAL) & (rig.NEUTRAL <= rig.MAXIMUM)).all())


def test_neutral_is_zero_but_for_the_set_up_controls() -> None:
    """Only the neck correctives and the upper nose rest at another value than 0."""
    resting = {control.name.split(".")[0] for control in rig.CONTROLS if control.neutral}
    assert resting == {f"CTRL_neckCorrectivesMultiplyer{part}" for part in "UMD"} | {
        "CTRL_L_nose_wrinkleUpper",
        "CTRL_R_nose_wrinkleUpper",
    }


def test_165_controls_are_keyed_by_default() -> None:
    """Four set-up controls are never keyed and five on request."""
    assert Counter(control.keyed for control in rig.CONTROLS) == {"yes": 165, "optional": 5, "no": 4}


def test_mirror_is_an_involution() -> None:
    """A control's mirror has it as mirror, with the same sign, region and range, on the other side."""
    other_side = {"L": "R", "R": "L", "C": "C"}
    for control in rig.CONTROLS:
        mirrored = rig.CONTROLS[rig.INDEX[control.mirror]]
        assert (mirrored.mirror, mirrored.mirror_sign) == (control.name, control.mirror_sign)
        assert (mirrored.side, mirrored.region) == (other_side[control.side], control.region)
        assert mirrored.minimum == control.minimum


def test_sides_are_balanced() -> None:
    """There are as many left controls as right ones."""
    assert Counter(control.side for control in rig.CONTROLS) == {"L": 69, "R": 69, "C": 36}


def test_arrays_cannot_be_changed() -> None:
    """The range arrays are read-only, because everything relies on them."""
    for array in (rig.MINIMUM, rig.MAXIMUM, rig.NEUTRAL):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 5.0


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("CTRL_C_jaw.translateY", "CTRL_C_jaw.translateY"),
        ("CTRL_C_jaw-translateX", "CTRL_C_jaw.translateX"),
        ("CTRL_C_jaw.ty", "CTRL_C_jaw.translateY"),
        ("CTRL_C_jaw.Y", "CTRL_C_jaw.translateY"),
        ("hero:CTRL_L_brow_down.translateY", "CTRL_L_brow_down.translateY"),
        ("CTRL_L_brow_down", "CTRL_L_brow_down.translateY"),
        ("CTRL_C_tongue_move.Y", "CTRL_C_tongue.translateY"),
        ("CTRL_C_tongue_move.translateX", "CTRL_C_tongue.translateX"),
        ("CTRL_C_tongue_bendTwist.ty", "CTRL_C_tongue_roll.translateY"),
        ("CTRL_C_tongue_tipMove.X", "CTRL_C_tongue_tip.translateX"),
        ("CTRL_C_tongue_wideNarrow", "CTRL_C_tongue_narrowWide.translateY"),
    ],
)
def test_names_are_found_in_every_spelling(spelling: str, name: str) -> None:
    """Both Maya generations, namespaces, short attributes and Unreal channels lead to one column."""
    assert rig.find(spelling) == rig.INDEX[name]


@pytest.mark.parametrize("name", ["CTRL_C_tongue_roll", "CTRL_C_jaw", "CTRL_C_nothing.Y", "", "jawOpen", "a.rotateX"])
def test_other_names_are_not_found(name: str) -> None:
    """What is no control, or only Unreal's control of a like name, has no column."""
    assert rig.find(name) is None


def test_every_spelling_of_the_table_is_found() -> None:
    """Each control is found under its own name, its newer one and Unreal's, and no two share a spelling."""
    for column, control in enumerate(rig.CONTROLS):
        for name in filter(None, (control.name, control.maya_mh4, control.unreal)):
            assert rig.find(name) == column


def test_columns_take_short_names() -> None:
    """The axis is Y where none is given, and the order is the one asked for."""
    expected = [rig.INDEX["CTRL_L_mouth_purseU.translateY"], rig.INDEX["CTRL_C_jaw.translateX"], 4]
    assert rig.columns("L_mouth_purseU", "C_jaw.X", "CTRL_C_jaw").tolist() == expected


def test_both_gives_left_then_right() -> None:
    """A pair's name gives its two columns."""
    assert [rig.NAMES[column] for column in rig.both("nose.X")] == ["CTRL_L_nose.translateX", "CTRL_R_nose.translateX"]


def test_unknown_columns_are_refused_by_name() -> None:
    """A misspelt control is named in the error."""
    with pytest.raises(RigError, match='"L_mouth_pursU"'):
        rig.columns("L_mouth_pursU")


def test_regions_divide_the_face() -> None:
    """Every control is in exactly one region, and the groups are unions of regions."""
    assert np.sum([rig.region_mask(region) for region in rig.REGIONS], axis=0).tolist() == [1] * 174
    assert bool((rig.region_mask("lower") == rig.region_mask("mouth", "jaw", "cheek", "teeth", "tongue")).all())
    assert not (rig.region_mask("upper") & rig.region_mask("lower")).any()


def test_an_unknown_region_lists_the_known() -> None:
    """A misspelt region is answered with the regions there are."""
    with pytest.raises(RigError, match='"lips".*brow, eye, cheek.*upper, lower'):
        rig.region_mask("lips")


@given(arrays(np.float32, (2, 174), elements=st.floats(-9, 9, width=32)))
def test_clamp_brings_everything_into_range(values: NDArray[np.float32]) -> None:
    """Clamped values lie in their range, and those already there are kept."""
    clamped = rig.clamp(values)
    assert bool(((clamped >= rig.MINIMUM) & (clamped <= rig.MAXIMUM)).all())
    inside = (values >= rig.MINIMUM) & (values <= rig.MAXIMUM)
    assert bool((clamped[inside] == values[inside]).all())


@given(VALUES)
def test_arkit_weights_stay_in_range(values: NDArray[np.float32]) -> None:
    """Whatever the controls, the 52 shapes lie in 0..1."""
    shapes = rig.to_arkit(values)
    assert shapes.shape == (3, 52)
    assert bool(((shapes >= 0) & (shapes <= 1)).all())


@given(SHAPES)
def test_arkit_there_and_back(shapes: NDArray[np.float32]) -> None:
    """Shapes that the rig can show come back as they were."""
    column = rig.ARKIT_NAMES.index
    for one, other in OPPOSITES:
        shapes[:, column(one)] *= shapes[:, column(other)] == 0
    shapes[:, column("mouthClose")] *= shapes[:, column("jawOpen")]
    shapes[shapes[:, column("jawOpen")] < 1e-3, column("mouthClose")] = 0
    for name in ("mouthPucker", "mouthFunnel", "mouthRollLower", "mouthRollUpper"):
        shapes[:, column(name)] *= 0.5
    np.testing.assert_allclose(rig.to_arkit(rig.from_arkit(shapes)), shapes, atol=1e-4)


@given(SHAPES)
def test_controls_from_arkit_are_in_range(shapes: NDArray[np.float32]) -> None:
    """Any 52 weights give controls within their ranges."""
    values = rig.from_arkit(shapes)
    assert bool(((values >= rig.MINIMUM) & (values <= rig.MAXIMUM)).all())


def test_from_arkit_leaves_the_rest_neutral() -> None:
    """No shape at all gives the neutral face, set-up controls included."""
    np.testing.assert_array_equal(rig.from_arkit(np.zeros((1, 52), np.float32)), rig.NEUTRAL[None])


def test_mouth_close_needs_an_open_jaw() -> None:
    """Lips together count in proportion to the jaw's opening."""
    together = {f"{side}_mouth_lipsTogether{lip}": 1.0 for side in "LR" for lip in "UD"}
    assert _shape(_frame(**together), "mouthClose") == 0.0
    assert _shape(_frame(C_jaw=0.4, **together), "mouthClose") == pytest.approx(0.4)


def test_both_eye_controls_add_up() -> None:
    """A look to one side of both eyes and the other way of one cancel out."""
    assert _shape(_frame(C_eye__X=0.6, L_eye__X=-0.6), "eyeLookOutLeft") == pytest.approx(0.0)
    assert _shape(_frame(C_eye__X=0.6), "eyeLookInRight") == pytest.approx(0.6)


def test_a_pucker_s_own_funnel_is_not_counted_twice() -> None:
    """The funnel that a pucker brings with it is no funnel shape."""
    pucker = np.zeros((1, 52), np.float32)
    pucker[0, rig.ARKIT_NAMES.index("mouthPucker")] = 1.0
    assert _shape(rig.from_arkit(pucker), "mouthFunnel") == pytest.approx(0.0, abs=1e-6)


def test_jaw_and_mouth_turn_opposite_ways() -> None:
    """Left is negative on the jaw and positive on the mouth, as on the rig."""
    assert _shape(_frame(C_jaw__X=-0.5), "jawLeft") == _shape(_frame(C_mouth__X=0.5), "mouthLeft") == 0.5


def _raw(values: NDArray[np.float32]) -> dict[str, float]:
    """Raw expressions of one frame that are not 0."""
    weights = rig.to_raw(values)[0]
    return {name: round(float(w), 4) for name, w in zip(rig.RAW_NAMES, weights, strict=True) if w}


NOSE = {"noseWrinkleUpperL": 1.0, "noseWrinkleUpperR": 1.0}


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ({"C_jaw": 0.5}, {"jawOpen": 0.5}),
        ({"L_eye_blink": -0.25}, {"eyeWidenL": 0.25}),
        ({"C_tongue_roll__X": 1.0}, {"tongueTwistLeft": 1.0}),
        ({"C_neck_swallow": 0.3}, {"neckSwallowPh1": 0.5, "neckSwallowPh2": 0.5}),
        ({"L_mouth_lipSticky": 1.0}, {"mouthLipsStickyLPh3": 1.0}),
        ({"C_eye": 0.5, "L_eye": -0.75}, {"eyeLookDownL": 0.25, "eyeLookUpR": 0.5}),
        ({"C_eye": 0.75, "L_eye": 0.75}, {"eyeLookUpL": 1.0, "eyeLookUpR": 0.75}),
    ],
)
def test_raw_expressions_follow_the_rig(named: dict[str, float], expected: dict[str, float]) -> None:
    """Signed halves, phases and added eye controls drive the expressions they should, and no others."""
    assert _raw(_frame(**named)) == NOSE | expected


@given(VALUES)
def test_raw_expressions_stay_in_range(values: NDArray[np.float32]) -> None:
    """Whatever the controls, every raw expression lies in 0..1."""
    weights = rig.to_raw(values)
    assert weights.shape == (3, len(rig.RAW_NAMES))
    assert bool(((weights >= 0) & (weights <= 1)).all())


def test_raw_names_of_both_generations() -> None:
    """The generations differ in four tongue names, and a third one is refused."""
    newer = rig.raw_names()
    older = rig.raw_names("mh3")
    assert len(set(newer)) == len(newer) == 241
    assert len(set(newer) - set(older)) == 4
    with pytest.raises(ValueError, match="mh3 or mh4"):
        rig.raw_names("mh5")


def test_every_keyed_control_reaches_a_raw_expression() -> None:
    """Moving any control that is keyed changes the face beneath."""
    still = rig.to_raw(rig.NEUTRAL[None])
    for column, control in enumerate(rig.CONTROLS):
        moved = rig.NEUTRAL[None].copy()
        moved[0, column] = 0.5
        assert control.keyed == "no" or not np.array_equal(rig.to_raw(moved), still), control.name
