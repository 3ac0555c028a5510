"""Which files a command works on."""

from __future__ import annotations

from pathlib import Path

import pytest

from facetake.cli import inputs, main
from facetake.errors import ConfigError


def test_each_file_counts_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file named twice, by any spelling, is one input, in the place where it was first named."""
    monkeypatch.chdir(tmp_path)
    for name in ("b.wav", "a.wav"):
        (tmp_path / name).touch()

    found = inputs.sound_files(["b.wav", str(tmp_path / "b.wav"), "*.wav", "."])
    assert [path.name for path in found] == ["b.wav", "a.wav"]


def test_a_folder_is_not_searched_below(tmp_path: Path) -> None:
    """Only sound files in the folder itself count, in order, whatever the case of their suffix."""
    (tmp_path / "below").mkdir()
    for name in ("z.WAV", "a.flac", "notes.txt", "below/x.wav"):
        (tmp_path / name).touch()

    assert [path.name for path in inputs.sound_files([str(tmp_path)])] == ["a.flac", "z.WAV"]
    assert inputs.sound_files([str(tmp_path / "bel*")]) == [tmp_path / "below" / "x.wav"]


def test_a_file_named_like_a_pattern_is_itself(tmp_path: Path) -> None:
    """Brackets in the name of a file that is there are no pattern."""
    (tmp_path / "take[1].wav").touch()

    assert inputs.sound_files([str(tmp_path / "take[1].wav")]) == [tmp_path / "take[1].wav"]


@pytest.mark.parametrize(("name", "says"), [("", "empty name"), ("*.wav", "no file matches"), (".", "no sound files")])
def test_what_stands_for_nothing_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, says: str
) -> None:
    """An empty name, a pattern without a match and a folder without sound are named."""
    monkeypatch.chdir(tmp_path)

    with pytest.raises(ConfigError, match=says):
        inputs.sound_files([name])


def test_a_folder_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder the user may not read is told with the system's reason."""

    def refused(_: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refused)

    with pytest.raises(ConfigError, match="Permission denied"):
        inputs.sound_files([str(tmp_path)])


def test_keys_and_takes_may_not_share_a_name(tmp_path: Path) -> None:
    """The sparse keys of one line and the take of another are told apart before anything is written."""
    one = tmp_path / "l.wav"
    other = tmp_path / "l.keys.wav"

    with pytest.raises(ConfigError, match="both write"):
        inputs.refuse_overwriting([(one, tmp_path / "l.keys.json"), (other, tmp_path / "l.keys.json")], [one, other])


@pytest.mark.parametrize("command", ["generate", "align"])
def test_recordings_of_one_name_in_a_folder_are_all_named(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each pair of recordings that would share a result is named before anything is made, with two ways out."""
    for name in ("film.mov", "film.mp4", "line.flac", "line.wav", "other.wav"):
        (tmp_path / name).touch()

    assert main([command, str(tmp_path)]) == 2
    told = capsys.readouterr().err
    for one, other in (("film.mov", "film.mp4"), ("line.flac", "line.wav")):
        assert f"{tmp_path / one} and {tmp_path / other} would both write" in told
    assert "different names, or name only the files that are meant" in told and "other" not in told
    assert len(list(tmp_path.iterdir())) == 5


def test_a_film_needs_its_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before any work, a missing extra is told with the command that installs it."""
    monkeypatch.setattr(inputs, "find_spec", lambda name: None if name == "numba" else name)

    with pytest.raises(ConfigError, match=r'needs numba; pip install "facetake\[preview\]"'):
        inputs.check_film(tmp_path / "a.mp4")
