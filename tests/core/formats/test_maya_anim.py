"""Maya's .anim files, written and read, and files in the layout that Maya writes itself."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import atan, degrees, radians
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facetake import rig
from facetake.errors import TakeError
from facetake.formats import maya_anim, maya_curve
from facetake.take import Take

JAW = rig.INDEX["CTRL_C_jaw.translateY"]
EYE = rig.INDEX["CTRL_C_eye.translateX"]

# A jaw with each kind of tangent, from a referenced character, between curves that are none of ours. Angles are of
# units per frame: 11.3 degrees is 0.2 a frame.
BY_MAYA = """animVersion 1.1;
mayaVersion 2024;
timeUnit film;
linearUnit cm;
angularUnit deg;
startTime -4;
endTime 20;
anim persp 0 1 0;
anim visibility visibility body 0 1 0;
animData {
  input time;
  output unitless;
  weighted 0;
  preInfinity constant;
  postInfinity constant;
  keys {
    -4 1 auto step 1 1 0;
  }
}
anim translate.translateY translateY hero:CTRL_C_jaw 2 1 1; // by hand
animData {
  input time;
  output linear;
  weighted 0;
  preInfinity constant;
  postInfinity constant;
  keys {
    -4 0 linear linear 1 1 0;
    0 0.5 linear fixed 0 1 0 11.309932474020213 1;
    4 0.5 fixed linear 0 1 0 -11.309932474020213 1;
    8 0 linear step 1 1 0;
    12 1 linear flat 1 1 1;
    16 0 flat stepnext 1 1 0;
    20 0.25 spline spline 1 1 0;
  }
}
anim translate.translateX translateX |board|hero:CTRL_C_eye 2 1 0;
animData {
  input time;
  output linear;
  weighted 0;
  preInfinity constant;
  postInfinity constant;
  keys {
    0 0 spline spline 1 1 0;
    4 0.4 spline spline 1 1 0;
    12 0 spline spline 1 1 0;
  }
}
anim rotate.rotateY rotateY hero:FacetakeHead 0 1 0;
animData {
  input time;
  output angular;
  weighted 0;
  preInfinity constant;
  postInfinity constant;
  keys {
    0 -3 linear linear 1 1 0;
    10 7 linear linear 1 1 0;
  }
}
"""


@pytest.mark.parametrize("rate", ["24", "24000/1001", "60", "60000/1001", "100"])
@pytest.mark.parametrize("first", [Fraction(0), Fraction(-48), Fraction(1001), Fraction(12, 5)])
def test_round_trip(tmp_path: Path, make_take: Callable[..., Take], rate: str, first: Fraction) -> None:
    """Values come back within 1e-6 at every frame, and rate and start exactly, off the frame grid too."""
    take = make_take(90, rate=Fraction(rate), start=first / Fraction(rate), head=True)
    maya_anim.write(take, tmp_path / "take.anim")
    found = maya_anim.read(tmp_path / "take.anim")
    np.testing.assert_allclose(found.values, take.values, rtol=0, atol=1e-6)
    assert found.head is not None and take.head is not None
    np.testing.assert_allclose(found.head, take.head, rtol=0, atol=1e-5)
    assert found.rate == take.rate and abs(found.start - take.start) < 1e-9
    assert first.denominator != 1 or found.start == take.start


@pytest.mark.parametrize("n_frames", [1, 2, 3])
def test_short_takes(tmp_path: Path, make_take: Callable[..., Take], n_frames: int) -> None:
    """A take of one frame is read back as one, without head motion where there was none."""
    take = make_take(n_frames, rate=Fraction(25))
    maya_anim.write(take, tmp_path / "take.anim")
    found = maya_anim.read(tmp_path / "take.anim")
    np.testing.assert_allclose(found.values, take.values, rtol=0, atol=1e-9)
    assert found.rate == 25 and found.head is None


@settings(max_examples=12, deadline=None)
@given(st.sampled_from(["15", "24000/1001", "25", "30", "60000/1001", "90"]), st.integers(2, 60), st.integers(0, 99))
def test_no_instant_leaves_a_control_s_range(
    tmp_path_factory: pytest.TempPathFactory, rate: str, n_frames: int, seed: int
) -> None:
    """What Maya plays between the frames of a file stays within every control's range, clipped takes included."""
    random = np.random.default_rng(seed)
    walk = rig.NEUTRAL + random.normal(0.0, 0.4, (n_frames, rig.N_CONTROLS)).cumsum(axis=0)
    path = tmp_path_factory.mktemp("anim") / "take.anim"
    maya_anim.write(Take(rig.clamp(walk), Fraction(rate)), path)
    statements = maya_anim._Statements(path.read_text())
    header = maya_anim._header(statements)
    for curve in maya_anim._curves(statements, header):
        column = rig.INDEX[curve.name]
        played = curve.at(np.arange(0, n_frames - 1 + 1e-9, 0.25))
        assert rig.MINIMUM[column] <= played.min() and played.max() <= rig.MAXIMUM[column]


def test_a_head_turns_as_maya_turns(tmp_path: Path) -> None:
    """Left, up and tipped to the left are +rotateY, -rotateX and -rotateZ where Y is up and the face looks along Z."""
    take = Take(np.tile(rig.NEUTRAL, (2, 1)), Fraction(24), head=np.array([[0, 0, 0], [10, 5, 2]], np.float32))
    maya_anim.write(take, tmp_path / "take.anim")
    text = (tmp_path / "take.anim").read_text()
    turns = {leaf: text.partition(f"rotate.{leaf} ")[2].partition("}")[0] for leaf in ("rotateX", "rotateY", "rotateZ")}
    last = {leaf: curve.split("\n")[-2].split()[1] for leaf, curve in turns.items()}
    assert last == {"rotateX": "-5", "rotateY": "10", "rotateZ": "-2"}
    found = maya_anim.read(tmp_path / "take.anim").head
    assert found is not None and found.tolist() == take.head.tolist()  # type: ignore[union-attr]


def test_the_layout(tmp_path: Path) -> None:
    """Header, curves and keys are as Maya writes them, with keys at the ends of a stretch that holds and none in it."""
    values = np.tile(rig.NEUTRAL, (9, 1))
    values[4:, JAW] = 0.5
    values[8, JAW] = 1e-30
    maya_anim.write(Take(values, Fraction(30000, 1001), Fraction(-1001, 30000)), tmp_path / "take.anim")
    text = (tmp_path / "take.anim").read_text()
    assert text.startswith(
        "animVersion 1.1;\nmayaVersion 2024;\ntimeUnit 29.97fps;\nlinearUnit cm;\nangularUnit deg;\n"
        "startTime -1;\nendTime 7;\nanim translate.translateX translateX CTRL_C_eye 0 1 0;\nanimData {\n"
    )
    curve = text.split("anim translate.translateY translateY CTRL_C_jaw 0 1 1;\n")[1].split("anim ")[0]
    assert curve == (
        "animData {\n  input time;\n  output linear;\n  weighted 0;\n  preInfinity constant;\n"
        "  postInfinity constant;\n  keys {\n    -1 0 linear linear 1 1 0;\n    2 0 linear linear 1 1 0;\n"
        "    3 0.5 linear linear 1 1 0;\n    6 0.5 linear linear 1 1 0;\n    7 0 linear linear 1 1 0;\n  }\n}\n"
    )
    assert text.count("anim ") == 174 and text.count("linear linear") == 174 + 4


def _read(path: Path, text: str) -> Take:
    path.write_text(text)
    return maya_anim.read(path)


def test_a_file_of_maya(tmp_path: Path) -> None:
    """Namespaces, paths, place holders, other nodes, comments and every kind of tangent are understood."""
    take = _read(tmp_path / "a.anim", BY_MAYA)
    assert (take.rate, take.start, take.n_frames) == (Fraction(24), Fraction(-4, 24), 25)
    jaw = take.values[:, JAW]
    np.testing.assert_allclose(jaw[:5], [0, 0.125, 0.25, 0.375, 0.5], atol=1e-6)
    # A cubic that leaves at 0.2 a frame and arrives at -0.2 is the parabola x (4 - x) / 20 above its ends
    np.testing.assert_allclose(jaw[4:9], [0.5, 0.65, 0.7, 0.65, 0.5], atol=1e-6)
    np.testing.assert_allclose(jaw[8:13], [0.5, 0.375, 0.25, 0.125, 0], atol=1e-6)
    assert jaw[12:17].tolist() == [0, 0, 0, 0, 1]
    np.testing.assert_allclose(jaw[16:21], 1 - 3 * (np.arange(5) / 4) ** 2 + 2 * (np.arange(5) / 4) ** 3, atol=1e-6)
    assert jaw[20:].tolist() == [0, 0.25, 0.25, 0.25, 0.25]
    eye = take.values[:, EYE]
    assert eye[8] == pytest.approx(0.4) and eye[6] == pytest.approx(0.2 + 4 * 0.1 / 8) and not eye[16:].any()
    still = [column for column in range(174) if column not in (JAW, EYE)]
    assert (take.values[:, still] == rig.NEUTRAL[still]).all()
    assert take.head is not None
    assert take.head[[0, 4, 9, 24], 0].tolist() == [-3, -3, 2, 7] and not take.head[:, 1:].any()


def _one(keys: str, header: str = "timeUnit ntsc;\n", about: str = "", name: str = "CTRL_C_jaw") -> str:
    """A file of one curve of the jaw."""
    return (
        f"animVersion 1.1;\nmayaVersion 2023 x64;\n{header}anim translate.translateY translateY {name} 0 1 1;\n"
        f"animData {{\n  input time;\n  output linear;\n{about}  keys {{\n{keys}  }}\n}}\n"
    )


@pytest.mark.parametrize(
    ("header", "about", "key"),
    [
        ("timeUnit ntsc;\nlinearUnit mm;\n", "", "0 5 linear linear 1 1 0;"),
        ("timeUnit ntsc;\nlinearUnit m;\n", "  outputUnit mm;\n", "0 5 linear linear 1 1 0;"),
        ("# units\ntimeUnit 30fps;\n\n", "  inputUnit ntscf;\n", "0 0.5 linear linear 1 1 0;"),
        ("timeUnit ntsc;\n", "", "0 0.5 linear linear 1 1;"),
    ],
)
def test_units(tmp_path: Path, header: str, about: str, key: str) -> None:
    """Units come from the header or the curve itself, and keys of the first version have no breakdown flag."""
    take = _read(tmp_path / "a.anim", _one(key, header, about))
    assert take.rate == 30 and take.values[:, JAW].tolist() == [0.5]


def test_a_file_without_units_or_range(tmp_path: Path) -> None:
    """Without a time unit the rate is 60, and without a range the keys have it."""
    take = _read(tmp_path / "a.anim", _one("3 0 auto auto 1 1 0;5 1 auto auto 1 1 0;", ""))
    assert (take.rate, take.start) == (Fraction(60), Fraction(3, 60))
    assert take.values[:, JAW].tolist() == [0, 0.5, 1]


def test_angles_may_be_radians(tmp_path: Path) -> None:
    """A tangent's angle and an angular value are in the file's angular unit."""
    angle = radians(degrees(atan(0.1)))
    keys = f"0 0 fixed fixed 1 1 0 0 1 {angle} 1;\n2 0.2 fixed fixed 1 1 0 {angle} 1 0 1;\n"
    take = _read(tmp_path / "a.anim", _one(keys, "timeUnit ntsc;\nangularUnit rad;\n"))
    np.testing.assert_allclose(take.values[:, JAW], [0, 0.1, 0.2], atol=1e-6)


def test_the_newer_rig(tmp_path: Path) -> None:
    """A control that the newer rig calls otherwise is found by that name."""
    control = next(one for one in rig.CONTROLS if one.maya_mh4 not in ("", one.name))
    node, _, leaf = control.maya_mh4.partition(".")
    text = _one("0 0.5 auto auto 1 1 0;").replace("translateY translateY CTRL_C_jaw", f"{leaf} {leaf} x:{node}")
    assert _read(tmp_path / "a.anim", text).values[0, rig.INDEX[control.name]] == 0.5


def test_tangents_that_maya_works_out_do_not_overshoot() -> None:
    """Auto tangents are flat on peaks and at the ends, and a cubic with them stays between its keys."""
    frames = np.array([0.0, 1, 2, 5, 9])
    values = np.array([0.0, 0.1, 1, 1, 0.2])
    kinds = np.array(["auto"] * 5)
    into, out = (maya_curve.slopes(frames, values, kinds, np.zeros(5), side) for side in (0, 1))
    curve = maya_curve.MayaCurve("jaw", frames, values, into, out, np.full(5, np.nan))
    found = curve.at(np.linspace(-1, 10, 500))
    assert found.min() >= 0 and found.max() <= 1 and into[[0, 2, 3, 4]].tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1: a .anim file starts with animVersion"),
        ("MThd and more;", "starts with animVersion"),
        ("animVersion 1.1;\n", "no curve of a face control"),
        (BY_MAYA[:900], "the file ends in the middle|the file ends where"),
        (BY_MAYA.rstrip().removesuffix("}"), "the file ends where the } of animData should follow"),
        (BY_MAYA.replace("keys {", "keys", 1), "where a property of a curve"),
        (BY_MAYA.replace("animData {", "animData", 1), "where a curve"),
        (_one("0 x linear linear 1 1 0;"), "line 9: 'x' is not a number"),
        (_one("0 nan linear linear 1 1 0;"), "line 9: 'nan' is not a number"),
        (_one("1e300 0 linear linear 1 1 0;"), "'1e300' is not a number"),
        (_one(f"{'9' * 5000} 0 linear linear 1 1 0;"), "line 9: '9{40}' is not a number"),
        (_one("0 0 auto auto 1 1 0;", f"startTime 0;\nendTime {'9' * 5000};\n"), "line 4: '9{40}' is not a number"),
        (_one("0 0 fixed linear 1 1 0;"), "a key of 7 words, not 9"),
        (_one("0 0 wobbly linear 1 1 0;"), "where a key"),
        (_one("0 0 linear linear 1 1 0"), "where a key"),
        (_one("0 0 auto auto 1 1 0;0 1 auto auto 1 1 0;"), "the keys of CTRL_C_jaw.translateY are not one after"),
        (_one("0 1.5 auto auto 1 1 0;"), "CTRL_C_jaw.translateY is 1.5 at frame 0, outside"),
        (_one("0 0 auto auto 1 1 0;", about="  weighted 1;\n"), "weighted tangents"),
        (_one("0 0 auto auto 1 1 0;", "timeUnit sec;\n"), "line 3: the time unit 'sec' is no frame rate"),
        (_one("0 0 auto auto 1 1 0;", "linearUnit pt;\n"), "the unit 'pt' is not one of mm, cm"),
        (_one("0 0 auto auto 1 1 0;", "startTime 0;\nendTime 3000000;\n"), "3000001 frames are more than"),
        (_one("0 0 auto auto 1 1 0;", name="lamp"), "no curve of a face control"),
        (BY_MAYA + BY_MAYA[BY_MAYA.index("anim translate") :], "two curves of CTRL_C_jaw.translateY"),
    ],
)
def test_bad_files_are_named(tmp_path: Path, text: str, said: str) -> None:
    """A file with one fault is a TakeError that names the file and what is wrong."""
    with pytest.raises(TakeError, match=said) as caught:
        _read(tmp_path / "a.anim", text)
    assert str(tmp_path / "a.anim") in str(caught.value)


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    """A binary file is a TakeError."""
    (tmp_path / "a.anim").write_bytes(b"\xff\x00\xfe\x01" * 9)
    with pytest.raises(TakeError, match="a.anim: this is not text"):
        maya_anim.read(tmp_path / "a.anim")


def test_rates_that_maya_has_no_unit_for(tmp_path: Path, make_take: Callable[..., Take]) -> None:
    """A rate without a time unit is refused with what to do."""
    with pytest.raises(TakeError, match="no time unit of 29 frames per second; resample: --rate 24"):
        maya_anim.write(make_take(rate=Fraction(29)), tmp_path / "take.anim")
