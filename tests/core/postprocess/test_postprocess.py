"""Curves come out smooth, still in silence and closed where speech closes the lips, whatever is done to them later."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from facetake import keys, mouth, rig
from facetake.errors import ConfigError, RigError
from facetake.postprocess import lip_closure, masking, silence, smoothing
from facetake.postprocess.lip_closure import Closure
from facetake.take import Take, resample
from facetake.visemes import VISEMES

RATES = [Fraction(24), Fraction(24000, 1001), Fraction(25), Fraction(30), Fraction(60)]
JAW = int(rig.columns("C_jaw")[0])
PURSE = np.concatenate([rig.both("mouth_purseU"), rig.both("mouth_purseD")])


def anything(n_frames: int, seed: int) -> masking.Values:
    """Every control anywhere in its range, changing slowly: far more extreme than a face."""
    random = np.random.default_rng(seed)
    knots = random.uniform(rig.MINIMUM, rig.MAXIMUM, (n_frames // 10 + 2, 174))
    at = np.arange(n_frames) / 10
    return np.stack([np.interp(at, np.arange(len(knots)), knot) for knot in knots.T], axis=1).astype(np.float32)


def talking(n_frames: int, seed: int) -> masking.Values:
    """A moderate open mouth: jaw, lower lip and some emotion, nowhere closed."""
    values = np.tile(rig.NEUTRAL, (n_frames, 1)).astype(np.float32)
    wave = np.sin(np.arange(n_frames) / 9 + seed)
    values[:, JAW] = 0.25 + 0.1 * wave
    for name, level in (
        ("lowerLipDepress", 0.4),
        ("upperLipRaise", 0.3),
        ("stretch", 0.2),
        ("purseU", 0.7),
        ("purseD", 0.7),
    ):
        values[:, rig.both(f"mouth_{name}")] = (level + 0.1 * wave)[:, None]
    return values


def spoken(n_frames: int, **runs: list[tuple[int, int, float]]) -> NDArray[np.float64]:
    """(T, 16) viseme probabilities: silence but for (first, last, probability) runs of visemes by name."""
    visemes = np.zeros((n_frames, 16))
    for name, stretches in runs.items():
        for first, last, level in stretches:
            visemes[first:last, VISEMES.index(name)] = level
    visemes[:, VISEMES.index("sil")] = 1 - visemes.sum(axis=1)
    return visemes


def some_closures(duration_s: float, seed: int) -> list[Closure]:
    """Closures of both kinds at random times, 40 to 160 ms long, now and then back to back."""
    random = np.random.default_rng(seed)
    found = []
    now = 0.05
    while now < duration_s - 0.2:
        end = now + random.uniform(0.04, 0.16)
        found.append(Closure("p" if random.uniform() < 0.6 else "f", now, end))
        now = end + random.choice([0.0, 0.05, 0.2, 0.5])
    return found


def test_gate_opens_early_and_closes_late() -> None:
    """The gate is open throughout speech, starts 100 ms before it, ends 150 ms after and is zero in silence."""
    gate = silence.speech_gate(spoken(300, a=[(100, 160, 0.9)]))
    assert (gate[100:160] == 1).all()
    assert gate[:81].max() == 0
    assert (np.diff(gate[81:101]) >= 0).all()
    assert 0 < gate[90] < 1
    assert 0 < gate[170] < 1
    assert gate[179:].max() == 0


def test_gate_stays_open_in_short_pauses() -> None:
    """A pause of half a second leaves the mouth to the network, one of 1.2 s shuts the gate."""
    short = silence.speech_gate(spoken(300, a=[(50, 100, 0.9), (130, 160, 0.9)]))
    assert short[50:160].min() == 1
    long = silence.speech_gate(spoken(300, a=[(50, 100, 0.9), (172, 220, 0.9)]))
    assert long[100:172].min() == 0


def test_gate_has_hysteresis() -> None:
    """A dip to half certainty inside speech does not close the gate, and half certainty alone does not open it."""
    assert (silence.speech_gate(spoken(200, a=[(50, 80, 0.9), (80, 110, 0.5), (110, 140, 0.9)]))[50:140] == 1).all()
    assert silence.speech_gate(spoken(200, a=[(50, 140, 0.5)])).max() == 0
    assert silence.speech_gate(spoken(200, a=[(50, 52, 0.9)])).max() == 0


def test_gate_trusts_digital_silence() -> None:
    """Where there is no energy there is no speech, whatever the visemes say."""
    energy = np.full(300, -20.0)
    energy[100:] = -90
    gate = silence.speech_gate(spoken(300, a=[(20, 300, 0.9)]), energy)
    assert gate[20:100].min() == 1
    assert gate[119:].max() == 0


def test_a_word_list_closes_after_each_word() -> None:
    """Pauses of 0.4 s close the mouth between single words, and leave it to the network within running speech."""
    words = spoken(600, a=[(at, at + 36, 0.9) for at in range(30, 540, 60)])
    running = spoken(600, a=[(30, 200, 0.9), (224, 420, 0.9), (444, 580, 0.9)])
    gate = silence.speech_gate(words)

    assert all(gate[at + 45 : at + 54].max() == 0 and gate[at : at + 36].min() == 1 for at in range(30, 480, 60))
    assert silence.speech_gate(running)[30:580].min() == 1


def test_phrases_at_an_even_beat_close_after_each() -> None:
    """Eight phrases with equal pauses are a list; with uneven pauses it is running speech."""
    beat = [(30 + 125 * n, 130 + 125 * n, 0.9) for n in range(8)]
    uneven = [(first + 10 * (n % 2), last, level) for n, (first, last, level) in enumerate(beat)]
    even = silence.speech_gate(spoken(1200, a=beat))

    assert all(even[last + 8 : last + 17].max() == 0 for _, last, _ in beat[:-1])
    assert silence.speech_gate(spoken(1200, a=uneven))[40:990].min() == 1


def test_a_pause_longer_than_its_ramps_reaches_rest() -> None:
    """In a pause of just over 0.6 s the mouth comes to rest for a fifth of it."""
    gate = silence.speech_gate(spoken(400, a=[(40, 150, 0.9), (188, 380, 0.9)]))

    assert (gate[150:188] == 0).mean() > 0.15


def test_silence_is_still() -> None:
    """In silence no mouth, jaw, teeth or tongue control moves at all, nor do cheeks blow; the eyes go on."""
    values = anything(400, 3)
    speech = silence.speech_gate(spoken(400, a=[(0, 100, 0.9)]))
    rested = silence.rest_in_silence(values, speech)
    held = rig.region_mask("mouth", "jaw", "teeth", "tongue")
    held[rig.both("mouth_suckBlow")] = True
    assert np.allclose(rested[120:, held], rig.NEUTRAL[held], atol=1e-6)
    assert (rested[:, ~held] == values[:, ~held]).all()
    assert (rested[:90] == values[:90]).all()


def test_rest_pose_may_be_given_and_may_vary() -> None:
    """A given pose is what the mouth comes to rest in: one for the line, or one per frame."""
    values = anything(100, 4)
    speech = np.zeros(100)
    pose = rig.NEUTRAL.copy()
    pose[JAW] = 0.07
    held = rig.region_mask("mouth", "jaw", "teeth", "tongue")
    assert np.allclose(silence.rest_in_silence(values, speech, pose)[:, held], pose[held], atol=1e-6)
    varying = anything(100, 5)
    assert np.allclose(silence.rest_in_silence(values, speech, varying)[:, held], varying[:, held], atol=1e-6)


def test_closures_are_found() -> None:
    """Clear and weak-but-certain-enough closures are found with their kind and time; faint ones are not."""
    visemes = spoken(300, p=[(50, 56, 0.9), (100, 102, 0.5), (200, 210, 0.1)], f=[(150, 160, 0.4), (160, 163, 0.25)])
    found = lip_closure.find_closures(visemes)
    assert [closure.kind for closure in found] == ["p", "p", "f"]
    assert found[0][1:] == pytest.approx((49.5 / 60, 55.5 / 60))
    assert found[1].end_s - found[1].start_s == pytest.approx(0.04)
    assert found[2][1:] == pytest.approx((149.5 / 60, 162.5 / 60))
    assert lip_closure.find_closures(visemes, start_s=2.0)[0].start_s == pytest.approx(2 + 49.5 / 60)


@pytest.mark.parametrize("slope", [[0.9, 0.35, 0.15], [0.9, 0.5, 0.39, 0.3, 0.12], [0.3, 0.15]])
def test_a_slope_is_no_closure_of_its_own(slope: list[float]) -> None:
    """However a probability rises or falls it tells of one closure, and of two only where it rises once more."""
    visemes = np.zeros((60, 16))
    column = VISEMES.index("p")
    values = np.tile(rig.NEUTRAL, (60, 1)).astype(np.float32)
    for rows in (slice(20, 20 + len(slope)), slice(20 + 1 - len(slope), 21)):
        visemes[:, column] = 0.0
        visemes[rows, column] = slope if rows.start == 20 else slope[::-1]
        assert len(lip_closure.find_closures(visemes, values=values)) == 1
    visemes[:, column] = 0.0
    visemes[20:31, column] = [*slope[:1], *slope[:1], *slope[1:2], 0.1, 0.1, 0.1, 0.1, 0.1, *slope[1:2], *slope[:1] * 2]
    assert len(lip_closure.find_closures(visemes, values=values)) == 2


@pytest.mark.parametrize(("kind", "lowest"), [("p", 97), ("p", 103), ("f", 101), ("p", 106)])
def test_lips_meet_where_they_come_closest(kind: str, lowest: int) -> None:
    """A closure is on the frame on which the curves are lowest, and no earlier or later than what is heard allows."""
    visemes = spoken(200, **{kind: [(97, 104, 0.9)]})
    values = np.tile(rig.NEUTRAL, (200, 1)).astype(np.float32)
    values[:, JAW] = 0.3 - 0.25 * np.exp(-0.5 * ((np.arange(200) - lowest) / 2.0) ** 2)
    (one,) = lip_closure.find_closures(visemes, values=values)
    at = (one.start_s + one.end_s) * 30
    assert at == pytest.approx(min(lowest, 104), abs=1.01)
    sealed = lip_closure.seal_lips(values, [one])
    assert lip_closure.check_seals(sealed, [one]) == []
    assert (mouth.aperture(sealed) >= 0.2)[[88, 115]].all()


def test_a_long_closure_is_held() -> None:
    """Lips that are read as open through a long m are shut in all of it but a fiftieth of a second at either end."""
    visemes = spoken(200, p=[(80, 110, 0.9)])
    values = np.tile(rig.NEUTRAL, (200, 1)).astype(np.float32)
    values[:, JAW] = 0.1
    (one,) = lip_closure.find_closures(visemes, values=values)
    assert one.end_s - one.start_s == pytest.approx(0.46)
    assert (one.start_s + one.end_s) / 2 == pytest.approx(94.5 / 60, abs=0.02)


@given(st.integers(0, 10_000), st.sampled_from(RATES))
@settings(max_examples=60, deadline=None)
def test_seals_hold_for_any_face_at_any_rate(seed: int, rate: Fraction) -> None:
    """Whatever the controls were, every closure is closed at its centre after sealing, and values stay in range."""
    closures = some_closures(3.0, seed)
    sealed = lip_closure.seal_lips(anything(round(3 * rate), seed), closures, float(rate))
    assert lip_closure.check_seals(sealed, closures, float(rate)) == []
    assert (sealed >= rig.MINIMUM).all()
    assert (sealed <= rig.MAXIMUM).all()


def test_check_agrees_with_looking_at_each_frame() -> None:
    """Broken closures are those whose nearest frame the mouth measures call open, found one by one."""
    closures = some_closures(6.0, 1)
    values = lip_closure.seal_lips(talking(360, 0), closures[::2])
    broken = []
    for closure in closures:
        pose = values[[round((closure.start_s + closure.end_s) * 30)]]
        good = mouth.is_sealed(pose) if closure.kind == "p" else mouth.is_on_teeth(pose)
        broken += [] if good[0] else [closure]
    assert len(broken) > 3
    assert lip_closure.check_seals(values, closures) == broken


def test_seals_hold_for_most_of_the_event() -> None:
    """The lips are closed for at least three quarters of a long event and on every frame of a short one."""
    long = Closure("p", 0.5, 0.7)
    short = Closure("p", 1.5, 1.55)
    sealed = mouth.is_sealed(lip_closure.seal_lips(talking(150, 0), [long, short]))
    assert sealed[32:41].all()
    assert sealed[90:94].all()
    assert not sealed[[24, 48, 84, 99]].any()


def test_a_lip_on_the_teeth_leaves_the_jaw_what_it_can() -> None:
    """In f a wide jaw closes until the lip reaches the teeth and no further; a jaw that is nearly shut stays."""
    jaw = rig.columns("C_jaw")[0]
    values = np.tile(rig.NEUTRAL, (120, 1)).astype(np.float32)
    values[:60, jaw], values[60:, jaw] = 0.6, 0.04
    sealed = lip_closure.seal_lips(values, [Closure("f", 0.45, 0.55), Closure("f", 1.45, 1.55)])[[30, 90]]

    assert mouth.is_on_teeth(sealed).all()
    assert mouth.aperture(sealed[:1])[0] == pytest.approx(lip_closure.TEETH_OPEN, abs=1e-3)
    assert sealed[1, jaw] == pytest.approx(0.04)


def test_seals_ease_in_and_out() -> None:
    """Controls reach a closure over 65 to 80 ms without a jump, and nothing changes further away."""
    values = talking(120, 0)
    moved = np.abs(lip_closure.seal_lips(values, [Closure("p", 1.0, 1.05)]) - values).max(axis=1)
    touched = np.flatnonzero(moved)
    assert 56 <= touched[0] <= 57
    assert 66 <= touched[-1] <= 67
    assert np.abs(np.diff(moved)).max() < 0.45 * moved.max()


def test_a_closed_mouth_keeps_its_shape() -> None:
    """Rounded lips stay rounded, the upper face is untouched, the jaw is lowered but not shut."""
    values = talking(120, 0)
    sealed = lip_closure.seal_lips(values, [Closure("p", 1.0, 1.1), Closure("f", 0.3, 0.4)])
    assert (sealed[:, PURSE] == values[:, PURSE]).all()
    upper = rig.region_mask("brow", "eye", "nose", "cheek", "tongue")
    assert (sealed[:, upper] == values[:, upper]).all()
    assert 0.04 < sealed[63, JAW] < 0.12
    assert 0.02 < sealed[21, JAW] < 0.12


def test_the_mouth_opens_between_two_closures() -> None:
    """Two closures 80 ms apart, as in "papa", do not run into one."""
    values = talking(120, 0)
    sealed = lip_closure.seal_lips(values, [Closure("p", 0.50, 0.56), Closure("p", 0.64, 0.70)])
    assert mouth.aperture(sealed)[35:38].max() > 0.5 * mouth.aperture(values)[36]


def test_sealing_again_changes_little() -> None:
    """What is closed already stays: sealing a sealed take opens nothing and leaves the cores as they are."""
    closures = [Closure("p", 0.5, 0.6), Closure("f", 1.0, 1.1)]
    once = lip_closure.seal_lips(talking(120, 2), closures)
    twice = lip_closure.seal_lips(once, closures)
    assert (mouth.aperture(twice) <= mouth.aperture(once) + 1e-6).all()
    assert np.allclose(twice[33], once[33], atol=0.03)


@pytest.mark.parametrize("rate", RATES)
def test_seals_survive_gain_rate_and_sparse_keys(rate: Fraction) -> None:
    """After gains, another rate and sparse keys every closure is still closed at its centre."""
    closures = some_closures(6.0, 12)
    values = lip_closure.seal_lips(talking(360, 1), closures)
    gained = masking.gain(values, {"mouth": 0.4, "jaw": 1.8})
    assert lip_closure.check_seals(gained, closures)
    take = lip_closure.reseal(resample(Take(gained, Fraction(60)), rate), closures)
    assert take.rate == rate
    assert lip_closure.check_seals(take.values, closures, float(rate)) == []
    dense = keys.reduce(take.values).dense()
    assert lip_closure.check_seals(dense, closures, float(rate)) == []


def test_pinned_closures_are_exact() -> None:
    """Pinning the frames and controls of closures keeps the deciding controls to the last bit in sparse keys."""
    closures = some_closures(6.0, 3)
    values = lip_closure.seal_lips(talking(300, 1), closures)
    frames = lip_closure.closure_frames(closures, 300)
    assert frames.tolist() == sorted({round((one.start_s + one.end_s) * 30) for one in closures} & set(range(300)))
    pinned = keys.reduce(values, pin_frames=frames, pin_columns=lip_closure.SEAL_COLUMNS).dense()
    assert (mouth.aperture(pinned)[frames] == mouth.aperture(values)[frames]).all()


def test_resealing_touches_only_what_is_broken() -> None:
    """A take whose closures hold comes back as it is; otherwise frames away from the broken one keep their bytes."""
    closures = [Closure("p", 0.5, 0.6), Closure("p", 1.4, 1.5)]
    values = lip_closure.seal_lips(talking(120, 0), closures)
    whole = Take(values.copy(), Fraction(60))
    assert lip_closure.reseal(whole, closures) is whole
    values[78:100] = talking(120, 0)[78:100]
    mended = lip_closure.reseal(Take(values, Fraction(60)), closures)
    assert (mended.values[:70] == whole.values[:70]).all()
    assert lip_closure.check_seals(mended.values, closures) == []


def test_times_count_from_the_start_of_the_audio() -> None:
    """A take cut out of a longer one is sealed at the right frames, and closures outside are none of its business."""
    closures = [Closure("p", 0.2, 0.3), Closure("p", 2.5, 2.6), Closure("f", 9.0, 9.1)]
    take = Take(talking(60, 0), Fraction(60), start=Fraction(2))
    sealed = lip_closure.reseal(take, closures)
    assert mouth.is_sealed(sealed.values)[33]
    assert (sealed.values[:20] == take.values[:20]).all()
    assert lip_closure.check_seals(sealed.values, closures, 60, 2.0) == []


def test_visemes_drive_seals_directly() -> None:
    """Given probabilities instead of events, sealing finds them itself."""
    visemes = spoken(200, p=[(60, 66, 0.8)], f=[(120, 127, 0.8)])
    sealed = lip_closure.seal_lips(talking(200, 0), visemes)
    assert mouth.is_sealed(sealed)[62:64].all()
    assert mouth.is_on_teeth(sealed)[122:125].all()
    assert lip_closure.check_seals(sealed, lip_closure.find_closures(visemes)) == []


def test_smoothing_before_sealing_is_why_seals_come_after() -> None:
    """Smoothing opens a short closure again; sealing after it closes it."""
    closures = [Closure("p", 1.0, 1.05)]
    smoothed = smoothing.smooth(lip_closure.seal_lips(talking(120, 0), closures))
    assert lip_closure.check_seals(smoothed, closures) == closures
    assert lip_closure.check_seals(lip_closure.seal_lips(smoothed, closures), closures) == []


def test_gain_scales_the_deviation_from_neutral() -> None:
    """A region's controls move away from or towards neutral by the factor, clamped; others keep their bytes."""
    values = anything(50, 7)
    gained = masking.gain(values, {"brow": 0.5, "jaw": 3.0})
    brow = rig.region_mask("brow")
    jaw = rig.region_mask("jaw")
    assert np.allclose(gained[:, brow], (values + rig.NEUTRAL)[:, brow] / 2, atol=1e-6)
    assert np.allclose(gained[:, jaw], rig.clamp(rig.NEUTRAL + 3 * (values - rig.NEUTRAL))[:, jaw], atol=1e-5)
    assert (gained[:, ~(brow | jaw)] == values[:, ~(brow | jaw)]).all()
    assert (masking.gain(values, {"lower": 2.0, "jaw": 0.5})[:, jaw] == values[:, jaw]).all()


@pytest.mark.parametrize("factor", [-1.0, float("nan"), float("inf")])
def test_bad_gains_are_refused(factor: float) -> None:
    """A gain that is negative or no number is refused by the region's name."""
    with pytest.raises(ConfigError, match="jaw"):
        masking.gain(anything(2, 0), {"jaw": factor})
    with pytest.raises(RigError, match="chin"):
        masking.gain(anything(2, 0), {"chin": 1.0})


def test_mask_keeps_named_regions() -> None:
    """Regions not named go to neutral."""
    values = anything(20, 8)
    masked = masking.mask(values, ["brow", "eye"])
    kept = rig.region_mask("brow", "eye")
    assert (masked[:, kept] == values[:, kept]).all()
    assert (masked[:, ~kept] == rig.NEUTRAL[~kept]).all()
    with pytest.raises(RigError, match="chin"):
        masking.mask(values, ["chin"])


def test_clamp_brings_values_into_range() -> None:
    """Every control ends within its own range, in place when asked."""
    values = np.random.default_rng(0).normal(0, 2, (30, 174)).astype(np.float32)
    expected = rig.clamp(values)
    assert masking.clamp(values, out=values) is values
    assert (values == expected).all()


def test_steps_write_in_place_when_asked() -> None:
    """With `out` every step writes to that array, which may be its input, and otherwise leaves its input alone."""
    values = talking(120, 0)
    speech = np.linspace(0, 1, 120)
    closures = [Closure("p", 0.5, 0.6)]
    fresh = masking.mask(
        masking.gain(lip_closure.seal_lips(silence.rest_in_silence(values, speech), closures), {"brow": 2.0}), ["lower"]
    )
    assert (values == talking(120, 0)).all()
    silence.rest_in_silence(values, speech, out=values)
    lip_closure.seal_lips(values, closures, out=values)
    masking.gain(values, {"brow": 2.0}, out=values)
    masking.mask(values, ["lower"], out=values)
    assert (values == fresh).all()


@pytest.mark.parametrize(("chance", "opening", "closes"), [(0.1, 0.1, True), (0.1, 0.4, False), (0.3, 0.4, True)])
def test_a_suspected_closure_needs_a_mouth_that_is_nearly_shut(chance: float, opening: float, closes: bool) -> None:
    """Of a closure of which the ear is unsure, the curves decide; of one that is sure, they do not."""
    probabilities = np.zeros((60, 16), np.float32)
    probabilities[28:33, VISEMES.index("p")] = chance
    values = np.tile(rig.NEUTRAL, (60, 1))
    values[:, rig.columns("C_jaw")] = opening

    assert bool(lip_closure.find_closures(probabilities, values=values)) == closes
    assert bool(lip_closure.find_closures(probabilities)) == (chance > 0.2)
