"""Whom a speaker and a listener look at, and when they look away, as targets of `facetake.gaze`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from facetake.arrays import F64
from facetake.gaze import GazeTrack, Look
from facetake.scene.turns import Talk

LOOK_STREAM: Final = 23
"""Mixed into the seed, so that nods and reactions stay the same."""
ANGLE_DEG: Final = 35.0
DISTANCE_M: Final = 1.2
"""Where the others are: open to the camera, as in a shot of two people, and as far as people stand who talk."""
NOTICE_S: Final = (0.15, 0.4)  # until eyes go to a new speaker: a saccade's latency, and up to a slow listener's
LOOK_SPEAKING_S: Final = (1.5, 3.5)
AWAY_SPEAKING_S: Final = (0.7, 1.8)
LOOK_LISTENING_S: Final = (4.0, 9.0)
AWAY_LISTENING_S: Final = (0.4, 0.9)
"""How long eyes stay on the other and off: people look at each other more while listening (75 % of the time) than
while speaking (41 %, Argyle and Ingham 1972); films have more of both, and so have these."""
STARTS_AWAY: Final = 0.5  # of turns begun with a look away, to think: half of them (Kendon 1967: 70 %)
ENDS_AT_S: Final = 0.6  # before the end of a turn the speaker looks at the other again, to hand over (Kendon 1967)
KEPT: Final = 0.7  # of a speaker's turns for the one who spoke before, where there are several
LEAST_S: Final = 0.05  # between two cues: one that is overtaken is left out


@dataclass(frozen=True)
class Seating:
    """Where the others are for each speaker: all within an angle to either side, at one distance.

    Attributes:
        angle_deg: of the outermost, to the side.
        distance_m: of all.
    """

    angle_deg: float = ANGLE_DEG
    distance_m: float = DISTANCE_M

    def target(self, who: int, other: int, n_speakers: int) -> tuple[float, float, float]:
        """Where one sees another: metres to the left, up and forward of the eyes.

        Speakers stand from left to right as the camera sees them: the first has all others to the left side.
        """
        share = (other - who) / max(n_speakers - 1, 1)
        angle = np.radians(self.angle_deg) * share
        return (float(self.distance_m * np.sin(angle)), 0.0, float(self.distance_m * np.cos(angle)))


def looks(talk: Talk, who: int, seating: Seating, seed: int) -> GazeTrack:
    """What somebody looks at over a scene: whoever speaks, or is spoken to, with looks away."""
    random = np.random.Generator(np.random.PCG64([seed, LOOK_STREAM, who]))
    cues: list[tuple[float, int | None]] = []
    for start_s, end_s, other, is_own in _stretches(talk, who, random):
        cues += _alternating(start_s, end_s, other, is_own, random)
    kept: list[tuple[float, int | None]] = []
    for cue in sorted(cues, key=lambda one: one[0]):
        if kept and cue[0] - kept[-1][0] < LEAST_S:
            kept.pop()
        if not kept or kept[-1][1] != cue[1]:
            kept.append(cue)
    names: list[Look] = ["away" if other is None else "target" for _, other in kept]
    points = [(0.0,) * 3 if other is None else seating.target(who, other, talk.n_speakers) for _, other in kept]
    return GazeTrack(np.array([time_s for time_s, _ in kept]), tuple(names), np.array(points))


def _stretches(talk: Talk, who: int, random: np.random.Generator) -> list[tuple[float, float, int, bool]]:
    """From when to when somebody looks at whom, and whether that is while speaking."""
    floor = talk.floor() or [(0.0, _anybody(talk, who))]
    last = next((holder for _, holder in floor if holder != who), _anybody(talk, who))
    ends = [time_s for time_s, _ in floor[1:]] + [talk.duration_s]
    found = []
    for (start_s, holder), end_s in zip(floor, ends, strict=True):
        if holder != who:
            last = holder
            found.append((start_s + (random.uniform(*NOTICE_S) if start_s else 0.0), end_s, holder, False))
            continue
        others = [one for one in range(talk.n_speakers) if one not in (who, last)]
        other = last if not others or random.uniform() < KEPT else int(random.choice(others))
        spoken = [phrase.end_s for phrase in talk.phrases(who) if start_s <= phrase.start_s < end_s]
        done_s = min(max(spoken, default=start_s), end_s)
        found.append((start_s, done_s, other, True))
        found.append((done_s, end_s, other, False))
    return found


def _anybody(talk: Talk, who: int) -> int:
    """The first of the others."""
    return 0 if who or talk.n_speakers == 1 else 1


def _alternating(
    start_s: float, end_s: float, other: int, is_own: bool, random: np.random.Generator
) -> list[tuple[float, int | None]]:
    """Looks at another and away, from the start on; a speaker ends with the other, to hand over."""
    on, off = (LOOK_SPEAKING_S, AWAY_SPEAKING_S) if is_own else (LOOK_LISTENING_S, AWAY_LISTENING_S)
    is_away = is_own and random.uniform() < STARTS_AWAY and start_s > 0.0  # away is from what one looked at before
    cues: list[tuple[float, int | None]] = [(start_s, None if is_away else other)] if end_s > start_s else []
    time_s = start_s
    while cues:
        time_s += random.uniform(*(off if is_away else on))
        if time_s >= end_s - ENDS_AT_S:
            break
        is_away = not is_away
        cues.append((time_s, None if is_away else other))
    if is_away and cues:
        cues.append((max(end_s - ENDS_AT_S, start_s + LEAST_S), other))
    return cues


def angles_deg(track: GazeTrack) -> F64:
    """(N,) to which side each cue looks, left positive; nan for a look away."""
    found = np.degrees(np.arctan2(track.targets_m[:, 0], track.targets_m[:, 2]))
    return np.where(np.array(track.looks) == "target", found, np.nan)
