"""The stretches of a video in which one face is followed: between cuts, and while it is there.

Knows tracks of faces and the cuts of a video; does not know detectors or face models.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from facetake.arrays import F32, I64, Mask
from facetake.errors import PortraitError
from facetake.portrait.video.footage import Footage
from facetake.portrait.video.landmarks import OUTSIDE

BLINK: Final = 5  # frames without a face that are filled by their neighbours, a fast blink of the tracker
ABSENT_S: Final = 2.0  # a face that is gone for longer comes back as in another shot, somewhere else
SHORTEST_S: Final = 1.0  # of a stretch of several: less is a word
JUMP: Final = 0.6  # of the face's size from one frame to the next: another face, or another shot
SAME: Final = 0.3  # of a face's size between two that are one, found twice
OFTEN: Final = 0.25  # of the frames of a shot, in which somebody is seen who is told of


@dataclass(frozen=True)
class Shot:
    """One stretch of a video.

    Attributes:
        first: its first frame in the video.
        track: (n, N, 2) the face's points, those between filled where it was not seen.
        seen: (n,) whether it was; gaps of a few frames count as seen.
    """

    first: int
    track: F32
    seen: Mask

    @property
    def last(self) -> int:
        """The frame after its last."""
        return self.first + len(self.track)


def shots(points: F32, cuts: list[int], footage: Footage, person: int | None = None) -> tuple[list[Shot], list[str]]:
    """The stretches in which one face is there, and what is worth telling about them.

    Args:
        points: (T, K, N, 2) of up to K faces a frame, NaN where there are fewer.
        cuts: frames that are the first of another shot.
        footage: the video, for what is said about it.
        person: which of several faces is followed, counted from the left, from 1; None: the largest and most central.

    Raises:
        PortraitError: no face, none that stays in the picture for long enough, or no such person.
    """
    seen = _whole(points)
    if not seen.any():
        raise PortraitError(f"{footage.path}: no face is seen in any frame; give a video that shows one from the front")
    seen &= ~_doubled(points, seen)
    begins = sorted({0, *cuts, *_jumps(points, seen)})
    found: list[Shot] = []
    told: list[str] = []
    for first, last in zip(begins, [*begins[1:], len(points)], strict=True):
        track, lines = _followed(points[first:last], seen[first:last], footage, person)
        told += [line for line in lines if line not in told]
        found += _stretches(track, first, footage)
    whole = len(found) == 1 and len(found[0].track) == len(points)
    least = round(SHORTEST_S * footage.rate)
    kept = found if whole else [shot for shot in found if len(shot.track) >= least]
    if not kept:
        _refuse(seen, found, footage)
    return kept, [*told, *_parts(kept, footage, len(points)), *_absent(kept, footage)]


def _whole(points: F32) -> Mask:
    """Which faces (T, K) there are."""
    return np.asarray(np.isfinite(points).all(axis=(2, 3)))


def _centres(points: F32) -> F32:
    return np.asarray(points.mean(axis=-2))


def _sizes(points: F32) -> F32:
    return np.asarray(np.ptp(points, axis=-2).max(axis=-1))


def _doubled(points: F32, seen: Mask) -> Mask:
    """Faces (T, K) that stand where another one of the same frame, which comes before them in the list, stands."""
    again = np.zeros_like(seen)
    for k in range(1, points.shape[1]):
        for other in range(k):
            away = np.linalg.norm(_centres(points[:, k]) - _centres(points[:, other]), axis=1)
            near = away < SAME * _sizes(points[:, other])  # NaN is not near
            again[:, k] |= near & seen[:, other] & ~again[:, other]
    return again


def _jumps(points: F32, seen: Mask) -> list[int]:
    """Frames before which every face stood elsewhere, as at a cut between pictures that are alike."""
    centres = _centres(points)
    sizes = _sizes(points)
    found = []
    for t in range(1, len(points)):
        now, before = np.flatnonzero(seen[t]), np.flatnonzero(seen[t - 1])
        if len(now) and len(before):
            away = np.linalg.norm(centres[t, now][:, None] - centres[t - 1, before], axis=2)
            if (away > JUMP * sizes[t, now][:, None]).all():
                found.append(t)
    return found


def _followed(points: F32, seen: Mask, footage: Footage, person: int | None) -> tuple[F32, list[str]]:
    """The points (n, N, 2) of one person in a shot, NaN where there are none, and what is told of others."""
    nobody = np.full((len(points), *points.shape[2:]), np.nan, np.float32)
    people = _people(points, seen)
    often = [one for one in people if (one >= 0).sum() >= OFTEN * len(points)]
    often.sort(key=lambda one: float(_centres(_track(points, one))[one >= 0, 0].mean()))
    if person is not None and often:
        if person > len(often):
            raise PortraitError(
                f"{footage.path} shows {len(often)} face(s) that stay, so there is no --person {person}; they are "
                "counted from the left, from 1"
            )
        return _track(points, often[person - 1]), []
    if not people:
        return nobody, []
    main = max(people, key=lambda one: _weight(_track(points, one), footage))
    if len(often) < 2:
        return _track(points, main), []
    place = next((number for number, one in enumerate(often, 1) if one is main), 0)
    which = f"number {place} from the left" if place else "one that is there now and then"
    return _track(points, main), [
        f"{footage.path} shows {len(often)} faces; the largest and most central is followed, {which}, and --person "
        "follows another"
    ]


def _people(points: F32, seen: Mask) -> list[I64]:
    """For everybody which face (n,) is theirs in each frame of a shot, -1 where none is."""
    centres = _centres(points)
    sizes = _sizes(points)
    people: list[I64] = []
    where: list[F32] = []
    for t in range(len(points)):
        faces = sorted(np.flatnonzero(seen[t]).tolist(), key=lambda k: -float(sizes[t, k]))
        free = set(range(len(people)))
        for k in faces:
            near = sorted((float(np.linalg.norm(centres[t, k] - where[i])), i) for i in free)
            if near and near[0][0] <= JUMP * sizes[t, k]:
                i = near[0][1]
                free.remove(i)
            else:
                i = len(people)
                people.append(np.full(len(points), -1, np.int64))
                where.append(centres[t, k])
            people[i][t] = k
            where[i] = centres[t, k]
    return people


def _track(points: F32, faces: I64) -> F32:
    track = points[np.arange(len(points)), faces].copy()
    track[faces < 0] = np.nan
    return track


def _weight(track: F32, footage: Footage) -> float:
    """How much somebody is the one: the area of the face over all frames, that at the picture's edge counting half."""
    room = np.array([footage.width, footage.height], np.float32)
    area = np.ptp(track, axis=1).prod(axis=1)
    away = np.linalg.norm(2.0 * _centres(track) / room - 1.0, axis=1).clip(0.0, 1.0)
    return float(np.nansum(area * (1.0 - 0.5 * away)))


def _stretches(track: F32, first: int, footage: Footage) -> list[Shot]:
    """Where somebody is there in a shot that begins at a frame of the video; absences that are not long are filled."""
    room = np.array([footage.width, footage.height], np.float32)
    there = np.isfinite(track).all(axis=(1, 2))
    with np.errstate(invalid="ignore"):
        there &= ~((track < -OUTSIDE * room) | (track > (1.0 + OUTSIDE) * room)).any(axis=(1, 2))
    known = np.flatnonzero(there)
    if not len(known):
        return []
    breaks = np.flatnonzero(np.diff(known) - 1 > ABSENT_S * footage.rate) + 1
    parts = [_filled(track, part, first) for part in np.split(known, breaks)]
    return [_held(parts[0], first, len(track))] if len(parts) == 1 else parts


def _filled(track: F32, known: I64, first: int) -> Shot:
    """From the first frame of those in which somebody is known to be there to the last."""
    frames = np.arange(known[0], known[-1] + 1)
    flat = track[known].reshape(len(known), -1)
    filled = np.stack([np.interp(frames, known, column) for column in flat.T], axis=1)
    seen = np.isin(frames, known)
    for begin, end in runs(~seen):
        seen[begin:end] |= end - begin <= BLINK
    return Shot(first + int(known[0]), filled.reshape(len(frames), *track.shape[1:]).astype(np.float32), seen)


def _held(stretch: Shot, first: int, count: int) -> Shot:
    """The only stretch of a shot of `count` frames, whose first and last points are held where a few are missing."""
    before = stretch.first - first
    after = count - before - len(stretch.track)
    if max(before, after) > BLINK:
        return stretch
    track = np.pad(stretch.track, ((before, after), (0, 0), (0, 0)), mode="edge")
    return Shot(first, track, np.pad(stretch.seen, (before, after), constant_values=True))


def runs(mask: Mask) -> list[tuple[int, int]]:
    """Where a mask (n,) is true: pairs of a first place and the one after the last."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return [(int(begin), int(end)) for begin, end in edges.reshape(-1, 2)]


def between(footage: Footage, first: int, last: int) -> str:
    """Frames `first` to `last` - 1 as a person finds them: "3.20 to 4.08 s"."""
    begin, end = (float(footage.start_s + frame / footage.rate) for frame in (first, last))
    return f"{begin:.2f} to {end:.2f} s"


def _parts(kept: list[Shot], footage: Footage, n_frames: int) -> list[str]:
    """What is told of a video that is not one whole shot."""
    if len(kept) == 1 and len(kept[0].track) == n_frames:
        return []
    parts = " and ".join(between(footage, shot.first, shot.last) for shot in kept)
    if len(kept) == 1:
        return [f"{footage.path}: the one shot that shows the face well is used, {parts}; the rest is left out"]
    return [f"{footage.path} is cut into {len(kept)} clips, taken to show one person: {parts}"]


def _absent(kept: list[Shot], footage: Footage) -> list[str]:
    """What is told of a face that was gone for a moment."""
    gone = [(shot.first + begin, shot.first + end) for shot in kept for begin, end in runs(~shot.seen)]
    if not gone:
        return []
    where = ", ".join(between(footage, *part) for part in gone)
    return [f"{footage.path}: no face is seen from {where}; these frames are left out of training"]


def _refuse(seen: Mask, found: list[Shot], footage: Footage) -> None:
    """Raises what is wrong with a video of which nothing can be used."""
    if found:
        longest = max(len(shot.track) for shot in found) / footage.rate
        raise PortraitError(
            f"{footage.path}: the face is never seen for longer than {float(longest):.2f} s in one shot; give a video "
            f"with {SHORTEST_S:g} s of it at least"
        )
    frame = int(seen.any(axis=1).argmax())
    raise PortraitError(
        f"{footage.path}: the face is not whole in the picture, such as at {footage.when(frame)}; give a video that "
        "shows all of it"
    )
