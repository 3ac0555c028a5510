"""The order in which a video's frames stand behind a line that may be longer."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facetake.portrait.video.playback import SLOW, there_and_back, turns, whole_face


def test_a_short_line_plays_the_video_as_it_is() -> None:
    """Nothing slows down where nothing turns, to the video's last frame."""
    assert there_and_back(7, 7).tolist() == list(range(7)) and not len(turns(7, 7))


def test_a_turn_slows_down_and_gathers_speed_alike() -> None:
    """Before the end frames are shown longer and longer, then again shorter, by the same numbers, by hand."""
    shown = there_and_back(60, 20)
    slow = [15, 16, 17, 17, 18, 18, 19, 19, 19, 19, 19, 18, 18, 17, 17, 16, 15]
    assert shown[:15].tolist() == list(range(15)) and shown[15:32].tolist() == slow
    assert turns(60, 20).tolist() == [23, 50] and shown[23] == 19 and shown[50] == 0
    assert np.array_equal(shown[50 - 8 : 50][::-1], shown[51 : 51 + 8])


@given(st.integers(1, 400), st.integers(1, 60))
def test_no_turn_is_abrupt_and_no_frame_is_skipped(n_frames: int, available: int) -> None:
    """Every step is to the next frame, the one before or the same; at turns alone the way changes, at half speed."""
    shown = there_and_back(n_frames, available)
    steps = np.diff(shown)
    assert len(shown) == n_frames and shown.min() == 0 and shown.max() <= available - 1
    assert np.abs(steps).max(initial=0) <= 1
    if n_frames > available + 2 * SLOW:
        assert shown.max() == available - 1
    for turn in turns(n_frames, available) if available > 2 * SLOW else ():
        assert shown[turn] in (0, available - 1)
        around = steps[max(turn - SLOW, 0) : turn + SLOW]
        assert np.abs(around).sum() <= len(around) / 2
        before = steps[max(turn - SLOW, 0) : turn]
        after = steps[turn : turn + SLOW]
        assert len(set(np.sign(before[before != 0]))) <= 1 and len(set(np.sign(after[after != 0]))) <= 1
    moving = np.flatnonzero(steps)
    changes = np.count_nonzero(np.diff(np.sign(steps[moving])))
    assert changes <= len(turns(n_frames, available))


def test_a_video_of_one_frame_stands_still() -> None:
    """There is nothing to play; a video without frames is an error."""
    assert there_and_back(3, 1).tolist() == [0, 0, 0]
    with pytest.raises(ValueError, match="at least one frame"):
        there_and_back(3, 0)


def test_a_film_shows_the_longest_stretch_with_the_whole_face() -> None:
    """Frames in which something is before the mouth are not shown; a longer line turns at them."""
    learnable = np.ones(30, np.bool_)
    assert np.array_equal(whole_face(40, learnable)[0], there_and_back(40, 30))
    learnable[8:11] = False
    learnable[28] = False
    frames, count = whole_face(60, learnable)
    assert count == 17 and frames[0] == 11 and (frames.min(), frames.max()) == (11, 27)
    assert learnable[frames].all()
