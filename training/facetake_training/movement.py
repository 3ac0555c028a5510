"""Movement of real faces for takes to play: from faces tracked in video to `motion.npz`, which ships.

The tracker's scores become deviations from each clip's middle, without blinks and without what is too fast for a
muscle, and the voice's level stands beside them. What a score does to the rig is written in the configuration: a
tracker's units are not the rig's. Knows nothing of how pieces are chosen (`facetake.motion.expression`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import special

from facetake import audio, files, rig
from facetake.arrays import F64
from facetake.audio import FRAME_RATE_HZ
from facetake.errors import ConfigError
from facetake.motion.expression import MOVEMENT_FPS, voice_level
from facetake.timebase import n_frames
from facetake_training.lips import LipsConfig, clips, sound_path

SETTLE_S = 0.4  # the tracker settles in its first frames
LEAST_S = 2.0  # of a clip, after that
CUTOFF_HZ = 6.0  # faces have no more; a tracker's noise has
BLINK_ABOVE = 0.22
BLINK_REACH = 3
"""A lid this far above its usual place blinks; frames around it that are bridged, for lids pull cheeks and brows."""
FLOOR = 1e-4  # of a score: what lies below it is the tracker's own noise
RIDGE = 2.0  # by choice, of a control's square beside that of a logit: none is driven far for little
STEPS = 256  # of a unit, to which what a mouth does is rounded: less is not seen, and does not fill the file
ASIDE = "sideways"  # the part that goes to the left above its rest, to the right below
LARGEST = 5.0  # deviations beyond so many standard deviations of the clip are bent back: a tracker's slips


@dataclass(frozen=True)
class MouthPart:
    """One thing that a mouth does beside opening, rounding and closing.

    Attributes:
        controls: what one unit of it does to the rig, named as in `MovementConfig.modes`.
        seen: by how much one unit of it raises the logit of each of the tracker's scores on the preview head. Of a part
            with sides it is the left one's; the right one's is its mirror image.
        sides: whether there is one on either side.
        below: what one unit below its rest does to the rig; nothing for parts that only rise.
    """

    controls: Mapping[str, float]
    seen: Mapping[str, float]
    sides: bool = False
    below: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class MovementConfig:
    """What movement is taken from, and what it does to the rig.

    Attributes:
        out: folder to write motion.npz to.
        tracked: folders of tracked faces.
        modes: for each of the tracker's scores, without its side, what one unit of it does to controls; names without
            CTRL_, without a side where they follow the score's, C_ with one.
        mouth: what a mouth does with speech, solved for from all scores that `rest` names together.
        rest: logit of each of those scores, without sides, of people above that of the preview head, at rest both.
        sources: whose faces these are, with their licences, for models.toml.
    """

    out: Path
    tracked: tuple[LipsConfig, ...]
    modes: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    mouth: Mapping[str, MouthPart] = field(default_factory=dict)
    rest: Mapping[str, float] = field(default_factory=dict)
    sources: tuple[str, ...] = ()


def collect(config: MovementConfig) -> Path:
    """Writes motion.npz.

    Returns:
        Its path.

    Raises:
        ConfigError: a score or control is unknown, or no clip is long enough.
    """
    scores, modes, mirror = _modes(config.modes)
    mouth = SpeakingMouth(config) if config.mouth else None
    if mouth is not None:
        mirror = np.concatenate([mirror, len(mirror) + mouth.mirror])
        modes = np.concatenate([modes, mouth.modes])
    tracks: list[F64] = []
    voices: list[NDArray[np.float32]] = []
    for folder in config.tracked:
        for clip in clips(folder):
            found = _movement(folder, clip, scores, mouth.scores if mouth else [])
            if found is not None:
                rows = found[0][:, : len(scores)]
                logits = found[0][:, len(scores) :]
                tracks.append(np.concatenate([rows, mouth.parts(logits)], axis=1) if mouth else rows)
                voices.append(found[1])
    if not tracks:
        raise ConfigError(f"no clip of {config.tracked} lasts {LEAST_S + SETTLE_S:g} s")
    config.out.mkdir(parents=True, exist_ok=True)
    path = config.out / "motion.npz"
    with path.with_suffix(".part").open("wb") as file:
        np.savez_compressed(
            file,
            tracks=np.concatenate(tracks).astype(np.float16),
            voice=np.concatenate(voices).astype(np.float16),
            ends=np.cumsum([len(rows) for rows in tracks]),
            modes=modes,
            mirror=mirror,
            controls=np.array(rig.NAMES),
        )
    files.replace(path.with_suffix(".part"), path)
    return path


def _modes(table: Mapping[str, Mapping[str, float]]) -> tuple[list[str], NDArray[np.float32], NDArray[np.int64]]:
    """The tracker's scores that are used, what each does (M, 174), and the mirrored place of each (M,)."""
    scores: list[str] = []
    rows: list[NDArray[np.float32]] = []
    for name, controls in table.items():
        for side in ("Left", "Right") if name != "browInnerUp" else ("",):
            scores.append(name + side)
            rows.append(_row(controls, side))
    return scores, np.stack(rows), np.array([scores.index(_other(name)) for name in scores])


def logit(scores: F64) -> F64:
    """What the tracker's scores follow evenly: near nothing and near all they are flat."""
    return np.asarray(special.logit(np.clip(scores, FLOOR, 1.0 - FLOOR)))


class SpeakingMouth:
    """From logits of all of a mouth's scores to what its parts do on the rig, by how the preview head is read.

    Attributes:
        scores: the tracker's scores that it is solved from.
        modes: (P, 174) what one unit of each track does to the controls.
        mirror: (P,) place of each when the face is mirrored.
    """

    def __init__(self, config: MovementConfig) -> None:
        known = {name for part in config.mouth.values() for name in part.seen}
        raised: dict[str, float] = {}
        for name, value in config.rest.items():
            sides = (name + "Left", name + "Right")
            raised |= dict.fromkeys(sides if known.intersection(sides) else (name,), value)
        self.scores = list(raised)
        self._raised = np.array(list(raised.values()))
        columns, self._signs, rows, names = [], [], [], []
        for name, part in config.mouth.items():
            for side in ("Left", "Right") if part.sides else ("",):
                seen = {_other(key): value for key, value in part.seen.items()} if side == "Right" else part.seen
                columns.append([seen.get(score, 0.0) for score in self.scores])
                for sign, controls, key in ((1.0, part.controls, "above"), (-1.0, part.below, "below")):
                    if controls:
                        rows.append(_row(controls, side))
                        names.append(name + key + side)
                        self._signs.append((len(columns) - 1, sign))
        self._seen = np.array(columns, np.float64).T
        self.modes = np.stack(rows)
        swapped = [_turned(_other(name)) for name in names]
        self.mirror = np.array([names.index(name) for name in swapped])

    def parts(self, logits: F64) -> F64:
        """Tracks (N, P) from 0, of logits (N, S) less their clip's middle."""
        solved = np.linalg.solve(self._seen.T @ self._seen + RIDGE * np.eye(self._seen.shape[1]), self._seen.T)
        moved = (logits + self._raised) @ solved.T
        parts = np.stack([np.maximum(sign * moved[:, column], 0.0) for column, sign in self._signs], axis=1)
        return np.asarray(np.round(STEPS * parts) / STEPS)


def _turned(name: str) -> str:
    """A part that has no sides and goes to either, on the other side."""
    return {f"{ASIDE}above": f"{ASIDE}below", f"{ASIDE}below": f"{ASIDE}above"}.get(name, name)


def _other(name: str) -> str:
    """A score's or part's name on the other side of the face."""
    return name.replace("Left", "*").replace("Right", "Left").replace("*", "Right")


def _row(controls: Mapping[str, float], side: str) -> NDArray[np.float32]:
    row = np.zeros(rig.N_CONTROLS, np.float32)
    for name, value in controls.items():
        if name.startswith("C_"):
            row[rig.columns(name)] = -value if side == "Right" else value
        elif side:
            row[rig.columns(f"{side[0]}_{name}")] = value
        else:
            row[rig.both(name)] = value
    return row


def _movement(
    folder: LipsConfig, clip: str, linear: list[str], logits: list[str]
) -> tuple[F64, NDArray[np.float32]] | None:
    """Deviations of scores and of other logits (N, M) and the voice (N,) of a clip; None for one that is too short."""
    with np.load(folder.truth, allow_pickle=False) as truth:
        times_s = truth[f"{clip}.time"].astype(float)
        seen = truth[f"{clip}.arkit"].astype(float)
        names = [str(name) for name in truth["names"]]
        late_s = float(truth[f"{clip}.sound_late_s"]) if f"{clip}.sound_late_s" in truth.files else 0.0
    scores = [*linear, *logits]
    missing = [name for name in scores if name not in names]
    if missing:
        raise ConfigError(f"{folder.truth} has no score called {', '.join(missing)}")
    good = np.isfinite(seen).all(axis=1) & (times_s >= SETTLE_S)
    if not good.any() or times_s[good][-1] - times_s[good][0] < LEAST_S:
        return None
    lids = seen[:, [names.index("eyeBlinkLeft"), names.index("eyeBlinkRight")]].max(axis=1)
    blinks = lids > np.median(lids[good]) + BLINK_ABOVE
    good &= np.convolve(blinks, np.ones(2 * BLINK_REACH + 1), "same") == 0
    grid_s = np.arange(times_s[good][0], times_s[good][-1], 1.0 / MOVEMENT_FPS)
    rows = seen[good][:, [names.index(name) for name in scores]]
    rows[:, len(linear) :] = logit(rows[:, len(linear) :])
    rows = np.stack([np.interp(grid_s, times_s[good], column) for column in rows.T], axis=1)
    rows = np.stack([slow(column) for column in rows.T], axis=1)
    rows -= np.median(rows, axis=0)
    spread = rows.std(axis=0) + 1e-6
    rows = LARGEST * spread * np.tanh(rows / (LARGEST * spread))
    return rows, _voice(sound_path(folder, clip), grid_s + late_s)


def slow(track: F64) -> F64:
    """A track without what is faster than `CUTOFF_HZ`."""
    from scipy.signal import butter, filtfilt

    top, bottom = butter(2, CUTOFF_HZ / (MOVEMENT_FPS / 2))
    return np.asarray(filtfilt(top, bottom, track))


def _voice(path: Path, times_s: F64) -> NDArray[np.float32]:
    """The voice's level (N,) at instants of its recording."""
    with audio.stream(path) as sound:
        rhythm = audio.Rhythm(n_frames(sound.duration_s, Fraction(FRAME_RATE_HZ)))
        for _ in rhythm.listening(sound):
            pass
    level = voice_level(rhythm.tracks()[0], float(FRAME_RATE_HZ))
    return np.interp(times_s, np.arange(len(level)) / MOVEMENT_FPS, level).astype(np.float32)
