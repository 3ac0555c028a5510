"""A project: a small file that a person can read, which never loses anything and never writes over another's."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from facetake import rig
from facetake.errors import ConfigError, TakeError
from facetake.take import Take
from facetake.ui import filing, opening, preferences, project
from facetake.ui.lines import LineSettings, LineTake, SpokenLine
from facetake_host.mood import Mood


def a_take(value: float) -> Take:
    """A take with head motion that is told from others by its first control."""
    values = np.tile(rig.NEUTRAL, (5, 1))
    values[:, 0] = value
    return Take(rig.clamp(values), Fraction(24000, 1001), Fraction(1, 3), np.ones((5, 3), np.float32))


@pytest.fixture
def show(tmp_path: Path) -> tuple[Path, tuple[SpokenLine, ...], dict[Path, float]]:
    """A folder with recordings, and lines of them as full as they can be."""
    sounds = [tmp_path / "show" / "sound" / name for name in ("a.wav", "b.wav")]
    sounds[0].parent.mkdir(parents=True)
    for sound in sounds:
        sound.write_bytes(b"RIFF")
    mood = Mood(2.0)
    mood.paint("happy", 0.0, 0.2, 1.0, 0.8)
    visemes = (("p", 0.0, 0.125), ("a", 0.125, 1.5))
    full = SpokenLine(
        1,
        "a",
        sounds[0],
        mood,
        LineSettings(seed=3, gains={"brow": 1.5}, blink=False),
        "\u00fc" * 10_000,
        (LineTake(1, "happy", a_take(0.25), visemes), LineTake(4, "restyled", a_take(0.5), visemes, "heard anger")),
        4,
        (1,),
    )
    bare = SpokenLine(2, "b", sounds[1])
    return tmp_path / "show" / "lines.facetake", (full, bare), dict.fromkeys(sounds, 2.0)


def test_a_project_comes_back_as_it_was(show: tuple[Path, tuple[SpokenLine, ...], dict[Path, float]]) -> None:
    """Takes to the bit, moods, settings, a note of ten thousand characters, what is shown and what beside it."""
    path, lines, lengths = show
    project.save(path, lines, lengths)
    found = project.load(path)

    assert found.told == () and found.durations_s == lengths
    for one, other in zip(found.lines, lines, strict=True):
        assert (one.name, one.sound, one.settings, one.note, one.shown, one.beside) == (
            other.name,
            other.sound,
            other.settings,
            other.note,
            other.shown,
            other.beside,
        )
        assert (one.mood.cues() if one.mood else "") == (other.mood.cues() if other.mood else "")
        for take, kept in zip(one.takes, other.takes, strict=True):
            assert (take.number, take.label, take.visemes, take.told) == (
                kept.number,
                kept.label,
                kept.visemes,
                kept.told,
            )
            assert take.take.values.tobytes() == kept.take.values.tobytes()
            assert take.take.head is not None and kept.take.head is not None
            assert np.array_equal(take.take.head, kept.take.head)
            assert (take.take.rate, take.take.start) == (kept.take.rate, kept.take.start)


def test_a_project_moves_with_its_folder(
    show: tuple[Path, tuple[SpokenLine, ...], dict[Path, float]], tmp_path: Path
) -> None:
    """No path in it is whole, so that the folder may be elsewhere tomorrow."""
    path, lines, lengths = show
    project.save(path, lines, lengths)
    assert str(tmp_path) not in path.read_text("utf-8")
    shutil.move(path.parent, tmp_path / "elsewhere")
    found = project.load(tmp_path / "elsewhere" / path.name)

    assert found.told == () and found.lines[0].sound == tmp_path / "elsewhere" / "sound" / "a.wav"
    assert len(found.lines[0].takes) == 2


def test_recordings_that_moved_are_found_or_told(
    show: tuple[Path, tuple[SpokenLine, ...], dict[Path, float]], tmp_path: Path
) -> None:
    """One that lies elsewhere below the project is found; one that is gone is told, and found in a folder later."""
    path, lines, lengths = show
    project.save(path, lines, lengths)
    (path.parent / "new" / "deep").mkdir(parents=True)
    shutil.move(path.parent / "sound" / "a.wav", path.parent / "new" / "deep" / "a.wav")
    (tmp_path / "disk").mkdir()
    shutil.move(path.parent / "sound" / "b.wav", tmp_path / "disk" / "b.wav")
    found = project.load(path)

    assert found.lines[0].sound == path.parent / "new" / "deep" / "a.wav"
    assert "was found at" in found.told[0] and "is gone" in found.told[1] and "Find recordings" in found.told[1]
    assert len(found.lines[0].takes) == 2
    assert project.find_sounds(found.lines, tmp_path / "disk") == {2: tmp_path / "disk" / "b.wav"}


def test_links_that_lead_in_a_ring_are_told(show: tuple[Path, tuple[SpokenLine, ...], dict[Path, float]]) -> None:
    """A recording and a take behind such links are gone like others; the project opens, and is no other file."""
    path, lines, lengths = show
    project.save(path, lines, lengths)
    (path.parent / "ring").symlink_to("ring")
    table = json.loads(path.read_text(encoding="utf-8"))
    table["lines"][0]["sound"] = table["lines"][0]["takes"][0]["file"] = "ring/a.wav"
    path.write_text(json.dumps(table), encoding="utf-8")
    found = project.load(path)

    assert [len(line.takes) for line in found.lines] == [1, 0] and len(found.told) == 2
    assert all("ring" in one or "a.wav" in one for one in found.told)
    assert not filing._is_same(path.parent / "ring", path)


def test_a_file_that_somebody_else_changed_is_not_written_over(
    show: tuple[Path, tuple[SpokenLine, ...], dict[Path, float]],
) -> None:
    """Two windows read one project; the one that writes second is told, and the first one's work stays."""
    path, lines, lengths = show
    project.save(path, lines, lengths)
    known = project.load(path).digest
    project.save(path, lines[:1], lengths, known)
    with pytest.raises(ConfigError, match="was changed by another window"):
        project.save(path, lines, lengths, known)
    assert len(project.load(path).lines) == 1


def test_a_take_that_is_gone_is_told_and_the_rest_is_there(
    show: tuple[Path, tuple[SpokenLine, ...], dict[Path, float]],
) -> None:
    """A lost file of a take costs that take."""
    path, lines, lengths = show
    project.save(path, lines, lengths)
    next(path.with_suffix(".takes").glob("a-4-*")).unlink()
    found = project.load(path)
    assert [one.number for one in found.lines[0].takes] == [1] and found.lines[0].shown == 1
    assert "there is no such file" in found.told[0]


def test_saving_fails_whole(show: tuple[Path, tuple[SpokenLine, ...], dict[Path, float]]) -> None:
    """Where takes cannot be written, the project stays as it was."""
    path, lines, lengths = show
    path.with_suffix(".takes").write_text("in the way")
    with pytest.raises(TakeError):
        project.save(path, lines, lengths)
    assert not path.exists()


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"format": "facetake-project-9"}, "no project of this version"),
        ({"lines": [3]}, "line 1 is no table"),
        ({"lines": [{"name": "a", "mood": ["soon happy"]}]}, "its mood is not lines"),
        ({"lines": [{"name": "a", "mood": [1]}]}, "its mood is not lines"),
        ({"lines": [{"name": "a", "settings": {"speed": 1}}]}, "speed cannot be"),
        ({"lines": [{"name": "a", "settings": {"energy": 99}}]}, "energy"),
        ({"lines": [{"name": "a", "sound": 1}]}, "sound is 1, no text"),
        ({"lines": [{"name": "a", "takes": [{"number": 1, "file": "a.npz", "visemes": "p"}]}]}, "its visemes"),
        ({"lines": [{"name": "a", "shown": -1}]}, "number of a take"),
    ],
)
def test_what_is_no_project_is_told(tmp_path: Path, change: dict[str, object], fault: str) -> None:
    """One sentence with the line that is wrong."""
    path = tmp_path / "broken.facetake"
    path.write_text(json.dumps({"format": project.FORMAT, "lines": []} | change))
    with pytest.raises(Exception, match=fault) as told:
        project.load(path)
    assert type(told.value).__name__ in ("ConfigError", "RigError")


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe\x00", b"[" * 10_000, b"null"])
def test_rubbish_is_no_project(tmp_path: Path, data: bytes) -> None:
    """Whatever is in the file, it is one sentence."""
    path = tmp_path / "rubbish.facetake"
    path.write_bytes(data)
    with pytest.raises(ConfigError, match="is no project"):
        project.load(path)


def test_files_that_belong_together_become_one_line(tmp_path: Path) -> None:
    """A recording and the takes of its name are one line; a take brings its recording along; the rest is told."""
    for name in ("a.wav", "a.csv", "b.wav", "b.json", "c.npz", "notes.docx"):
        (tmp_path / name).write_bytes(b"x")
    found = opening.sort([tmp_path / name for name in ("a.csv", "a.wav", "b.json", "c.npz", "notes.docx")])
    rows = [(one.name, one.sound and one.sound.name, [take.name for take in one.takes]) for one in found.lines]
    assert rows == [("a", "a.wav", ["a.csv"]), ("b", "b.wav", ["b.json"]), ("c", None, ["c.npz"])]
    assert found.told == "Left aside, as it is no sound, take or project by its name: notes.docx."
    folder = opening.sort([tmp_path])
    assert [(one.name, len(one.takes)) for one in folder.lines] == [("a", 1), ("b", 1)]


def test_exports_of_lines_of_one_name_have_names_of_their_own(tmp_path: Path) -> None:
    """Also where they differ in capitals alone, which some systems do not tell apart."""
    made = LineTake(1, "x", a_take(0.1))
    lines = tuple(SpokenLine(at, name, None, takes=(made,), shown=1) for at, name in enumerate(("a", "A", "a"), 1))
    targets = opening.targets((*lines, SpokenLine(9, "bare", None)), tmp_path, ".csv")
    assert [path.name for path in targets.values()] == ["a.csv", "A_2.csv", "a_3.csv"]


def test_what_is_remembered_survives_damage(tmp_path: Path) -> None:
    """Recent files and presets come back; a damaged file is begun anew, and a preset that cannot be is left out."""
    path = tmp_path / "state" / "window.json"
    kept = preferences.load(path)
    for number in range(12):
        kept.opened(tmp_path / f"{number}.wav")
    kept.keep("calm", replace(LineSettings(), energy=0.5))
    found = preferences.load(path)
    assert [one.name for one in found.recent[:2]] == ["11.wav", "10.wav"] and len(found.recent) == 10
    assert found.presets == {"calm": replace(LineSettings(), energy=0.5)}
    path.write_text('{"recent": 3, "presets": {"bad": {"energy": "high"}, "good": {"seed": 2}}}')
    assert list(preferences.load(path).presets) == ["good"]
    path.write_bytes(b"\xff{")
    assert preferences.load(path) == preferences.Preferences(path)
