"""Which stretches of a video show one face, whoever else is there, and what is said of the rest."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from films import faces

from facetake.arrays import F32
from facetake.errors import PortraitError
from facetake.portrait.video.footage import Footage
from facetake.portrait.video.shots import Shot, runs, shots

T = 100


def footage(count: int = T) -> Footage:
    """A video of 64 pixels at 25 frames a second."""
    return Footage(Path("a.mp4"), 64, 64, 0, Fraction(25), Fraction(0), count, False, True)


def found(points: F32, cuts: tuple[int, ...] = (), person: int | None = None) -> tuple[list[Shot], list[str]]:
    """The shots of tracks."""
    return shots(points, list(cuts), footage(len(points)), person)


def places(kept: list[Shot]) -> list[tuple[int, int]]:
    """Where shots begin and end."""
    return [(shot.first, shot.last) for shot in kept]


def test_one_steady_face_is_one_shot() -> None:
    """A face seen in every frame is returned as it is, and nothing is told; however short the video is."""
    for count in (8, T):
        kept, told = found(faces(count))
        assert places(kept) == [(0, count)] and kept[0].seen.all() and told == []
        assert np.array_equal(kept[0].track, faces(count)[:, 0])


def test_short_gaps_are_filled() -> None:
    """Frames without a face lie between their neighbours, those at the ends are held; they count as seen."""
    track = faces(T)
    track[10:] += 4.0
    whole = track.copy()
    track[9:12] = np.nan
    track[:2] = track[-3:] = np.nan
    kept, told = found(track)
    assert places(kept) == [(0, T)] and kept[0].seen.all() and told == []
    assert np.allclose(kept[0].track[[0, 8, 12, T - 1]], whole[[2, 8, 12, T - 1], 0])
    assert np.allclose(kept[0].track[10], (whole[8, 0] + whole[12, 0]) / 2, atol=1e-5)


def test_a_face_that_is_gone_for_a_moment_is_not_learnt_from() -> None:
    """Gone for less than two seconds it is one shot, of which the frames without a face are marked and told."""
    track = faces(T)
    track[40:60] = np.nan
    kept, told = found(track)
    assert places(kept) == [(0, T)] and runs(~kept[0].seen) == [(40, 60)]
    assert told == ["a.mp4: no face is seen from 1.60 to 2.40 s; these frames are left out of training"]


def test_a_face_that_is_gone_for_long_ends_a_shot() -> None:
    """What is between is left out, and the two clips are told."""
    track = faces(200)
    track[60:130] = np.nan
    kept, told = found(track)
    assert places(kept) == [(0, 60), (130, 200)]
    assert told == ["a.mp4 is cut into 2 clips, taken to show one person: 0.00 to 2.40 s and 5.20 to 8.00 s"]


@pytest.mark.parametrize(("cuts", "moved"), [((40,), 0.0), ((), 20.0)])
def test_a_cut_ends_a_shot(cuts: tuple[int, ...], moved: float) -> None:
    """Whether pictures tell of it or a face that stands elsewhere all at once; a shot of half a second is left out."""
    track = faces(T)
    track[40:, ..., 0] -= moved
    kept, told = found(track, cuts)
    assert places(kept) == [(0, 40), (40, T)]
    assert told == ["a.mp4 is cut into 2 clips, taken to show one person: 0.00 to 1.60 s and 1.60 to 4.00 s"]
    kept, told = found(track, (12, *cuts))
    assert places(kept) == [(12, 40), (40, T)]


def test_a_face_that_walks_in_is_used_from_there() -> None:
    """The one shot that shows it whole is told, and the rest is left out."""
    track = faces(T) + np.linspace(60, 0, T, dtype=np.float32).clip(20)[:, None, None, None] * np.array(
        [1, 0], np.float32
    )
    track[:50] = np.nan
    kept, told = found(track)
    assert len(kept) == 1 and kept[0].first >= 50 and kept[0].last == T
    assert told[0].startswith("a.mp4: the one shot that shows the face well is used, ")


def crowd(swapped: bool = False) -> F32:
    """Two faces, a smaller one on the left; swapped: the detector lists them the other way round at every second."""
    both = np.concatenate([faces(T, (14.0, 30.0), 16.0), faces(T, (40.0, 34.0), 24.0)], axis=1)
    if swapped:
        both[::2] = both[::2, ::-1]
    return both


@pytest.mark.parametrize("swapped", [False, True])
def test_the_largest_of_several_is_followed_or_who_is_asked_for(swapped: bool) -> None:
    """The detector's order does not matter; who is followed is told with how to follow another."""
    both = crowd()
    kept, told = found(crowd(swapped))
    assert np.array_equal(kept[0].track, both[:, 1])
    assert told == [
        "a.mp4 shows 2 faces; the largest and most central is followed, number 2 from the left, and --person follows "
        "another"
    ]
    kept, told = found(crowd(swapped), person=1)
    assert np.array_equal(kept[0].track, both[:, 0]) and told == []
    with pytest.raises(PortraitError, match="there is no --person 3; they are counted from the left"):
        found(both, person=3)


def test_the_central_of_two_alike_is_followed() -> None:
    """Of two faces of one size the one in the middle; one who passes by for a moment is not told of."""
    both = np.concatenate([faces(T, (12.0, 12.0)), faces(T, (34.0, 32.0))], axis=1)
    kept, told = found(both)
    assert np.array_equal(kept[0].track, both[:, 1]) and len(told) == 1
    both[10:, 0] = np.nan
    assert found(both)[1] == []


def test_a_face_that_is_found_twice_is_one() -> None:
    """Two that stand in one place are no crowd."""
    track = faces(T)
    kept, told = found(np.concatenate([track, track + 0.5], axis=1))
    assert np.array_equal(kept[0].track, track[:, 0]) and told == []


def leaving(track: F32) -> F32:
    """The face walks out to the right at once."""
    return track + np.linspace(0, 400, T, dtype=np.float32)[:, None, None, None] * np.array([1, 0], np.float32)


@pytest.mark.parametrize(
    ("points", "said"),
    [
        (np.full_like(faces(T), np.nan), "a.mp4: no face is seen in any frame; give a video that shows one"),
        (leaving(faces(T)), "a.mp4: the face is never seen for longer than 0.24 s in one shot; give a video"),
        (faces(T, (62.0, 32.0)), "a.mp4: the face is not whole in the picture, such as at frame 0 (0.00 s)"),
    ],
)
def test_what_shows_no_face_for_long_enough_is_refused(points: F32, said: str) -> None:
    """No face, one that leaves and one that is cut off by the picture's edge: a sentence each."""
    with pytest.raises(PortraitError, match=re.escape(said)):
        found(points)
