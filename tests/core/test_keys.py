"""Sparse keys stay close to the dense curves, are few, and lie where an animator would put them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from facetake import keys

TOLERANCE = 0.01
ROUNDING = 1e-7  # of values in four bytes


def speech_like(n_frames: int, n_columns: int, seed: int) -> NDArray[np.float32]:
    """(T, C) curves with the spectrum of captured controls (83 % of power below 2 Hz) that rest a third of the time.

    Two in five controls do not move at all, as in captured clips.
    """
    random = np.random.default_rng(seed)
    frequency = np.fft.rfftfreq(n_frames, 1 / 60)
    shape = random.standard_normal((n_columns, len(frequency))) + 1j * random.standard_normal(
        (n_columns, len(frequency))
    )
    curves = np.fft.irfft(shape * np.exp(-frequency / 2.3), n_frames, axis=1)
    curves /= curves.std(axis=1, keepdims=True)
    amplitude = np.clip(np.exp(random.normal(-2.2, 0.9, (n_columns, 1))), 0, 0.25)
    amplitude[random.uniform(size=n_columns) < 0.4] = 0
    times = np.arange(n_frames) / 60
    voice = np.clip(np.sin(times * 2.1) * 4 + 2.5, 0, 1)
    return np.asarray(np.clip((curves * 0.7 + 0.7) * amplitude, 0, 1).T * voice[:, None], np.float32)


def slow_value(curve: keys.Curve, frame: float) -> float:
    """The cubic between two keys by the four Hermite basis polynomials, one frame at a time."""
    frames = [int(one) for one in curve.frames]
    if frame <= frames[0]:
        return float(curve.values[0])
    if frame >= frames[-1]:
        return float(curve.values[-1])
    n = max(index for index, one in enumerate(frames) if one <= frame)
    length = frames[n + 1] - frames[n]
    u = (frame - frames[n]) / length
    return float(
        (2 * u**3 - 3 * u**2 + 1) * curve.values[n]
        + (u**3 - 2 * u**2 + u) * length * curve.slopes_out[n]
        + (3 * u**2 - 2 * u**3) * curve.values[n + 1]
        + (u**3 - u**2) * length * curve.slopes_in[n + 1]
    )


def test_every_control_stays_within_tolerance() -> None:
    """On speech-like curves no frame of any control is further than 0.01 from the dense value."""
    dense = speech_like(1800, 60, seed=1)
    assert np.abs(keys.reduce(dense).dense() - dense).max() <= TOLERANCE


def test_speech_takes_few_keys() -> None:
    """At most 15 % of the dense number of keys on speech-like curves."""
    dense = speech_like(3600, 174, seed=2)
    reduced = keys.reduce(dense)
    assert reduced.n_keys <= 0.15 * dense.size
    assert reduced.n_keys == sum(len(curve.frames) for curve in reduced.curves)


@settings(max_examples=60, deadline=None)
@given(
    hnp.arrays(np.float32, hnp.array_shapes(min_dims=2, max_dims=2, max_side=24), elements=st.floats(-1, 1, width=32)),
    st.sampled_from([0.002, 0.01, 0.1]),
)
def test_any_curve_stays_within_tolerance(dense: NDArray[np.float32], tolerance: float) -> None:
    """Noise, steps and single frames are kept to the tolerance as well, and inside their own range."""
    rebuilt = keys.reduce(dense, tolerance).dense()
    assert rebuilt.shape == dense.shape
    assert np.abs(rebuilt - dense).max() <= tolerance
    assert (rebuilt >= dense.min(axis=0) - ROUNDING).all()
    assert (rebuilt <= dense.max(axis=0) + ROUNDING).all()


def blinking(n_frames: int, rate: float, seed: int) -> NDArray[np.float32]:
    """(T, 8) lids that close, hold and open as fast as blinks do, within 0..1, and looks to both sides within -1..1."""
    random = np.random.default_rng(seed)
    times = np.arange(n_frames) / rate
    shut = np.zeros((n_frames, 4))
    for start in np.cumsum(random.uniform(0.2, 1.5, (int(times[-1]) + 2, 4)), axis=0):
        rise = random.uniform(0.04, 0.1, 4)
        hold = random.uniform(0.0, 0.06, 4)
        fall = random.uniform(0.08, 0.25, 4)
        since = times[:, None] - start
        shut = np.maximum(shut, np.clip(np.minimum(since / rise, 1 + (rise + hold - since) / fall), 0.0, 1.0))
    looks = np.clip(1.6 * np.sin(times[:, None] * random.uniform(1.0, 9.0, 4) + random.uniform(0.0, 6.0, 4)), -1.0, 1.0)
    return np.concatenate([shut, np.where(np.abs(looks) < 0.2, 0.0, looks)], axis=1).astype(np.float32)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([12.0, 15.0, 24000 / 1001, 24.0, 25.0, 30000 / 1001, 30.0, 48.0, 50.0, 60000 / 1001, 60.0, 90.0]),
    st.integers(3, 400),
    st.integers(0, 10_000),
)
def test_no_instant_leaves_the_range(rate: float, n_frames: int, seed: int) -> None:
    """At quarter frames no lid opens beyond its rest nor closes beyond shut, at any rate, and the error is kept."""
    range_of_looks = (np.repeat([0.0, -1.0], 4), np.ones(8))
    for dense, bounds in (
        (blinking(n_frames, rate, seed), None),
        (blinking(n_frames, rate, seed), range_of_looks),
        (speech_like(n_frames, 8, seed), (np.zeros(8), np.ones(8))),
    ):
        reduced = keys.reduce(dense, TOLERANCE, bounds=bounds)
        low, high = bounds or (dense.min(axis=0), dense.max(axis=0))
        assert np.abs(reduced.dense() - dense).max() <= TOLERANCE
        quarters = np.arange(0, n_frames - 1 + 1e-9, 0.25)
        for column, curve in enumerate(reduced.curves):
            played = curve.at(quarters)
            assert low[column] - ROUNDING <= played.min() and played.max() <= high[column] + ROUNDING


@settings(max_examples=100, deadline=None)
@given(st.integers(3, 200), st.integers(0, 10_000))
def test_zero_is_crossed_between_keys_of_two_sides_only(n_frames: int, seed: int) -> None:
    """Between two keys on one side of zero a control that goes both ways never tips into its other half."""
    for curve in keys.reduce(blinking(n_frames, 30.0, seed)).curves:
        for left, right in zip(range(len(curve.frames)), range(1, len(curve.frames)), strict=False):
            ends = curve.values[[left, right]]
            played = curve.at(np.linspace(curve.frames[left], curve.frames[right], 9))
            assert ends.min() < 0.0 or played.min() >= -ROUNDING
            assert ends.max() > 0.0 or played.max() <= ROUNDING


def test_few_keys_have_two_tangents() -> None:
    """Bounds cost few single tangents: at most one key in eight of speech at 60 fps has two."""
    curves = keys.reduce(speech_like(1800, 60, seed=6)).curves
    apart = sum(int((curve.slopes_in[1:-1] != curve.slopes_out[1:-1]).sum()) for curve in curves)
    assert apart <= sum(len(curve.frames) for curve in curves) / 8


def test_evaluation_agrees_with_basis_polynomials() -> None:
    """The fast cubic equals the textbook Hermite form at whole and fractional frames, also outside the keys."""
    curve = keys.reduce(speech_like(300, 8, seed=3)[20:]).curves[1]
    frames = np.linspace(-3, 285, 700)
    assert np.allclose(curve.at(frames), [slow_value(curve, float(frame)) for frame in frames], atol=1e-6)


def test_still_control_has_one_key() -> None:
    """A control that never moves is a single key that holds its value for any number of frames."""
    reduced = keys.reduce(np.full((50, 2), 0.25, np.float32), pin_frames=[10])
    assert [len(curve.frames) for curve in reduced.curves] == [1, 1]
    assert (reduced.dense(80) == 0.25).all()


def test_keys_land_on_peaks_and_valleys() -> None:
    """Each peak and valley of a wave has a key on its very frame, with next to no slope."""
    wave = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(241) / 40))[:, None].astype(np.float32)
    curve = keys.reduce(wave).curves[0]
    tips = np.arange(0, 241, 20)
    assert set(tips) <= set(curve.frames.tolist())
    slopes = curve.slopes_out[np.isin(curve.frames, tips)]
    assert np.abs(slopes).max() < 1e-3
    assert len(curve.frames) <= 3 * len(tips)


def test_clipped_curve_has_a_corner_key() -> None:
    """Where a curve is cut off at zero, the key there has two tangents and the flat part stays flat."""
    ramp = np.clip((np.arange(80) - 40) * 0.03, 0, 1)[:, None].astype(np.float32)
    reduced = keys.reduce(ramp)
    curve = reduced.curves[0]
    corner = curve.frames.tolist().index(40)
    assert curve.slopes_in[corner] == pytest.approx(0, abs=1e-6)
    assert curve.slopes_out[corner] == pytest.approx(0.03, abs=1e-6)
    assert np.abs(reduced.dense()[:40]).max() <= 0.001


def test_tangents_are_one_line_where_the_curve_is_smooth() -> None:
    """Away from corners a key's two tangents agree, so that an animator can turn them as one."""
    wave = (0.5 + 0.4 * np.sin(np.arange(600) / 23))[:, None].astype(np.float32)
    curve = keys.reduce(wave, bounds=(np.zeros(1), np.ones(1))).curves[0]
    assert (curve.slopes_in[1:-1] == curve.slopes_out[1:-1]).all()


def test_pinned_frames_are_exact() -> None:
    """Pinned frames keep their dense value to the last bit, on the pinned controls only."""
    dense = speech_like(400, 6, seed=4)
    moving = np.flatnonzero(np.ptp(dense, axis=0) > 0.1)[:2]
    pins = np.array([37, 38, 211])
    reduced = keys.reduce(dense, pin_frames=pins, pin_columns=moving[:1])
    assert (reduced.dense()[np.ix_(pins, moving[:1])] == dense[np.ix_(pins, moving[:1])]).all()
    assert set(pins.tolist()) <= set(reduced.curves[int(moving[0])].frames.tolist())
    assert not set(pins.tolist()) <= set(reduced.curves[int(moving[1])].frames.tolist())


def test_blocks_do_not_change_the_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """The keys are the same whether controls are reduced all together or one by one."""
    dense = speech_like(300, 12, seed=5)
    together = keys.reduce(dense)
    monkeypatch.setattr(keys, "BLOCK_VALUES", 1)
    for one, other in zip(together.curves, keys.reduce(dense).curves, strict=True):
        assert (one.frames == other.frames).all()
        assert (one.slopes_out == other.slopes_out).all()


@pytest.mark.parametrize(("shape", "tolerance", "pins"), [((0, 3), 0.01, []), ((5, 3), 0.0, []), ((5, 3), 0.01, [5])])
def test_misuse_is_refused(shape: tuple[int, int], tolerance: float, pins: list[int]) -> None:
    """No frames, no tolerance and pins outside the take are programmer's errors."""
    with pytest.raises(ValueError, match=r"must"):
        keys.reduce(np.zeros(shape, np.float32), tolerance, pins)
