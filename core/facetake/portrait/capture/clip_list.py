"""Which clips an actor is learnt from, and in which mood each is: one folder, a CSV, or folders as MEAD has them.

Knows names of files and emotions; does not know what is in the files.
"""

from __future__ import annotations

import csv
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from facetake import files
from facetake.arrays import F32
from facetake.emotion import EMOTIONS, named
from facetake.errors import ConfigError, PortraitError
from facetake.files import quantities, spreadsheets
from facetake.files.quantities import shown
from facetake.files.spelling import meant
from facetake.formats import beside
from facetake.portrait.capture.actor import ABOUT, LIST

LABELS = len(EMOTIONS) - 1
"""Dimensions of a label: neutral is none (READ Avatars 3.2)."""
HEADER = ("clip", "emotion", "intensity")
MEAD = {
    "neutral": "neutral",
    "happy": "happy",
    "sad": "sad",
    "angry": "angry",
    "surprised": "surprise",
    "fear": "fear",
    "disgusted": "disgusted",
}
"""MEAD's folders as emotions; its eighth, contempt, is none that Facetake has."""
LEVELS = {"level_1": 1.0 / 3.0, "level_2": 2.0 / 3.0, "level_3": 1.0}  # MEAD's three, evenly
VIEWS = ("front", "down", "top", "left_30", "left_60", "right_30", "right_60")
"""MEAD's cameras; an actor is learnt from one of them, the first."""
VIDEO = (".mp4", ".mov", ".mkv", ".avi", ".m4v")


@dataclass(frozen=True)
class ActorClip:
    """One clip of an actor.

    Attributes:
        path: its folder as `portrait capture` makes it, or its video.
        emotion: one of `EMOTIONS`.
        intensity: 0..1.
    """

    path: Path
    emotion: str = "neutral"
    intensity: float = 1.0

    @property
    def label(self) -> F32:
        """(LABELS,) nothing for neutral, else the intensity in the emotion's place."""
        row = np.zeros(LABELS, np.float32)
        if self.emotion != "neutral":
            row[EMOTIONS.index(self.emotion) - 1] = self.intensity
        return row


def read_clips(path: Path) -> tuple[list[ActorClip], list[str]]:
    """The clips that a path stands for.

    Args:
        path: an actor's folder, which counts as neutral; a CSV with the columns clip, emotion and intensity, its paths
            relative to it; a folder with such a list, as a capture of several clips or shots leaves it; or a folder
            with clips laid out as MEAD's are, `angry/level_2/003` and so on.

    Returns:
        The clips in order, and what is worth telling about those left out.

    Raises:
        PortraitError: there is nothing, or a line of the CSV is wrong.
    """
    if path.suffix.lower() == ".csv":
        return _from_csv(path)
    if (path / ABOUT).is_file() or not path.is_dir():
        return [ActorClip(path)], []
    return _from_csv(path / LIST) if (path / LIST).is_file() else _from_mead(path)


def _from_csv(path: Path) -> tuple[list[ActorClip], list[str]]:
    try:
        text, encoding = spreadsheets.decode(files.read_bytes(path, files.MOST_TEXT))
        mark = spreadsheets.delimiter(text, lambda name: name.strip() in HEADER)
        rows = list(csv.reader(text.splitlines(), delimiter=mark))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise PortraitError(f"{path} cannot be read as a list of clips ({files.reason(error)}); mend it") from error
    if not rows or tuple(cell.strip() for cell in rows[0]) != HEADER:
        raise PortraitError(f"{path} must begin with the line {','.join(HEADER)}")
    clips = [_clip(row, path, f"{path}, line {n}") for n, row in enumerate(rows[1:], 2) if any(row)]
    if not clips:
        raise PortraitError(f"{path} names no clip; add lines such as anna/angry_01,angry,0.7")
    return clips, [f"{path.name} is not UTF-8; it is read as {encoding}"] if encoding else []


def _clip(row: list[str], path: Path, where: str) -> ActorClip:
    cells = [cell.strip() for cell in row]
    if len(cells) != len(HEADER) or not all(cells):
        raise PortraitError(f"{where}: a clip, its emotion and its intensity are needed, not {shown(','.join(row))}")
    name, written, number = cells
    emotion = named(written)
    if emotion not in EMOTIONS:
        known = f"{', '.join(EMOTIONS)}{meant(written, EMOTIONS)}"
        raise PortraitError(f'{where}: there is no emotion "{written[:40]}"; use one of {known}')
    try:
        intensity = quantities.number(quantities.pointed(number), f"{where}: intensity", 0.0, 1.0)
    except ConfigError as error:
        raise PortraitError(str(error)) from None
    place = path.parent / name
    try:
        stays = place.resolve().is_relative_to(path.parent.resolve())
        with suppress(FileNotFoundError):
            files.look(place)
    except (OSError, ValueError) as error:  # a NUL, or a name longer than the system allows
        raise PortraitError(f"{where}: {shown(name)} can be no file ({files.reason(error)}); mend the list") from error
    if not stays:
        raise PortraitError(f"{where}: {name} leaves the folder of the list; move the clip there")
    return ActorClip(place, emotion, intensity)


def write_clips(path: Path, clips: list[ActorClip]) -> None:
    """Writes a list of clips in the list's folder or below it, as `read_clips` reads it."""
    rows = [(clip.path.relative_to(path.parent).as_posix(), clip.emotion, f"{clip.intensity:.6g}") for clip in clips]
    with beside(path) as part, part.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([HEADER, *rows])


def captured_in(clips: list[ActorClip], out: Path) -> list[ActorClip]:
    """The folders below `out` that captures of clips go to: each clip's emotion, intensity in percent, and name.

    Raises:
        PortraitError: two clips would share a folder.
    """
    found: dict[Path, ActorClip] = {}
    for clip in clips:
        place = out / clip.emotion / f"{100 * clip.intensity:.0f}" / clip.path.stem
        if place in found:
            raise PortraitError(f"two {clip.emotion} clips are called {clip.path.stem}; rename one of the videos")
        found[place] = ActorClip(place, clip.emotion, clip.intensity)
    return list(found.values())


def _from_mead(folder: Path) -> tuple[list[ActorClip], list[str]]:
    """Clips in `EMOTION/level_N/`, captured or not, the emotions' folders being in `folder` or below it."""
    clips = []
    unknown = set()
    levels = [level for level in sorted(folder.rglob("level_*")) if level.name in LEVELS and level.is_dir()]
    levels, told = _one_view(levels)
    for level in levels:
        found = sorted(child for child in level.iterdir() if (child / ABOUT).is_file() or child.suffix.lower() in VIDEO)
        emotion = MEAD.get(level.parent.name)
        if emotion is None:
            unknown.add(level.parent.name)
        else:
            clips += [ActorClip(child, emotion, LEVELS[level.name]) for child in found]
    if not clips:
        raise PortraitError(
            f"{folder} is no actor's folder and holds no clips in folders such as angry/level_2; name a captured "
            "actor, a CSV of clips, or a folder laid out like MEAD"
        )
    return clips, told + [f"clips of {name} are left out: Facetake has no such emotion" for name in sorted(unknown)]


def _one_view(levels: list[Path]) -> tuple[list[Path], list[str]]:
    """Folders of the frontmost camera alone where there are several, and that others are left out."""
    views = [level.parent.parent.name for level in levels]
    seen = [view for view in VIEWS if view in views]
    if len(seen) < 2:
        return levels, []
    kept = [level for level, view in zip(levels, views, strict=True) if view == seen[0]]
    return kept, [f"of MEAD's cameras {seen[0]} is used; {', '.join(seen[1:])} left out"]
