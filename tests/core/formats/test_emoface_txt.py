"""The text files of EmoFace's data set."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from facetake import rig
from facetake.errors import TakeError
from facetake.formats import emoface_txt
from facetake.take import Take


def test_round_trip(tmp_path: Path, make_take: Callable[..., Take]) -> None:
    """Values come back within 5e-6, at 60 frames a second."""
    take = make_take(1100)
    emoface_txt.write(take, tmp_path / "take.txt")
    found = emoface_txt.read(tmp_path / "take.txt")
    np.testing.assert_allclose(found.values, take.values, rtol=0, atol=5e-6 + 6e-8)
    assert found.rate == 60 and found.start == 0 and found.head is None


def test_another_rate_is_resampled(tmp_path: Path, make_take: Callable[..., Take]) -> None:
    """A take at 30 frames a second fills as many seconds at 60."""
    emoface_txt.write(make_take(45, rate=Fraction(30)), tmp_path / "take.txt")
    assert emoface_txt.read(tmp_path / "take.txt").n_frames == 90


def test_a_file_of_the_data_set(tmp_path: Path) -> None:
    """A hand-written row has the values in the rig's order; both eyelids are where the paper has them."""
    row = ["0"] * 174
    row[36], row[105] = "0.25", "0.75"
    path = tmp_path / "angry_gd04_001_021.txt"
    path.write_text(",".join(row) + "\n" + ",".join(row))
    values = emoface_txt.read(path).values
    assert values.shape == (2, 174)
    assert values[1, rig.INDEX["CTRL_L_eye_blink.translateY"]] == np.float32(0.25)
    assert values[1, rig.INDEX["CTRL_R_eye_blink.translateY"]] == np.float32(0.75)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no frames"),
        (",".join(["0"] * 173), "line 1 has 173 values, not 174"),
        (",".join(["0"] * 174) + "\n" + ",".join(["0"] * 175), "line 2 has 175 values"),
        (",".join(rig.NAMES), "line 1, column CTRL_C_eye.translateX"),
        (",".join(["5"] * 174), "CTRL_C_eye.translateX is 5 at frame 0"),
    ],
)
def test_bad_files_are_named(tmp_path: Path, text: str, said: str) -> None:
    """Rows of another length, a header and values out of range are TakeErrors."""
    path = tmp_path / "take.txt"
    path.write_text(text)
    with pytest.raises(TakeError, match=said) as caught:
        emoface_txt.read(path)
    assert str(path) in str(caught.value)
