"""Restyling, with networks whose answers are known."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facetake import mouth, rig
from facetake.emotion import EMOTIONS
from facetake.errors import ConfigError, RigError, TakeError
from facetake.inference import RestyleModels, Restyler, VisemeClassifier
from facetake.inference.restyling import in_windows
from facetake.restyle import RestyleOptions, parse_style, restyle
from facetake.take import Take
from facetake.visemes import CLOSED, VISEMES

SMILE = rig.both("mouth_cornerPull")
BROW = rig.both("brow_down")
SAD, ANGRY = (EMOTIONS.index(name) for name in ("sad", "angry"))


def models() -> RestyleModels:
    """Happy pulls the mouth's corners, angry lowers the brows, ann opens the jaw; sealed lips are heard as p."""

    def run(curves: np.ndarray, style: np.ndarray) -> np.ndarray:
        out = curves.copy()
        out[..., SMILE] += 0.5 * style[..., 1:2]
        out[..., BROW] += 0.4 * style[..., ANGRY : ANGRY + 1]
        out[..., rig.columns("C_jaw")] += 0.3 * style[..., 7:8]
        return rig.clamp(out)

    def read(curves: np.ndarray) -> np.ndarray:
        out = np.full((*curves.shape[:2], 16 + 7 + 1), np.log(1e-3), np.float32)
        for row, poses in zip(out, curves, strict=True):
            row[:, VISEMES.index("a")] = np.log(0.9)
            row[mouth.is_sealed(poses), VISEMES.index(CLOSED)] = np.log(0.95)
            row[:, 16 + 1] = np.log(np.clip(2 * poses[:, SMILE[0]], 1e-3, 1))
            row[:, 16] = np.log(0.5)
        return out

    return RestyleModels(Restyler(run, ("ann", "bob"), "r"), VisemeClassifier(read, ("ann",), "v"))


def talking(n_frames: int = 180, rate: Fraction = Fraction(60)) -> Take:
    """An opening and closing jaw, sealed for a tenth of a second at each second's end."""
    values = np.tile(rig.NEUTRAL, (n_frames, 1))
    time = np.arange(n_frames) / float(rate)
    values[:, rig.columns("C_jaw")] = (0.25 + 0.2 * np.sin(8 * time))[:, None]
    closed = time % 1 > 0.9
    values[np.ix_(closed, rig.columns("C_jaw"))] = 0.0
    return Take(values, rate)


@pytest.mark.parametrize("rate", ["12", "24000/1001", "25", "60", "240"])
@pytest.mark.parametrize("n_frames", [2, 5, 61, 700])
def test_any_length_and_rate(n_frames: int, rate: str) -> None:
    """The style arrives in full on every frame, whatever the length and the rate."""
    take = talking(n_frames, Fraction(rate))
    made = restyle(take, RestyleOptions({"happy": 1.0}), models())

    assert made.take.n_frames == n_frames and made.take.rate == take.rate
    assert np.allclose(made.take.values[:, SMILE], 0.5, atol=1e-3)
    assert made.report is not None and made.report.style_after == pytest.approx(1.0, abs=0.01)


def test_strength_blends() -> None:
    """Half the strength is half the change, two emotions share, and an actor comes with either."""
    take = talking()
    half = restyle(take, RestyleOptions({"happy": 0.5}), models()).take.values
    both = restyle(take, RestyleOptions({"happy": 0.5, "angry": 0.25}, "ann", 0.5), models()).take.values
    jaw = rig.columns("C_jaw")

    assert np.allclose(half[:, SMILE], 0.25, atol=1e-3)
    assert np.allclose(both[:, SMILE], 0.25, atol=1e-3) and np.allclose(both[:, BROW], 0.1, atol=1e-3)
    assert np.allclose((both - take.values)[70:100, jaw], 0.15, atol=0.01)


@pytest.mark.parametrize("options", [RestyleOptions({"sad": 0.0}), RestyleOptions(actor="ann", actor_strength=0.0)])
def test_no_strength_is_no_change(options: RestyleOptions) -> None:
    """At strength 0 the take itself comes back."""
    take = talking()
    made = restyle(take, options, models())

    assert made.take is take and made.report is None


@given(st.floats(0.0, 2.0), st.floats(0.4, 1.0))
def test_a_range_changes_nothing_outside(first: float, length: float) -> None:
    """Outside the range every bit stays, inside the change comes and goes without a step."""
    take = talking()
    made = restyle(take, RestyleOptions({"happy": 1.0}, span_s=(first, first + length)), models()).take
    outside = (take.times_s < first) | (take.times_s > first + length)

    assert np.array_equal(made.values[outside], take.values[outside])
    assert made.values[:, SMILE].max() > 0.4
    assert np.abs(np.diff(made.values[:, SMILE], axis=0)).max() < 0.5 * np.pi / 2 / (60 * min(0.25, length / 3)) + 1e-3


def test_locked_controls_and_other_regions_stay() -> None:
    """A locked control keeps every bit, and so does every region not asked for, even where lips are sealed again."""
    take = talking()
    options = RestyleOptions({"happy": 0.5, "angry": 0.5}, "ann", only=("mouth",), lock=("CTRL_L_mouth_cornerPull.ty",))
    made = restyle(take, options, models()).take
    changed = np.flatnonzero((made.values != take.values).any(axis=0))

    assert SMILE[1] in changed and SMILE[0] not in changed
    assert rig.region_mask("mouth")[changed].all()


def test_lips_that_were_sealed_are_sealed_again() -> None:
    """A style that opens the jaw cannot part lips that were closed in speech."""
    take = talking()
    made = restyle(take, RestyleOptions(actor="ann"), models())
    closed = mouth.is_sealed(take.values)

    assert made.report is not None and made.report.closures == made.report.closures_kept == 3
    assert mouth.is_sealed(made.take.values[closed]).mean() > 0.5
    assert not mouth.is_sealed(made.take.values[~closed]).any()


def test_the_report_says_what_moved() -> None:
    """Controls are named with their mean change, the largest first; the emotion before is told."""
    made = restyle(talking(), RestyleOptions({"angry": 1.0}), models())

    assert made.report is not None
    assert [name for name, _ in made.report.moved] == [rig.NAMES[column] for column in BROW]
    assert made.report.moved[0][1] == pytest.approx(0.4, abs=1e-3)
    assert made.report.recognised == "neutral" and made.report.visemes_kept == 1.0
    assert made.take.origin["style"] == {"angry": 1.0} and made.take.origin["parent"] == {}


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        (RestyleOptions({"happy": 1.0}, actor="zoe"), ConfigError, "unknown actor 'zoe'; known: ann, bob"),
        (RestyleOptions({"happy": 1.0}, span_s=(1.0, 4.0)), ConfigError, "not inside the take, which runs 0-3 s"),
        (RestyleOptions({"happy": 1.0}, span_s=(2.0, 1.0)), ConfigError, "range 2-1 s"),
        (RestyleOptions({"happy": 1.0}, lock=("CTRL_nobody",)), RigError, "no control 'CTRL_nobody'"),
        (RestyleOptions({"happy": 1.0}, only=("elbow",)), RigError, "elbow"),
    ],
)
def test_bad_options_are_named(options: RestyleOptions, error: type[Exception], says: str) -> None:
    """Each mistake is one sentence that says what is known or allowed."""
    with pytest.raises(error, match=says):
        restyle(talking(), options, models())


def test_one_frame_is_no_motion() -> None:
    """A take of a single frame is refused."""
    with pytest.raises(TakeError, match="one frame"):
        restyle(talking(1), RestyleOptions({"happy": 1.0}), models())


def test_styles_are_read() -> None:
    """Strengths are numbers after a colon, 1 where none is given."""
    assert parse_style("sad:0.8") == {"sad": 0.8} and parse_style("happy") == {"happy": 1.0}
    assert parse_style("Happy:0.5+SAD:0,25") == {"happy": 0.5, "sad": 0.25}
    assert parse_style("happy:0.5 + sad:0.25") == {"happy": 0.5, "sad": 0.25}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("glad", "unknown style 'glad'; known: neutral, happy"),
        ("sad:2", "from 0 to 1"),
        ("sad:x", "from 0 to 1"),
        ("sad:nan", "from 0 to 1"),
        ("sad:0.8+happy:0.4", "add up to 1.2"),
        ("", "unknown style ''"),
    ],
)
def test_bad_styles_are_named(text: str, says: str) -> None:
    """A mistake says what is known or allowed."""
    with pytest.raises(ConfigError, match=says):
        parse_style(text)


@pytest.mark.parametrize("n_frames", [1, 2, 199, 200, 201, 1999])
def test_windows_cover_every_frame_once(n_frames: int) -> None:
    """Each frame's result is its own, and windows are never longer than the network was made for."""
    values = np.arange(n_frames, dtype=np.float32)[:, None] * np.ones((1, 174), np.float32)
    sizes = []

    def run(windows: np.ndarray) -> np.ndarray:
        sizes.append(windows.shape)
        return windows[..., :3] * 2

    assert np.array_equal(in_windows(run, values, 3), values[:, :3] * 2)
    assert max(size[1] for size in sizes) <= 240 and max(size[0] for size in sizes) <= 8


def test_a_style_does_not_put_eyes_to_sleep() -> None:
    """Lids are lowered a little at most; what was closed in a blink stays closed."""
    lids = rig.both("eye_blink")

    def sleepy(curves: np.ndarray, style: np.ndarray) -> np.ndarray:
        out = curves.copy()
        out[..., lids] += 0.5 * style[..., 1:2]
        return rig.clamp(out)

    take = talking()
    values = take.values.copy()
    values[50:60, lids] = 0.9
    take = Take(values, take.rate)
    tired = RestyleModels(Restyler(sleepy, ("ann",), "r"), models().classifier)
    made = restyle(take, RestyleOptions({"happy": 1.0}), tired).take.values[:, lids]

    assert made[:45].max() == pytest.approx(0.2, abs=1e-6) and (made[50:60] >= 0.9).all()
