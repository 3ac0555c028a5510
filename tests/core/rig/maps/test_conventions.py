"""The maps that ship: each rests, moves the right controls, stays in range, and says the right sound."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from facetake import generate, inference, rig, visemes
from facetake.arrays import F32
from facetake.face.head import load as load_head
from facetake.generate import GenerateOptions, Performance
from facetake.preview.rig_sheet import FEWEST_SHAPES, arkit_columns, to_head
from facetake.rig import maps
from facetake.rig.maps.examination import examine, pose_inputs
from facetake.rig.maps.skeleton import arkit_of

LINE = Path(__file__).parents[4] / "examples" / "line.wav"
MOVES = {
    "arkit": ("jawOpen", "eyeBlinkLeft", "mouthSmileLeft"),
    "unity": ("jawOpen", "eyeBlinkLeft", "mouthSmileLeft"),
    "audio2face": ("JawOpen", "EyeBlinkLeft", "MouthSmileLeft"),
    "character-creator": ("Jaw_Open", "Eye_Blink_L", "Mouth_Smile_L"),
    "character-creator-visemes": ("V_Open", "Eye_Blink_L", "Mouth_Smile_L"),
    "facs": ("AU26", "AU43", "AU12"),
    "oculus-visemes": ("viseme_aa", "eyeBlinkLeft", "mouthSmileLeft"),
    "ready-player-me": ("jawOpen", "eyeBlinkLeft", "mouthSmileLeft"),
    "rocketbox": ("AK_25_JawOpen", "AK_09_EyeBlinkLeft", "AK_44_MouthSmileLeft"),
    "unified-expressions": ("JawOpen", "EyeClosedLeft", "MouthCornerPullLeft"),
    "vrm": ("aa", "blink", "relaxed"),
}
"""What opens the mouth, shuts the left eye and smiles in each."""
SAYS = {
    "oculus-visemes": {"p": "viseme_PP", "f": "viseme_FF", "T": "viseme_TH", "a": "viseme_aa", "u": "viseme_U"},
    "character-creator-visemes": {
        "p": "V_Explosive",
        "f": "V_Dental_Lip",
        "a": "V_Open",
        "u": "V_Tight",
        "O": "V_Tight_O",
    },
    "vrm": {"a": "aa", "u": "ou", "O": "oh", "i": "ih", "e": "ee"},
}
"""The control that is highest while a viseme is heard."""


RAW = {
    "audio2face": {
        "TongueLeft": "tongueLeft",
        "TongueUp": "tongueUp",
        "TongueTipDown": "tongueTipDown",
        "TongueRollUp": "tongueBendUp",
        "TongueWide": "tongueWide",
        "TongueIn": "tongueIn",
    },
    "character-creator": {
        "Jaw_Backward": "jawBack",
        "Cheek_Puff_L": "mouthCheekBlowL",
        "Cheek_Suck_R": "mouthCheekSuckR",
        "Nose_Nostril_Dilate_L": "noseNostrilDilateL",
        "Nose_Nostril_In_R": "noseNostrilCompressR",
        "Mouth_Up": "mouthUp",
        "Mouth_Push_Upper_L": "mouthLipsPushUL",
        "Mouth_Pull_Lower_R": "mouthLipsPullDR",
        "Mouth_Roll_Out_Upper_L": "mouthUpperLipRollOutL",
        "Neck_Swallow_Up": "neckThroatUp",
        "Tongue_R": "tongueRight",
        "Tongue_Narrow": "tongueNarrow",
        "Tongue_Tip_L": "tongueTipLeft",
    },
    "unified-expressions": {
        "EyeDilationRight": "eyePupilWideR",
        "JawBackward": "jawBack",
        "CheekSuckLeft": "mouthCheekSuckL",
        "NasalConstrictRight": "noseNostrilCompressR",
        "TongueRight": "tongueRight",
        "TongueFlat": "tongueWide",
        "TongueCurlUp": "tongueTipUp",
    },
}
"""Controls that are one half of one of ours, and MetaHuman's own name for that half."""
TURNED: dict[str, dict[str, tuple[str, ...]]] = {
    "eyes left": {
        "vrm": ("lookLeft",),
        "character-creator": ("Eye_L_Look_L", "Eye_R_Look_L"),
        "unified-expressions": ("EyeLookOutLeft", "EyeLookInRight"),
        "rocketbox": ("AK_14_EyeLookInRight", "AK_15_EyeLookOutLeft"),
    },
    "jaw left": {"character-creator": ("Jaw_L",), "unified-expressions": ("JawLeft",), "audio2face": ("JawLeft",)},
    "mouth left": {
        "character-creator": ("Mouth_L",),
        "unified-expressions": ("MouthUpperLeft", "MouthLowerLeft"),
        "rocketbox": ("AK_33_MouthLeft",),
    },
}
"""What moves to the actor's left in each, and nothing else."""


@pytest.fixture(scope="module")
def line() -> Performance:
    """The example line, performed."""
    return generate.generate(LINE, GenerateOptions(), inference.load(None))


def of(name: str, values: F32, viseme: str = "sil") -> dict[str, float]:
    """Values of a map's controls for one frame (1, 174) that shows a viseme."""
    found = maps.load(name)
    shown = np.array([[1.0 if one == viseme else 0.0 for one in visemes.VISEMES]], np.float32)
    return dict(zip(found.names, found.apply(values, shown)[0].tolist(), strict=True))


def test_every_map_that_ships_is_tested() -> None:
    """The table of this file has every map."""
    assert set(MOVES) == set(maps.shipped())


@pytest.mark.parametrize("name", maps.shipped())
def test_a_face_at_rest_rests(name: str) -> None:
    """Every control is at its neutral on our face at rest, but for the viseme of silence."""
    found = maps.load(name)
    off = np.abs(found.rest() - found.neutral) > 1e-6
    assert [one for one, is_off in zip(found.names, off.tolist(), strict=True) if is_off] in ([], ["viseme_sil"])


@pytest.mark.parametrize("name", maps.shipped())
def test_jaw_lids_and_smile_move_their_controls(name: str) -> None:
    """The first three of the test poses move the control of that name most of the way, and a rest none of them."""
    faces, _ = pose_inputs()
    top = dict(zip(maps.load(name).names, maps.load(name).ranges[:, 1].tolist(), strict=True))
    jaw, lids, smile = MOVES[name]

    assert of(name, faces[0:1], "a")[jaw] > 0.6 * top[jaw]
    assert of(name, faces[3:4])[lids] > 0.9 * top[lids]
    assert of(name, faces[1:2])[smile] > 0.6 * top[smile]
    assert all(of(name, rig.NEUTRAL[None])[one] == 0.0 for one in (jaw, lids, smile))


@pytest.mark.parametrize("name", maps.shipped())
def test_the_left_side_is_the_actor_s_own(name: str) -> None:
    """A smile on the left moves no control of the right."""
    weights = np.zeros((1, 52), np.float32)
    weights[0, rig.ARKIT_NAMES.index("mouthSmileLeft")] = 1.0
    moved = of(name, rig.from_arkit(weights))
    rest = of(name, rig.NEUTRAL[None])

    assert not [one for one in moved if one.endswith(("Right", "_R")) and moved[one] != rest[one]]


@pytest.mark.parametrize("name", RAW)
def test_halves_of_our_controls_are_metahuman_s_own(name: str) -> None:
    """Outwards, upwards, wide and back mean what they mean beneath our own controls."""
    found = maps.load(name)
    dice = np.random.default_rng(2)
    values = rig.MINIMUM + (rig.MAXIMUM - rig.MINIMUM) * dice.random((200, rig.N_CONTROLS), np.float32)
    raw = rig.to_raw(values)
    made = found.apply(values)
    for control, half in RAW[name].items():
        wanted = raw[:, rig.raw_names().index(half)]
        np.testing.assert_allclose(made[:, found.names.index(control)], wanted, atol=1e-6, err_msg=control)


@pytest.mark.parametrize(("pose", "name"), [(pose, name) for pose, names in TURNED.items() for name in names])
def test_left_is_the_actor_s_left(pose: str, name: str) -> None:
    """What looks or moves to the left is the control of that name, and no other."""
    weights = np.zeros((1, 52), np.float32)
    shapes = {"eyes left": ("eyeLookOutLeft", "eyeLookInRight"), "jaw left": ("jawLeft",), "mouth left": ("mouthLeft",)}
    for shape in shapes[pose]:
        weights[0, rig.ARKIT_NAMES.index(shape)] = 1.0
    moved = of(name, rig.from_arkit(weights))
    rest = of(name, rig.NEUTRAL[None])

    assert {one for one in moved if moved[one] != rest[one]} == set(TURNED[pose][name])


@pytest.mark.parametrize("name", maps.shipped())
def test_a_thousand_random_takes_stay_in_range(name: str) -> None:
    """Whatever a take does and whatever is said, every value is within its control's range."""
    found = maps.load(name)
    dice = np.random.default_rng(7)
    for _ in range(1000):
        values = rig.MINIMUM + (rig.MAXIMUM - rig.MINIMUM) * dice.random((4, rig.N_CONTROLS), np.float32)
        made = found.apply(values, dice.dirichlet(np.ones(16), 4).astype(np.float32))
        assert (made >= found.ranges[:, 0]).all() and (made <= found.ranges[:, 1]).all()


@pytest.mark.parametrize("name", maps.shipped())
def test_every_control_can_move_and_none_ends_early(name: str) -> None:
    """No control of a shipped map is dead, and none is driven beyond its range by a single pose."""
    found = examine(maps.load(name))
    assert not found.dead and not found.saturated


@pytest.mark.parametrize(("name", "says"), SAYS.items())
def test_visemes_peak_where_they_are_heard(name: str, says: dict[str, str], line: Performance) -> None:
    """On the example line each viseme's control is higher where it is heard than elsewhere, and mostly the highest."""
    found = maps.load(name)
    made = found.apply(line.take.values, visemes.weights(line.visemes, line.take.rate))
    heard = line.visemes.argmax(axis=1)
    columns = [found.names.index(one) for one in says.values()]
    for viseme, control in says.items():
        at = heard == visemes.VISEMES.index(viseme)
        column = found.names.index(control)
        assert made[at, column].mean() > 3 * made[~at, column].mean(), viseme
        assert (made[at][:, columns].argmax(axis=1) == columns.index(column)).mean() > 0.8, viseme


def test_the_arkit_map_is_what_arkit_is(line: Performance) -> None:
    """The map `arkit` gives the very numbers of `to_arkit`."""
    np.testing.assert_array_equal(maps.load("arkit").apply(line.take.values), rig.to_arkit(line.take.values))
    assert maps.load("arkit").names == rig.ARKIT_NAMES


def test_unity_counts_to_a_hundred(line: Performance) -> None:
    """Unity's weights are ARKit's times 100."""
    np.testing.assert_allclose(
        maps.load("unity").apply(line.take.values), 100 * rig.to_arkit(line.take.values), rtol=1e-6
    )


def test_audio2face_begins_with_the_shapes_in_its_own_order() -> None:
    """The service writes ARKit's shapes in Apple's order, then sixteen of the tongue."""
    names = maps.load("audio2face").names
    assert tuple(name[0].lower() + name[1:] for name in names[:52]) == rig.ARKIT_NAMES
    assert len(names) == 68 and all(name.startswith("Tongue") for name in names[52:])


def test_rocketbox_numbers_the_shapes_by_the_alphabet() -> None:
    """AK_01 to AK_52 are ARKit's names sorted."""
    names = maps.load("rocketbox").names
    assert [arkit_of(name) for name in names] == sorted(rig.ARKIT_NAMES)
    assert [name[:6] for name in names] == [f"AK_{n:02d}_" for n in range(1, 53)]


@pytest.mark.parametrize(
    "name", ["arkit", "unity", "audio2face", "ready-player-me", "rocketbox", "unified-expressions"]
)
def test_a_head_of_that_convention_is_posed_as_ours(name: str, line: Performance) -> None:
    """Our head, driven through a map by names that it shares with ARKit, is within 2 mm of itself driven directly."""
    found = maps.load(name)
    values = line.take.values[60:300:20]
    shared = sorted(set(arkit_columns(found).values()))
    wanted = np.zeros((len(values), 52), np.float32)
    wanted[:, shared] = rig.to_arkit(values)[:, shared]
    head = load_head()
    moved = head.deform(to_head(found, found.apply(values))) - head.deform(wanted)

    assert len(shared) >= FEWEST_SHAPES
    assert np.linalg.norm(moved, axis=2).max() < 0.002


def test_a_blink_of_both_lids_is_not_counted_twice() -> None:
    """In VRM and FACS both lids together are one control, and what one closes beyond the other another."""
    weights = np.zeros((1, 52), np.float32)
    for lid, weight in (("eyeBlinkLeft", 0.9), ("eyeBlinkRight", 0.4)):
        weights[0, rig.ARKIT_NAMES.index(lid)] = weight
    vrm = of("vrm", rig.from_arkit(weights))
    facs = of("facs", rig.from_arkit(weights))

    assert (vrm["blink"], vrm["blinkLeft"], vrm["blinkRight"]) == pytest.approx((0.4, 0.5, 0.0), abs=1e-6)
    assert (facs["AU43"], facs["AU46"]) == pytest.approx((0.4, 0.5), abs=1e-6)


@pytest.mark.parametrize(
    ("name", "opens"),
    [
        ("oculus-visemes", "viseme_aa viseme_E viseme_O viseme_I viseme_U"),
        ("vrm", "aa ih ou ee oh"),
        ("character-creator-visemes", "V_Open V_Wide V_Tight_O V_Tight"),
    ],
)
def test_lips_of_viseme_rigs_shut_on_p(name: str, opens: str, line: Performance) -> None:
    """Wherever a p, b or m is heard, and our own lips seal, the vowels of a rig all but vanish for a frame."""
    found = maps.load(name)
    weights = visemes.weights(line.visemes, line.take.rate)
    made = found.apply(line.take.values, weights)
    vowels = made[:, [found.names.index(one) for one in opens.split()]].sum(axis=1)
    heard = line.visemes.argmax(axis=1) == visemes.VISEMES.index(visemes.CLOSED)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], heard, [0]])))
    sounds = [slice(first, last) for first, last in edges.reshape(-1, 2) if last - first >= 3]

    assert len(sounds) >= 5
    assert max(vowels[one].min() for one in sounds) < 0.12


def test_weights_of_visemes_are_soft_and_sum_to_one(line: Performance) -> None:
    """No weight leaps by half in a frame, where those heard do, and they still share out one mouth."""
    soft = visemes.weights(line.visemes, Fraction(60))
    assert np.abs(np.diff(soft, axis=0)).max() < 0.5 < np.abs(np.diff(line.visemes, axis=0)).max()
    np.testing.assert_allclose(soft.sum(axis=1), 1.0, atol=1e-3)
    assert visemes.weights(line.visemes[:1], Fraction(24)).shape == (1, 16)
