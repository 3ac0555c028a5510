"""The movement of a face that speech does not decide: expression that breathes, and what real faces do besides.

Three things are laid over a take's own curves. An emotion's pose takes one of its variants and swells with the voice
and by itself, instead of being held. Pieces of movement tracked in real faces play around it, chosen so that their
voice rose and fell as this line's does. Nothing here changes how far lips open, round or close. It knows no audio
files, no models' files and no blinks, gaze or head (`facetake.motion.eyes`, `facetake.motion.head`).
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facetake import mouth, rig
from facetake.arrays import F32, F64, memmap
from facetake.emotion import EMOTIONS
from facetake.motion.waves import Wave, smoothed

MOST_ENERGY = 2.0  # by choice: twice as lively; stronger poses are a matter of emotion and gains
PIECE_STREAM = 11
BREATH_STREAM = 12
VARIANT_STREAM = 13
"""Mixed into the seed, so that one does not depend on how many numbers another draws."""
MOVEMENT_FPS = 25
"""Frames a second of tracked movement and of the voice it is matched by."""
PIECE_S = (1.6, 3.6)
FADE_S = 0.4
"""Shortest and longest piece of real movement, and the time in which one passes into the next."""
CANDIDATES = 40
SEAM_WEIGHT = 0.5
"""Pieces looked at for each place, and what a unit of distance at the seam costs against correlation with the voice."""
AMOUNTS = (1.0, 1.2, 0.8, 1.25, 1.3, 1.15, 1.2)
"""How much real movement plays in each emotion, in the order of the emotion weights."""
SMILES = (0.7, 1.0, 0.2, 0.1, 1.0, 0.1, 0.15)
"""How much of the smiles of real faces plays in each emotion, likewise: an angry man does not smile while he shouts,
and who is in no mood smiles less than speakers do for a camera."""
FROWNS = (1.0, 0.35, 1.0, 1.0, 1.0, 1.0, 1.0)
"""How much of their frowns: who is glad hardly knits the brows."""
TOGETHER = 0.85
"""How far lids of both sides move as one, as one nerve opens both: what a tracker sees of each is its own error, and a
lid that droops alone is a fault."""
BROW_RISE_S = 0.4
"""Movement of brows is smoothed over so long: a tracker's brow may jump between two pictures, a muscle takes a fifth
of a second and more."""
MOST_DROOP = 0.35
"""Between blinks upper lids bend towards this: half of an iris shows, and the eye is not asleep."""
QUIET_SHARE = 0.45
"""Of movement where nobody speaks."""
STRESSED = 0.25
"""How much wider brows and lids move for each standard deviation of the voice above its usual level, and less below:
with it brows follow what a voice stresses by about as much as tracked people's do, without it by half of that."""
VOICE_SWELL = 0.32
SLOW_SWELL = 0.33
SIDE_SWELL = 0.07
"""How far a pose swells with the voice, of itself, and more on one side than on the other; an artist's angry brows
vary by 0.4 of their mean, as all upper-face controls do."""
MEAN_SWELL = -0.08
"""A pose that swells reaches its full size on what is stressed, and lies a little below it on average."""
LEAST_SWELL = 0.45  # bounds of a swelling pose, a little beyond that 0.4: an emotion neither goes out nor overdoes
MOST_SWELL = 1.45  # likewise
OPPOSED = 0.25
HELD = 0.1
"""What is left of real movement that runs against an emotion's pose, where that moves a control by more than the
second: an angry brow eases, it does not rise."""
LEAD_S = 0.2
"""Expression runs ahead of the voice by this."""
SLOW_HZ = (0.12, 0.8)
"""Lowest and highest rate of a pose's own swell: half of an artist's upper-face power lies below 0.6 Hz."""
MOST_LIFTED = 0.8
JAW_GIVES = 0.4
"""How far movement raises an upper lip at most, and how much of a jaw's opening may go for it: people part their lips
by the upper one where we did by the jaw alone."""
JAW_KEEPS = 0.1
"""The jaw's opening of which nothing goes for the upper lip: a lip that lies on the teeth lowers it again where it is
sealed, and a jaw that had given way for it would stay too high."""
MOST_MOVED = 0.45
"""Real movement bends towards this: a tracker's brows can jump by more, a face that speaks does not hold them there."""
KNEE = 0.3
"""Of a control's range, below its top: within it movement is bent."""
_SWELLING = {
    "brow": "brow_down brow_lateral brow_raiseIn brow_raiseOut",
    "eye": "eye_blink eye_squintInner eye_faceScrunch eye_eyelidU eye_eyelidD",
    "nose": "nose.X nose.Y nose_nasolabialDeepen",
    "mouth": "mouth_cornerPull mouth_cornerDepress mouth_sharpCornerPull mouth_dimple eye_cheekRaise",
}
"""Controls of a pose that swell, by the parts of the face that do so each in its own time; none of them decides how
far lips open or round. Cheeks go with the corners of the mouth that lift them."""


@dataclass(frozen=True)
class Movement:
    """Movement of real faces to play pieces of.

    Attributes:
        tracks: (N, M) float32 deviation from the clip's middle, in units of the rig, `MOVEMENT_FPS` frames a second.
        voice: (N,) float32 level of the voice: 0 in the middle of the clip's speech, 1 a standard deviation above.
        ends: (K,) rising rows at which the clips end.
        modes: (M, 174) float32 what one unit of each track does to the controls.
        mirror: (M,) column that takes a track's place when the face is mirrored.
        sha256: of the file it came from.
    """

    tracks: F32
    voice: F32
    ends: NDArray[np.int64]
    modes: F32
    mirror: NDArray[np.int64]
    sha256: str = ""


def add(
    values: F32,
    level_db: NDArray[np.floating],
    speech: NDArray[np.floating],
    emotion: NDArray[np.floating],
    poses: F32,
    seed: int,
    energy: float = 1.0,
    movement: Movement | None = None,
    rate: float = 60.0,
) -> None:
    """Lays movement over a take, in place.

    Args:
        values: (T, 174) controls, whose expression is a pose that is held.
        level_db: (T,) loudness.
        speech: (T,) 0..1, where there is speech.
        emotion: (T, 7) weights.
        poses: (7, 174) what each emotion does to the face at rest, neutral added.
        seed: not negative; another seed is another performance.
        energy: 0..2; 0 leaves the values as they are.
        movement: of real faces; None leaves that part out.
        rate: frames per second.

    Raises:
        ValueError: for an energy out of range.
    """
    if not 0.0 <= energy <= MOST_ENERGY:
        raise ValueError(f"energy must lie within 0 and {MOST_ENERGY:g}, not {energy}")
    if not energy or not len(values):
        return
    swell = _voice_swell(level_db, speech, rate)
    variants = _variants(seed)
    played = None if movement is None else _pieces(movement, level_db, seed, rate)
    columns, owner, side = _swelling()
    parts = len(_SWELLING)
    waves = [Wave(np.random.Generator(np.random.PCG64([seed, BREATH_STREAM, n])), *SLOW_HZ) for n in range(2 * parts)]
    away = poses - rig.NEUTRAL
    used = np.flatnonzero(np.abs(movement.modes).max(axis=0) > 0) if movement is not None else columns[:0]
    smiles, frowns = (_moving(name, movement) for name in ("mouth_cornerPull", "brow_down"))
    for rows in memmap.blocks(values):
        times_s = np.arange(rows.start, rows.stop) / rate
        weights = emotion[rows].astype(np.float32)
        slow = np.stack([wave.at(times_s) for wave in waves[:parts]], axis=1)
        lean = np.stack([wave.at(times_s) for wave in waves[parts:]], axis=1)
        factor = 1.0 + energy * (MEAN_SWELL + VOICE_SWELL * swell[rows, None] + SLOW_SWELL * slow)
        factor = np.clip(factor, LEAST_SWELL, MOST_SWELL)[:, owner] + energy * SIDE_SWELL * lean[:, owner] * side
        added = min(energy, 1.0) * weights @ variants
        held = weights @ away + added
        heard = np.asarray(speech[rows], np.float32)[:, None]
        swelling = (factor - 1.0) * np.where(_is_held()[columns], heard, np.float32(1.0))
        values[rows] += added
        values[rows, columns] += (swelling * held[:, columns]).astype(np.float32)
        if movement is not None and played is not None:
            quiet = np.where(_is_held()[used], 0.0, QUIET_SHARE)
            amount = energy * (weights @ np.asarray(AMOUNTS, np.float32))[:, None] * (quiet + (1.0 - quiet) * heard)
            tracks = _at(played, times_s * MOVEMENT_FPS)
            for shares, raised in ((SMILES, smiles), (FROWNS, frowns)):
                share = (weights @ np.asarray(shares, np.float32))[:, None]
                tracks[:, raised] *= np.where(tracks[:, raised] > 0.0, share, np.float32(1.0))
            moved = tracks @ movement.modes[:, used]
            moved = MOST_MOVED * np.tanh(moved / MOST_MOVED)
            against = (moved * held[:, used] < 0.0) & (np.abs(held[:, used]) > HELD)
            moved *= np.where(against, OPPOSED, 1.0)
            moved[:, _rising(used)] *= 1.0 - np.clip(held[:, _lowering()].mean(axis=1, keepdims=True), 0.0, 1.0)
            moved[:, _stressing(used)] *= (1.0 + STRESSED * swell[rows, None]).astype(np.float32)
            lips = np.isin(used, rig.both("mouth_upperLipRaise"))
            shift = (amount * moved).astype(np.float32)
            values[rows, used[~lips]] += shift[:, ~lips]
            _lift(values[rows], used[lips], shift[:, lips])
        _ease(values[rows], np.setdiff1d(np.union1d(columns, used), rig.both("mouth_upperLipRaise")))
        _hold_open(values[rows])
        np.clip(values[rows], rig.MINIMUM, rig.MAXIMUM, out=values[rows])


def _lift(values: F32, columns: NDArray[np.intp], rise: F32) -> None:
    """Raises the upper lip by what the jaw can give way for it, in place: the lips open no further than they did."""
    if not len(columns):
        return
    rise = np.clip(rise, 0.0, np.maximum(MOST_LIFTED - values[:, columns], 0.0))
    jaw = rig.columns("C_jaw")[0]
    apart = 1.0 - mouth.together(values)
    opened = mouth.UPPER_LIP * rise.sum(axis=1) / 2.0  # of either side half
    room = JAW_GIVES * np.clip(values[:, jaw] - JAW_KEEPS, 0.0, 1.0) * apart
    share = np.minimum(1.0, room / np.maximum(opened, 1e-6))
    values[:, columns] += share[:, None] * rise
    values[:, jaw] -= share * opened / np.maximum(apart, 1e-3)


def _ease(values: F32, columns: NDArray[np.intp]) -> None:
    """Bends what comes near the top of its range, in place: a muscle that gives out slows down, it does not stop."""
    over = (values[:, columns] - (1.0 - KNEE)) / KNEE
    bent = 1.0 - KNEE + KNEE * np.tanh(over)
    values[:, columns] = np.where(over > 0.0, bent, values[:, columns])


def _hold_open(values: F32) -> None:
    """Bends upper lids that sink further than half of `MOST_DROOP`, in place."""
    lids = rig.both("eye_blink")
    start = np.float32(0.5 * MOST_DROOP)
    over = (values[:, lids] - start) / start
    values[:, lids] = np.where(over > 0.0, start + start * np.tanh(over), values[:, lids])


def voice_level(level_db: NDArray[np.floating], rate: float) -> F32:
    """The level of a voice as `Movement.voice` has it, (N,) at `MOVEMENT_FPS` from levels (T,) in dB."""
    count = max(1, int(np.ceil(len(level_db) * MOVEMENT_FPS / rate)))
    smooth = smoothed(np.asarray(level_db, np.float64), 0.12 * rate)
    level = np.interp(np.arange(count) * rate / MOVEMENT_FPS, np.arange(len(smooth)), smooth)
    loud = level[level > level.max() - 35.0]
    return np.asarray(np.clip((level - np.median(loud)) / (loud.std() + 1.0), -2.5, 2.5), np.float32)


def _voice_swell(level_db: NDArray[np.floating], speech: NDArray[np.floating], rate: float) -> F64:
    """(T,) about -1.4 in pauses to 1.5 on what is said loudest, a little ahead of the voice."""
    level = voice_level(level_db, rate).astype(np.float64)
    track = np.interp(np.arange(len(level_db)) * MOVEMENT_FPS / rate, np.arange(len(level)), level)
    track = np.where(np.asarray(speech) > 0.5, np.clip(track, -1.2, 1.6), -1.4)
    lead = round(LEAD_S * rate)
    track = np.concatenate([track[lead:], np.full(min(lead, len(track)), track[-1])])[: len(track)]
    return smoothed(track, 0.45 * rate)


def _pieces(movement: Movement, level_db: NDArray[np.floating], seed: int, rate: float) -> F32:
    """(N, M) tracks at `MOVEMENT_FPS` for the whole line, of pieces whose voice went as this one's."""
    level = voice_level(level_db, rate)
    random = np.random.Generator(np.random.PCG64([seed, PIECE_STREAM]))
    n_frames = len(level) + 4
    fade = round(FADE_S * MOVEMENT_FPS)
    level = np.pad(level, (0, 4 + fade), mode="edge")
    out = np.zeros((n_frames + fade, movement.tracks.shape[1]), np.float32)
    clip_starts = np.concatenate([[0], movement.ends[:-1]])
    at = 0
    while at < n_frames:
        wanted = round(random.uniform(*PIECE_S) * MOVEMENT_FPS)
        length = min(_pause_near(level, at + wanted, n_frames) - at, n_frames - at) + fade
        start, is_mirrored = _choose(movement, clip_starts, level[at : at + length], out[at], at > 0, random)
        piece = movement.tracks[start : start + length]
        piece = piece[:, movement.mirror] if is_mirrored else piece
        length = len(piece)
        share = np.ones((length, 1), np.float32)
        if at:
            ramp = (np.arange(fade) + 0.5)[:length] / fade
            share[:fade, 0] = ramp * ramp * (3.0 - 2.0 * ramp)
        out[at : at + length] += share * (piece - out[at : at + length])
        at += max(length - fade, 1)
    lids = _moving("eye_blink", movement)
    out[:, lids] += 0.5 * TOGETHER * (out[:, movement.mirror[lids]] - out[:, lids])
    for track in np.flatnonzero(np.abs(movement.modes[:, _brows()]).max(axis=1) > 0.0):
        out[:, track] = smoothed(out[:, track].astype(np.float64), BROW_RISE_S * MOVEMENT_FPS)
    return out[:n_frames]


def _pause_near(level: F32, frame: int, n_frames: int) -> int:
    """The quietest frame within 0.4 s of one: pieces change where the voice rests."""
    reach = round(0.4 * MOVEMENT_FPS)
    low = max(frame - reach, 0)
    high = min(frame + reach, n_frames)
    return low + int(np.argmin(level[low:high])) if high > low else n_frames


def _choose(
    movement: Movement,
    clip_starts: NDArray[np.int64],
    level: F32,
    here: F32,
    is_joined: bool,
    random: np.random.Generator,
) -> tuple[int, bool]:
    """First row of the best of some pieces drawn at random, and whether it is mirrored."""
    length = len(level)
    spare = np.maximum(movement.ends - clip_starts - length, 0)
    clip = random.choice(len(spare), size=CANDIDATES, p=(spare + 1.0) / (spare + 1.0).sum())
    starts = clip_starts[clip] + (random.uniform(size=CANDIDATES) * (spare[clip] + 1)).astype(np.int64)
    mirrored = random.uniform(size=CANDIDATES) < 0.5
    tracks = movement.tracks[starts]
    tracks = np.where(mirrored[:, None], tracks[:, movement.mirror], tracks)
    face = ~_speaking(movement)
    seam = np.sqrt(np.square((tracks - here)[:, face]).sum(axis=1)) if is_joined else np.zeros(CANDIDATES)
    rows = np.minimum(starts[:, None] + np.arange(length), movement.ends[clip][:, None] - 1)
    voices = movement.voice[rows]
    voices = voices - voices.mean(axis=1, keepdims=True)
    wanted = level - level.mean()
    power = np.sqrt(np.square(voices).sum(axis=1) * np.square(wanted).sum()) + 1e-6
    best = int(np.argmax(voices @ wanted / power - SEAM_WEIGHT * seam))
    return int(starts[best]), bool(mirrored[best])


def _at(tracks: F32, frames: F64) -> F32:
    """Tracks (N, M) at fractional frames (T,), by a cubic through the four around each."""
    low = np.floor(frames).astype(np.int64)
    share = (frames - low)[:, None].astype(np.float32)
    before, here, after, beyond = (tracks[np.clip(low + n, 0, len(tracks) - 1)] for n in (-1, 0, 1, 2))
    slope = 0.5 * (after - before)
    next_slope = 0.5 * (beyond - here)
    rise = after - here
    curved: F32 = here + share * (
        slope + share * (3 * rise - 2 * slope - next_slope + share * (slope + next_slope - 2 * rise))
    )
    return curved


def _moving(name: str, movement: Movement | None) -> NDArray[np.intp]:
    """The tracks that raise a control of both sides."""
    modes = np.zeros((0, rig.N_CONTROLS)) if movement is None else movement.modes
    return np.flatnonzero((modes[:, rig.both(name)] > 0.0).any(axis=1))


def _speaking(movement: Movement) -> NDArray[np.bool_]:
    """The tracks of the mouth: pieces change where it is still, so that they may part there."""
    return np.asarray((np.abs(movement.modes[:, _is_held()]) > 0.0).any(axis=1))


def _rising(used: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Which of some controls raise the brows."""
    return np.isin(used, np.concatenate([rig.both("brow_raiseIn"), rig.both("brow_raiseOut")]))


def _stressing(used: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Which of some controls go further on what is stressed: those of brows and lids."""
    return np.asarray(rig.region_mask("brow", "eye")[used])


def _brows() -> NDArray[np.intp]:
    """The controls that move the brows."""
    return np.concatenate([rig.both(f"brow_{name}") for name in ("down", "raiseIn", "raiseOut")])


def _lowering() -> NDArray[np.intp]:
    """The controls that pull the brows down."""
    return np.asarray(rig.both("brow_down"))


@cache
def _is_held() -> NDArray[np.bool_]:
    """(174,) controls that must be still where nobody speaks."""
    return np.asarray(rig.region_mask("mouth", "jaw", "teeth", "tongue"))


@cache
def _swelling() -> tuple[NDArray[np.intp], NDArray[np.intp], F64]:
    """Columns that swell, the part of the face each belongs to, and its side: 1 left, -1 right."""
    columns: list[int] = []
    owner: list[int] = []
    for number, names in enumerate(_SWELLING.values()):
        for name in names.split():
            for column in rig.both(name):
                columns.append(int(column))
                owner.append(number)
    sides = {"L": 1.0, "R": -1.0, "C": 0.0}
    side = np.array([sides[rig.CONTROLS[column].side] for column in columns])
    return np.array(columns), np.array(owner), side


@cache
def moods() -> dict[str, tuple[F32, ...]]:
    """What each variant of an emotion's pose adds to it, (174,) each, by emotion, as moods.toml says."""
    table = tomllib.loads((Path(__file__).parent / "moods.toml").read_text(encoding="utf-8"))
    found = {}
    for emotion, variants in table.items():
        rows = []
        for variant in variants:
            row = np.zeros(rig.N_CONTROLS, np.float32)
            for name, value in variant.items():
                row[rig.one_or_both(name)] = value
            rows.append(row)
        found[emotion] = tuple(rows)
    return found


def _variants(seed: int) -> F32:
    """(7, 174) what one variant of each emotion adds to its pose."""
    random = np.random.Generator(np.random.PCG64([seed, VARIANT_STREAM]))
    added = np.zeros((len(EMOTIONS), rig.N_CONTROLS), np.float32)
    for number, name in enumerate(EMOTIONS):
        choice = random.uniform()
        variants = moods().get(name, ())
        if variants:
            added[number] = variants[int(choice * len(variants))]
    return added
