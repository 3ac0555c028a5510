"""What travels between the engine and a host: keys on their way in, sampled curves on their way out."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facetake import host_io, inference, keys, rig
from facetake.errors import TakeError
from facetake.generate import GenerateOptions, generate
from facetake.take import Take
from facetake_host.curves import KeyCurve, Sampled, load
from facetake_host.problems import HostProblem


def a_take(n_frames: int = 40) -> Take:
    """Smooth random curves in range, with head motion."""
    noise = np.random.default_rng(3).normal(0, 1, (n_frames, rig.N_CONTROLS)).cumsum(0) * 0.05
    head = np.random.default_rng(4).normal(0, 1, (n_frames, 3)).cumsum(0)
    return Take(rig.clamp(rig.NEUTRAL + noise), Fraction(24000, 1001), Fraction(-1, 2), head.astype(np.float32))


def write(folder: Path, take: Take, names: str, **options: Any) -> Path:
    """A file of keys."""
    host_io.write_keys(folder / "keys.json", take, keys.reduce(take.values), names, **options)
    return folder / "keys.json"


def test_a_host_evaluates_keys_as_the_engine_does(tmp_path: Path) -> None:
    """What runs inside a host and the engine agree on every curve, at and between frames."""
    take = a_take()
    reduced = keys.reduce(take.values)
    delivery = load(write(tmp_path, a_take(), "maya"))
    frames = np.arange(0, take.n_frames - 1, 0.25)

    assert list(delivery.keys)[:-3] == list(rig.NAMES) and delivery.rate == take.rate
    for name, curve in zip(rig.NAMES, reduced.curves, strict=True):
        told = [delivery.keys[name].at(frame) for frame in frames]
        assert np.abs(np.array(told) - curve.at(frames)).max() < 1e-5


def test_a_shipped_take_stays_in_range_inside_a_host(tmp_path: Path) -> None:
    """Of a line with blinks, at most 15 % of the values become keys, and no quarter frame leaves a control's range."""
    options = GenerateOptions(emotion="surprise:0.8", seed=2)
    take = generate(Path(__file__).parents[2] / "examples" / "line.wav", options, inference.load(None)).take
    reduced = host_io.sparse(take)
    count = host_io.write_keys(tmp_path / "keys.json", take, reduced)
    delivery = load(tmp_path / "keys.json")

    assert count <= 0.15 * take.values.size and np.abs(reduced.dense() - take.values).max() <= 0.01
    for name, low, high in zip(rig.NAMES, rig.MINIMUM, rig.MAXIMUM, strict=True):
        played = [delivery.keys[name].at(quarter / 4) for quarter in range(4 * take.n_frames)]
        assert low - 1e-7 <= min(played) and max(played) <= high + 1e-7, name


@pytest.mark.parametrize(("names", "count"), [("mh3", 165), ("mh4", 165), ("unreal", 165)])
def test_default_and_optional_controls(tmp_path: Path, names: str, count: int) -> None:
    """Controls keyed by default, under the rig's own names; the optional ones on request, the switches never."""
    default = set(load(write(tmp_path, a_take(), names)).keys)
    more = set(load(write(tmp_path, a_take(), names, optional=True)).keys)

    assert len(default) == count + 3 and default < more
    assert not any("lookAtSwitch" in name or "neckCorrective" in name for name in more)


def test_arkit_s_shapes_have_keys_of_their_own(tmp_path: Path) -> None:
    """Keys under ARKit's names play the take's weights within the tolerance and within 0..1 at every quarter frame."""
    take = a_take(120)
    delivery = load(write(tmp_path, take, "arkit"))
    weights = rig.to_arkit(take.values)

    assert list(delivery.keys) == [*rig.ARKIT_NAMES, *host_io.HEAD]
    for name, row in zip(rig.ARKIT_NAMES, weights.T, strict=True):
        curve = delivery.keys[name]
        assert np.abs(np.array([curve.at(frame) for frame in range(take.n_frames)]) - row).max() <= 0.01
        played = [curve.at(quarter / 4) for quarter in range(4 * take.n_frames)]
        assert min(played) >= -1e-7 and max(played) <= 1.0 + 1e-7


def test_sampled_shapes_come_back_as_controls(tmp_path: Path) -> None:
    """A scene's ARKit weights become controls that show the same weights; what it lacks is 0, others are no face."""
    weights = rig.to_arkit(a_take().values)
    table = dict(zip(rig.ARKIT_NAMES, weights.T.tolist(), strict=True))
    del table["tongueOut"]
    Sampled(Fraction(24), 5, table).save(tmp_path / "scene.json")
    again = rig.to_arkit(host_io.read_curves(tmp_path / "scene.json", "arkit")[0].values)
    kept = [index for index, name in enumerate(rig.ARKIT_NAMES) if name in ("jawOpen", "eyeBlinkLeft", "browDownLeft")]
    assert np.abs(again - weights)[:, kept].max() < 1e-5

    Sampled(Fraction(24), 5, {"jaw": [0.0]}).save(tmp_path / "scene.json")
    with pytest.raises(TakeError, match="none of its curves is one of ARKit's shapes"):
        host_io.read_curves(tmp_path / "scene.json", "arkit")


def test_bezier_handles_make_the_same_cubic() -> None:
    """A Bezier curve through a key's handles is the key curve, with or without a neighbour, moved and scaled."""
    curve = KeyCurve((0, 3, 10), (0.1, 0.8, 0.2), (0.0, 0.1, -0.2), (0.3, 0.05, 0.0))
    keys, left, right = (np.reshape(one, (-1, 2)) for one in curve.bezier(100, 2.0))
    assert keys.tolist() == [[100, 0.2], [103, 1.6], [110, 0.4]] and (left[0, 0], right[-1, 0]) == (99.0, 111.0)
    for at, (start, end) in enumerate(((0, 3), (3, 10))):
        share = np.linspace(0.0, 1.0, 9)[:, None]
        points = (
            (1 - share) ** 3 * keys[at]
            + 3 * (1 - share) ** 2 * share * right[at]
            + 3 * (1 - share) * share**2 * left[at + 1]
            + share**3 * keys[at + 1]
        )
        assert np.allclose(points[:, 0], 100 + start + (end - start) * share[:, 0])
        assert np.allclose(points[:, 1], [2.0 * curve.at(frame - 100) for frame in points[:, 0]])


@pytest.mark.parametrize(
    ("turn", "told"),
    [((10, 0, 0), (0, 0, 10)), ((0, 10, 0), (-10, 0, 0)), ((0, 0, 10), (0, -10, 0))],
    ids=["left", "up", "tipped left"],
)
def test_a_baked_head_turns_as_the_take_s(turn: tuple[float, ...], told: tuple[float, ...]) -> None:
    """About the head bone's own axes a turn to the left is a roll, a look up a yaw and a tip to the left a pitch."""
    take = Take(np.tile(rig.NEUTRAL, (1, 1)), Fraction(30), head=np.array([turn], np.float32))
    raw = host_io.raw_curves(take)
    assert [raw[name][0] for name in host_io.HEAD] == pytest.approx(told, abs=1e-4)


def test_a_baked_head_is_switched_on() -> None:
    """The engine's own export has a switch for the head, its place and two marks; without head motion no switch."""
    raw = host_io.raw_curves(a_take())
    constants = {name: raw[name] for name in raw if not name.startswith("CTRL_") and name not in host_io.HEAD}
    assert {name: set(curve) for name, curve in constants.items()} == {
        "HeadControlSwitch": {1.0},
        "HeadTranslationX": {0.0},
        "HeadTranslationY": {0.0},
        "HeadTranslationZ": {0.0},
        "MHFDSVersion": {1.0},
        "DisableFaceOverride": {1.0},
    }
    assert {len(curve) for curve in raw.values()} == {40}
    still = Take(a_take().values, Fraction(30))
    assert not [name for name in host_io.raw_curves(still) if name.startswith("Head")]


def test_sampled_curves_come_back_as_the_take(tmp_path: Path) -> None:
    """A scene sampled under any rig's names is the same take."""
    take = a_take()
    for spelling in ("name", "maya_mh4", "unreal"):
        table = {getattr(one, spelling): take.values[:, i].tolist() for i, one in enumerate(rig.CONTROLS)}
        table |= dict(zip(host_io.HEAD, take.head.T.tolist() if take.head is not None else [], strict=True))
        table.pop("", None)
        Sampled(take.rate, -12, table).save(tmp_path / "scene.json")
        names = {"name": "mh3", "maya_mh4": "mh4", "unreal": "unreal"}[spelling]
        found, notes = host_io.read_curves(tmp_path / "scene.json", names)
        known = [i for i, one in enumerate(rig.CONTROLS) if getattr(one, spelling)]
        assert notes == [] and found.rate == take.rate and found.head is not None
        assert np.array_equal(found.values[:, known], take.values[:, known])


@pytest.mark.parametrize("wrong", [float("nan"), float("inf")])
def test_a_scene_with_a_value_that_is_none_is_not_sent(tmp_path: Path, wrong: float) -> None:
    """The channel is named, and no file of NaN is left for the engine to stumble over."""
    with pytest.raises(HostProblem, match="CTRL_C_jaw.X has a value that is no number"):
        Sampled(Fraction(30), 0, {"CTRL_C_jaw.Y": [0.0], "CTRL_C_jaw.X": [wrong]}).save(tmp_path / "scene.json")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"format": "x"}, "no file of curves from a host"),
        ({"curves": {}}, "holds no curves"),
        ({"curves": {"CTRL_C_jaw.Y": [0], "CTRL_C_jaw.X": [0, 1]}}, r"\[1, 2\] values"),
        ({"curves": {"CTRL_C_jaw.Y": []}}, r"\[0\] values"),
        ({"curves": {"CTRL_C_jaw.Y": ["a"]}}, "no list of numbers"),
        ({"curves": {"CTRL_C_jaw.Y": 3}}, "no list of finite numbers"),
        ({"curves": {"persp.tx": [0.0]}}, "none of its curves is a MetaHuman face control"),
        ({"rate": "0/0"}, "is no frame rate"),
        ({"rate": "1e999999999"}, "is no frame rate"),
        ({"rate": "1/1000"}, "is no frame rate"),
        ({"rate": None}, '"rate" must be text'),
        ({"start_s": None}, '"start_s" must be text'),
        ({"start_s": "1e999999999"}, "is no time"),
        ({"curves": {"CTRL_C_jaw.Y": [0.0, float("nan")]}}, "NaN is not a number"),
    ],
)
def test_damaged_curves(tmp_path: Path, change: dict[str, Any], says: str) -> None:
    """Each damage is one sentence with the file's name."""
    good = {"format": host_io.CURVES, "rate": "30", "start_s": "0", "curves": {"CTRL_C_jaw.Y": [0.0, 0.5]}}
    path = tmp_path / "scene.json"
    path.write_text(json.dumps({**good, **change}))
    with pytest.raises(TakeError, match=f"scene.json: .*{says}"):
        host_io.read_curves(path)


def test_the_newer_rig_s_own_tongue_roll_is_none_of_ours(tmp_path: Path) -> None:
    """The newer rig has another control by the name that the older one gives to bend and twist."""
    table = {"CTRL_C_tongue_bendTwist.translateY": [0.5, 0.5], "CTRL_C_tongue_roll.translateY": [0.0, 0.0]}
    Sampled(Fraction(30), 0, table).save(tmp_path / "scene.json")
    found, _ = host_io.read_curves(tmp_path / "scene.json", "mh4")

    assert found.values[:, rig.INDEX["CTRL_C_tongue_roll.translateY"]].tolist() == [0.5, 0.5]


@given(st.lists(st.tuples(st.integers(1, 9), st.floats(-1, 1), st.floats(-0.5, 0.5)), min_size=1, max_size=8))
def test_a_key_curve_goes_through_its_keys(rows: list[tuple[int, float, float]]) -> None:
    """At a key it has the key's value and slopes; before the first and after the last it holds."""
    frames = tuple(int(frame) for frame in np.cumsum([step for step, _, _ in rows]))
    slopes = tuple(slope for _, _, slope in rows)
    curve = KeyCurve(frames, tuple(value for _, value, _ in rows), slopes, slopes)

    for frame, value, slope in zip(curve.frames, curve.values, slopes, strict=True):
        assert curve.at(frame) == pytest.approx(value)
        if frame != frames[-1]:
            assert (curve.at(frame + 1e-6) - value) / 1e-6 == pytest.approx(slope, abs=1e-3)
    assert (curve.at(frames[0] - 5), curve.at(frames[-1] + 5)) == (curve.values[0], curve.values[-1])
