"""Takes of several makers, and the faults that are planted in them."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="training needs torch")

from facetake import mouth, qc, rig  # noqa: E402  after the skip
from facetake.postprocess.lip_closure import Closure  # noqa: E402
from facetake.qc.measures import EXPRESSIVE, HELD  # noqa: E402
from facetake.take import Take  # noqa: E402
from facetake.visemes import VISEMES  # noqa: E402
from facetake_training.measure import checks, limits, makers  # noqa: E402
from facetake_training.measure.makers import MadeTake  # noqa: E402

RNG = np.random.default_rng(0)


def line(seconds: float = 6.0) -> MadeTake:
    """A take whose mouth, brows and head move, over speech with a sure p at 2 s, a sure f at 4 s and a silent end."""
    count = round(seconds * 60)
    time_s = np.arange(count) / 60
    values = np.tile(rig.NEUTRAL, (count, 1)).astype(np.float32)
    values[:, rig.columns("C_jaw")[0]] = 0.3 + 0.25 * np.sin(9 * time_s)
    values[:, rig.both("brow_raiseIn")] = 0.3 + 0.2 * np.sin(3 * time_s)[:, None]
    head = np.stack([8 * np.sin(2 * time_s), 3 * np.cos(time_s), time_s], axis=1).astype(np.float32)
    visemes = np.zeros((count, len(VISEMES)), np.float32)
    visemes[:, VISEMES.index("a")] = 1.0
    for name, at in (("p", 2.0), ("f", 4.0), ("sil", seconds - 1.0)):
        rows = slice(round(at * 60), round((at + (1.0 if name == "sil" else 0.1)) * 60))
        visemes[rows] = np.eye(len(VISEMES), dtype=np.float32)[VISEMES.index(name)]
    speech = np.ones(count, np.float32)
    speech[-60:] = 0.0
    closures = [Closure("p", 2.0, 2.1), Closure("f", 4.0, 4.1)]
    heard = qc.HeardSpeech(visemes, closures, speech)
    return MadeTake("ours", "one", Take(rig.clamp(values), Fraction(60), head=head), heard)


def test_plants_spoil_what_they_say() -> None:
    """Each fault is of its size where it is planted, and nothing else of the face is touched."""
    good = line()
    opening = mouth.aperture(checks.opened(good, 0.3, RNG).take.values)  # type: ignore[union-attr]
    assert opening[118:128] == pytest.approx(0.3, abs=1e-5)
    small = checks.smaller(good, 0.25, RNG)
    moved = np.ptp(good.take.values[:, HELD], axis=0)
    assert small and np.ptp(small.take.values[:, HELD], axis=0) == pytest.approx(0.25 * moved, abs=1e-5)
    late = checks.late(good, 0.15, RNG)
    assert late and np.array_equal(late.take.values[9:], good.take.values[:-9])
    still = checks.stopped(good, 1.5, RNG)
    jaw = rig.columns("C_jaw")[0]
    assert still and (np.diff(still.take.values[:, jaw]) == 0.0).sum() >= 89
    mask = checks.masked(good, 0.0, RNG)
    assert mask and mask.mood == "happy" and np.ptp(mask.take.values[:, EXPRESSIVE], axis=0).max() < 1e-6
    head = checks.head_that_stops(good, 3.0, RNG)
    assert head and head.take.head is not None and (np.abs(np.diff(head.take.head[:, 0])) < 1e-5).sum() >= 178
    sway = checks.swaying(good, 0.2, RNG)
    assert sway and mouth.aperture(sway.take.values)[-60:].max() == pytest.approx(0.2, abs=0.01)
    for spoilt in (small, late, still, mask, head, sway):
        assert spoilt.heard is good.heard


def test_plants_need_something_to_spoil() -> None:
    """A take without sound, without a head, without brows, or of no speech has no such fault planted."""
    silent = MadeTake("iphone", "one", line().take, None)
    for name in ("smaller", "without_jaw", "late", "stopped", "swaying", "opened", "off_the_teeth"):
        assert getattr(checks, name)(silent, 0.3, RNG) is None
    bare = MadeTake("artist", "one", Take(np.tile(rig.NEUTRAL, (300, 1)), Fraction(60)), line().heard)
    assert checks.masked(bare, 0.0, RNG) is None and checks.head_that_stops(bare, 3.0, RNG) is None
    assert checks.smaller(line(2.5), 0.25, RNG) is None


def test_a_jaw_that_opens_lips_as_far_as_measured() -> None:
    """Whatever lips and corners add to it, the opening comes out as it was measured, where a jaw can do that."""
    values = np.clip(RNG.uniform(0.0, 0.4, (50, rig.N_CONTROLS)), rig.MINIMUM, rig.MAXIMUM).astype(np.float32)
    wanted = np.linspace(0.0, 0.9, 50).astype(np.float32)
    found = mouth.aperture(makers.opened(values, wanted))
    least = mouth.aperture(makers.opened(values, np.zeros(50, np.float32)))

    assert found == pytest.approx(np.clip(wanted, least, None), abs=0.15) and np.all(found[25:40] > least[25:40])


def test_lips_are_those_of_other_makers() -> None:
    """A viseme's lips are what others do at it: wide at an a, shut at a p; our own takes set nothing."""
    other = line()
    values = other.take.values.copy()
    values[:, rig.columns("C_jaw")[0]] = np.where(other.heard.visemes.argmax(axis=1) == VISEMES.index("a"), 0.6, 0.0)  # type: ignore[union-attr]
    taught = checks.with_values(MadeTake("artist", "one", other.take, other.heard), values)
    table = limits.fitted({"ours": [other], "artist": [taught]})

    assert table[VISEMES.index("a"), 0] > 0.1 and table[VISEMES.index("p"), 0] < -0.5
    assert np.array_equal(table, limits.fitted({"artist": [taught]}))


def test_an_empty_folder_is_named(tmp_path: Path) -> None:
    """A folder without recordings is one sentence."""
    from facetake.errors import TakeError

    with pytest.raises(TakeError, match="holds no recording"):
        list(makers.ours([tmp_path], None, 3))  # type: ignore[arg-type]
