"""The take: what it refuses, and what its operations keep."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from facetake.errors import TakeError
from facetake.rig import INDEX, MAXIMUM, MINIMUM, NEUTRAL, clamp
from facetake.take import Take, blend, mirror, patched, resample, splice, trim
from facetake.timebase import n_frames

RATES = [Fraction(24), Fraction(24000, 1001), Fraction(25), Fraction(30000, 1001), Fraction(30), Fraction(60)]
JAW = INDEX["CTRL_C_jaw.translateY"]


def _take(frames: int, seed: int = 0, rate: Fraction = Fraction(60), with_head: bool = True) -> Take:
    rng = np.random.default_rng(seed)
    values = rng.uniform(MINIMUM, MAXIMUM, (frames, 174)).astype(np.float32)
    head = rng.normal(0, 4, (frames, 3)).astype(np.float32) if with_head else None
    return Take(values, rate, Fraction(seed % 7, 3), head, {"seed": seed})


def _ramp(frames: int, rate: Fraction) -> Take:
    """A jaw that opens by a hundredth each frame, in a neutral face."""
    values = np.tile(NEUTRAL, (frames, 1))
    values[:, JAW] = np.arange(frames) / 100
    return Take(values, rate)


def _same(one: Take, other: Take) -> bool:
    heads = (one.head is None and other.head is None) or np.array_equal(one.head, other.head)  # type: ignore[arg-type]
    grids = (one.rate, one.start) == (other.rate, other.start)
    return bool(heads and grids and np.array_equal(one.values, other.values))


TAKES = st.builds(_take, st.integers(1, 90), st.integers(0, 9999), st.sampled_from(RATES), st.booleans())


def _in_range(take: Take) -> bool:
    return bool(((take.values >= MINIMUM) & (take.values <= MAXIMUM)).all())


def test_an_array_that_fits_is_kept_and_made_read_only() -> None:
    """A long take is not copied, and nobody can change it afterwards."""
    values = np.zeros((5, 174), np.float32)
    take = Take(values, Fraction(60))
    assert np.shares_memory(take.values, values)
    assert not take.values.flags.writeable
    with pytest.raises(FrozenInstanceError):
        take.rate = Fraction(30)  # type: ignore[misc]


def test_a_patched_take_is_looked_at_where_it_changed() -> None:
    """Rounding is clamped there, what is out of range is named, and the take that it was made of stays."""
    take = _take(60)
    values = take.values.copy()
    values[20:30, JAW] = 1.00005
    made = patched(take, values, [(20, 30)], None, {"a": 1})
    assert made.values.max() <= MAXIMUM.max() and (made.values[20:30, JAW] == MAXIMUM[JAW]).all()
    assert (made.rate, made.start, made.head, made.origin) == (take.rate, take.start, None, {"a": 1})
    assert not made.values.flags.writeable and take.head is not None and take.origin == {"seed": 0}
    wrong = take.values.copy()
    wrong[25, JAW] = 3.0
    with pytest.raises(TakeError, match="CTRL_C_jaw.translateY is 3 at frame 25"):
        patched(take, wrong, [(20, 30)], None, {})


def test_other_arrays_are_converted() -> None:
    """Doubles and transposed arrays become contiguous float32."""
    take = Take(np.zeros((174, 5)).T, Fraction(60))  # type: ignore[arg-type]
    assert take.values.dtype == np.float32
    assert take.values.flags.c_contiguous


def test_rounding_is_clamped_in_a_copy() -> None:
    """A value a hair outside its range is set to the end of it, and the caller's array is left alone."""
    values = np.zeros((5, 174), np.float32)
    values[3, JAW] = 1.00005
    assert Take(values, Fraction(60)).values[3, JAW] == 1.0
    assert values[3, JAW] > 1.0


@pytest.mark.parametrize("bad", [1.001, -0.5, np.nan, np.inf])
def test_a_value_out_of_range_is_named(bad: float) -> None:
    """The error says which control, which frame and which value, also far into a long take."""
    values = np.zeros((5000, 174), np.float32)
    values[4500, JAW] = bad
    with pytest.raises(TakeError, match=rf"CTRL_C_jaw.translateY is {bad:g} at frame 4500"):
        Take(values, Fraction(60))


@pytest.mark.parametrize("shape", [(5, 173), (0, 174), (174,), (1, 5, 174)])
def test_wrong_shapes_are_refused(shape: tuple[int, ...]) -> None:
    """Other than one or more frames of 174 controls is no take."""
    with pytest.raises(TakeError, match="174 controls"):
        Take(np.zeros(shape, np.float32), Fraction(60))


@pytest.mark.parametrize(
    ("head", "message"), [(np.zeros((4, 3)), r"\(5, 3\)"), (np.full((5, 3), np.nan), "frame 0 is not a number")]
)
def test_wrong_head_motion_is_refused(head: NDArray[np.float32], message: str) -> None:
    """Head motion must be there for every frame and finite."""
    with pytest.raises(TakeError, match=message):
        Take(np.zeros((5, 174), np.float32), Fraction(60), head=head)


def test_a_rate_must_be_positive() -> None:
    """A take cannot stand still."""
    with pytest.raises(TakeError, match="above zero"):
        Take(np.zeros((5, 174), np.float32), Fraction(0))


def test_times_are_on_the_grid() -> None:
    """Frame i is at start + i / rate, and the last of many has not drifted."""
    take = Take(np.zeros((24001, 174), np.float32), Fraction(24000, 1001), Fraction(1, 2))
    assert take.times_s[0] == 0.5
    assert take.times_s[24000] == pytest.approx(1001.5, abs=1e-9)
    assert take.duration_s == Fraction(24001 * 1001, 24000)


@given(TAKES, st.sampled_from(RATES))
def test_resampling_keeps_range_length_and_start(take: Take, rate: Fraction) -> None:
    """A resampled take is in range, as long as before within a frame, and starts at the same time."""
    result = resample(take, rate)
    assert _in_range(result)
    assert result.n_frames == n_frames(take.duration_s, rate)
    assert (result.rate, result.start, result.origin) == (rate, take.start, take.origin)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("old", [Fraction(60), Fraction(24)])
def test_ramps_are_resampled_exactly(old: Fraction, rate: Fraction) -> None:
    """Linear motion stays linear motion at every rate, up and down, and holds after its last frame."""
    take = _ramp(100, old)
    result = resample(take, rate)
    expected = np.minimum(result.times_s * float(old) / 100, 0.99)
    np.testing.assert_allclose(result.values[:, JAW], expected, atol=1e-6)


@given(TAKES, st.sampled_from(RATES))
def test_resampling_agrees_with_numpy(take: Take, rate: Fraction) -> None:
    """The blockwise interpolation gives what numpy's slow one gives for each curve."""
    result = resample(take, rate)
    slow = np.stack([np.interp(result.times_s, take.times_s, curve) for curve in take.values.T], axis=1)
    np.testing.assert_allclose(result.values, slow, atol=2e-5)


@pytest.mark.parametrize("rate", ["11988011988011989/500000000000000", "24000/1001", "99991/99989", "1/1000003"])
def test_no_rate_overflows(rate: str) -> None:
    """Whatever fraction a rate is, a long take's curve goes through the old one's points, its last frames included."""
    take = Take(np.linspace(NEUTRAL, clamp(NEUTRAL + 1.0), 2000, dtype=np.float32), Fraction(60))
    result = resample(take, Fraction(rate))
    places = [float(min(i * take.rate / result.rate, Fraction(1999))) for i in range(result.n_frames)]
    slow = np.interp(places, range(2000), take.values[:, JAW])
    np.testing.assert_allclose(result.values[:, JAW], slow, atol=1e-6)


def test_resampling_up_and_down_again_gives_the_take_back() -> None:
    """Twice the rate and back again loses nothing."""
    take = _take(40, rate=Fraction(30))
    assert _same(resample(resample(take, Fraction(60)), Fraction(30)), take)


def test_resampling_works_across_blocks() -> None:
    """A take longer than one block of work is interpolated without a seam."""
    values = np.tile(NEUTRAL, (9000, 1))
    values[:, JAW] = np.linspace(0, 1, 9000)
    jaw = resample(Take(values, Fraction(60)), Fraction(50)).values[:, JAW]
    np.testing.assert_allclose(np.diff(jaw[:-1]), 1 / 8999 * 1.2, atol=2e-6)


def test_trim_keeps_the_frames_in_the_stretch() -> None:
    """Frames from the first instant up to but not including the last are kept, on the take's clock."""
    take = Take(_ramp(60, Fraction(10)).values, Fraction(10), Fraction(1))
    part = trim(take, Fraction("1.45"), Fraction("2.0"))
    np.testing.assert_allclose(part.values[:, JAW], [0.05, 0.06, 0.07, 0.08, 0.09], atol=1e-7)
    assert part.start == Fraction(3, 2)


@given(TAKES, st.fractions(-1, 4), st.fractions(-1, 4))
def test_trim_agrees_with_the_times(take: Take, start_s: Fraction, end_s: Fraction) -> None:
    """Exactly the frames whose time lies in the stretch are kept, or none do and that is an error."""
    times = [take.start + i / take.rate for i in range(take.n_frames)]
    kept = [i for i, time in enumerate(times) if start_s <= time < end_s]
    if not kept:
        with pytest.raises(TakeError, match="no frame of the take"):
            trim(take, start_s, end_s)
        return
    part = trim(take, start_s, end_s)
    assert np.array_equal(part.values, take.values[kept])
    assert part.start == times[kept[0]]


@given(TAKES, TAKES)
def test_splice_puts_one_after_the_other(first: Take, second: Take) -> None:
    """The first take comes first unchanged, the second follows at the first one's rate."""
    both = splice(first, second)
    follower = resample(second, first.rate)
    assert np.array_equal(both.values, np.concatenate([first.values, follower.values]))
    assert (both.rate, both.start) == (first.rate, first.start)
    assert (both.head is None) == (first.head is None and second.head is None)


@given(TAKES, st.integers(1, 80))
def test_what_is_cut_can_be_spliced(take: Take, frame: int) -> None:
    """A take cut in two and spliced is the take again."""
    cut = take.start + min(frame, take.n_frames - 1) / take.rate
    end = take.start + take.duration_s
    if cut == take.start:
        return
    assert _same(splice(trim(take, take.start, cut), trim(take, cut, end)), take)


@given(st.integers(1, 40), st.floats(0, 1))
def test_blend_lies_between(frames: int, weight: float) -> None:
    """A mix lies between its takes at every frame and stays in range."""
    one = _take(frames, 1)
    other = _take(frames, 2, with_head=False)
    mix = blend(one, other, weight)
    low = np.minimum(one.values, other.values)
    high = np.maximum(one.values, other.values)
    assert bool(((mix.values >= low - 1e-6) & (mix.values <= high + 1e-6)).all())
    assert _in_range(mix)


def test_blend_follows_a_curve_of_weights() -> None:
    """Weights by frame lead from one take to the other, heads included."""
    one = _take(3, 1)
    other = _take(3, 2)
    mix = blend(one, other, np.array([0.0, 0.5, 1.0]))
    assert np.array_equal(mix.values[0], one.values[0])
    assert np.array_equal(mix.values[2], other.values[2])
    assert mix.head is not None
    assert one.head is not None
    assert other.head is not None
    np.testing.assert_allclose(mix.head[1], (one.head[1] + other.head[1]) / 2, atol=1e-5)


def test_blend_refuses_what_does_not_match() -> None:
    """Takes of other lengths or rates, and weights outside 0..1 or of another length, are refused."""
    one = _take(5)
    for other in (_take(6), _take(5, rate=Fraction(30))):
        with pytest.raises(TakeError, match="cannot be blended"):
            blend(one, other, 0.5)
    for weight in (1.5, -0.1, float("nan"), np.zeros(4)):
        with pytest.raises(ValueError, match="weight"):
            blend(one, _take(5), weight)


@given(TAKES)
def test_mirror_is_an_involution(take: Take) -> None:
    """Mirroring twice gives the take back, and once keeps every range."""
    assert _in_range(mirror(take))
    assert _same(mirror(mirror(take)), take)


def test_mirror_swaps_sides() -> None:
    """A left smile and a jaw to the left become a right smile and a jaw to the right; the head turns round."""
    values = clamp(np.zeros((1, 174)))
    values[0, INDEX["CTRL_L_mouth_cornerPull.translateY"]] = 0.8
    values[0, INDEX["CTRL_C_jaw.translateX"]] = -0.5
    take = mirror(Take(values, Fraction(60), head=np.array([[10, 5, -3]], np.float32)))
    assert take.values[0, INDEX["CTRL_R_mouth_cornerPull.translateY"]] == np.float32(0.8)
    assert take.values[0, INDEX["CTRL_L_mouth_cornerPull.translateY"]] == 0
    assert take.values[0, INDEX["CTRL_C_jaw.translateX"]] == 0.5
    assert take.head is not None
    assert take.head.tolist() == [[-10, 5, 3]]
