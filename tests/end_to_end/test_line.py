"""The main job, whole: the example line and the shipped model, through the command line, to files a person uses."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from facetake import formats, mouth, rig
from facetake.cli import main
from facetake.generate import GenerateOptions, generate
from facetake.inference import load
from facetake.motion.eyes import BlinkOptions
from facetake.postprocess.lip_closure import check_seals

LINE = Path(__file__).parents[2] / "examples" / "line.wav"


def test_the_example_line_becomes_a_take(tmp_path: Path) -> None:
    """The mouth of the shipped model opens, closes and rests; the face is happy; the eyes blink; the head moves."""
    assert main(["generate", str(LINE), "--emotion", "happy:0.7", "-o", str(tmp_path / "take.csv")]) == 0
    take = formats.read(tmp_path / "take.csv")
    aperture = mouth.aperture(take.values)

    assert take.n_frames == round(take.duration_s * 60) == 362
    assert aperture.max() > 0.3
    assert 0.05 < mouth.is_sealed(take.values[20:330]).mean() < 0.5
    assert take.values[:, rig.both("mouth_cornerPull")].mean() > 0.25
    assert take.values[:, rig.both("eye_blink")].max() > BlinkOptions().depth[0]
    assert take.head is not None and 0.5 < np.ptp(take.head, axis=0).max() < 20


@pytest.mark.parametrize("rate", [Fraction(24), Fraction(24000, 1001), Fraction(25), Fraction(30), Fraction(60)])
@pytest.mark.parametrize("keys", ["dense", "sparse"])
def test_no_seal_is_lost_on_the_way(rate: Fraction, keys: str) -> None:
    """Every closure that was found is closed in the finished take, at every rate, also rebuilt from sparse keys."""
    made = generate(LINE, GenerateOptions(rate=rate, keys=keys), load())  # type: ignore[arg-type]
    values = made.take.values if made.keys is None else rig.clamp(made.keys.dense())

    assert len(made.closures) >= 8
    assert check_seals(values, made.closures, float(rate)) == []


def test_sparse_keys_are_few_and_near(tmp_path: Path) -> None:
    """At most 15 % of the dense number of keys, every control within 0.01 of its dense curve."""
    made = generate(LINE, GenerateOptions(keys="sparse"), load())
    assert made.keys is not None

    assert made.keys.n_keys <= 0.15 * made.take.values.size
    assert np.abs(made.keys.dense() - made.take.values).max() <= 0.01 + 1e-5


def test_the_preview_is_a_film_with_sound(tmp_path: Path) -> None:
    """Take and film in one call: as long as the line, with picture and sound."""
    av = pytest.importorskip("av", reason="films need PyAV")
    pytest.importorskip("numba", reason="films need numba")
    out = tmp_path / "take.mp4"

    assert main(["generate", str(LINE), "-o", str(tmp_path / "take.csv"), "--preview", str(out)]) == 0
    with av.open(str(out)) as film:
        assert {stream.type for stream in film.streams} == {"video", "audio"}
        assert float(film.duration / av.time_base) == pytest.approx(6.03, abs=0.15)
