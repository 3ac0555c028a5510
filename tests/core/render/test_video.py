"""Tests of facetake.render.video: what it writes is read back through PyAV."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from facetake.errors import AudioError, RenderError
from facetake.render.video import envelope, sound_blocks, write_video

RATES = [Fraction(24), Fraction(24000, 1001), Fraction(25), Fraction(30), Fraction(60)]


def pictures(number: int, size: int = 64) -> Iterator[NDArray[np.uint8]]:
    """Grey pictures that get brighter."""
    for i in range(number):
        yield np.full((size, size, 3), min(4 * i, 255), np.uint8)


def tone(path: Path, seconds: float = 2.0, rate: int = 22_050) -> Path:
    """A stereo file: half a second of silence, then a tone."""
    t = np.arange(round(seconds * rate)) / rate
    wave = np.where(t < 0.5, 0.0, 0.5 * np.sin(2 * np.pi * 440 * t))
    soundfile.write(path, np.stack([wave, wave], axis=1), rate)
    return path


@pytest.mark.parametrize("rate", RATES, ids=str)
def test_frames_times_and_sound_are_exact(rate: Fraction, tmp_path: Path) -> None:
    """Every frame stands at i / rate, none is lost, and the sound is as long as the pictures."""
    out = tmp_path / "a.mp4"
    assert write_video(out, pictures(31), rate, sound=tone(tmp_path / "t.wav")) == 31
    with av.open(str(out)) as container:
        video = container.streams.video[0]
        audio = container.streams.audio[0]
        assert (video.codec_context.name, video.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert audio.codec_context.name == "aac"
        assert video.average_rate == rate
        assert audio.duration is not None and audio.time_base is not None
        assert float(audio.duration * audio.time_base) == pytest.approx(float(31 / rate), abs=0.03)
        times = [Fraction(frame.pts or 0) * (frame.time_base or 0) for frame in container.decode(video=0)]
    assert len(times) == 31
    assert [t - times[0] for t in times] == [i / rate for i in range(31)]


def test_pictures_come_back_as_they_were(tmp_path: Path) -> None:
    """The last picture is the brightest, within what the codec loses."""
    write_video(tmp_path / "a.mp4", pictures(20), Fraction(30))
    with av.open(str(tmp_path / "a.mp4")) as container:
        levels = [frame.to_ndarray(format="rgb24").mean() for frame in container.decode(video=0)]
    np.testing.assert_allclose(levels, 4.0 * np.arange(20), atol=4.0)


def test_sound_starts_where_the_take_starts(tmp_path: Path) -> None:
    """A start within the sound cuts its beginning, a negative one puts silence before it."""
    path = tone(tmp_path / "t.wav")
    whole, late, early = (np.concatenate(list(sound_blocks(path, Fraction(start)))) for start in ("0", "1/2", "-1/4"))
    assert len(whole) == pytest.approx(2 * 48_000, abs=64)
    assert len(late) == pytest.approx(1.5 * 48_000, abs=64)
    assert len(early) == pytest.approx(2.25 * 48_000, abs=64)
    assert abs(whole[1000:20_000]).max() < 0.01
    assert abs(late[1000:20_000]).max() > 0.3


def test_envelope_shows_silence_and_tone(tmp_path: Path) -> None:
    """Peaks are low before half a second and high after."""
    peaks = envelope(tone(tmp_path / "t.wav"), 100)
    assert len(peaks) == pytest.approx(200, abs=2)
    assert peaks[:45].max() < 0.02 < 0.3 < peaks[60:190].min()


def test_what_is_not_sound_is_named_and_leaves_no_file(tmp_path: Path) -> None:
    """A text file as sound is refused in one sentence, and nothing is left beside the target."""
    bad = tmp_path / "notes.wav"
    bad.write_text("this is not sound")
    with pytest.raises(AudioError, match=r"notes\.wav is not a sound file"):
        write_video(tmp_path / "a.mp4", pictures(3), Fraction(30), sound=bad)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.wav"]


def test_a_missing_sound_file_is_named(tmp_path: Path) -> None:
    """A recording that is not there raises AudioError with its name."""
    with pytest.raises(AudioError, match=r"gone\.wav"):
        write_video(tmp_path / "a.mp4", pictures(3), Fraction(30), sound=tmp_path / "gone.wav")


def test_a_video_without_sound_in_it_is_refused_as_recording(tmp_path: Path) -> None:
    """A silent video holds no sound to take."""
    write_video(tmp_path / "silent.mp4", pictures(3), Fraction(30))
    with pytest.raises(AudioError, match="holds no sound"):
        list(sound_blocks(tmp_path / "silent.mp4"))


@pytest.mark.parametrize("name", ["a.avi", "a"])
def test_unknown_suffixes_are_refused(name: str, tmp_path: Path) -> None:
    """Only containers that carry these codecs everywhere are written."""
    with pytest.raises(RenderError, match=r"\.mp4, \.mov or \.mkv"):
        write_video(tmp_path / name, pictures(3), Fraction(30))


def test_a_folder_that_is_not_there_is_a_render_error(tmp_path: Path) -> None:
    """An unwritable target is said with its name."""
    with pytest.raises(RenderError, match="cannot be written"):
        write_video(tmp_path / "no" / "a.mp4", pictures(3), Fraction(30))


def test_no_frames_and_odd_sizes_are_refused(tmp_path: Path) -> None:
    """A video needs pictures, and H.264 needs even sides; an earlier file stays as it was."""
    out = tmp_path / "a.mp4"
    out.write_bytes(b"earlier")
    with pytest.raises(RenderError, match="at least one frame"):
        write_video(out, pictures(0), Fraction(30))
    with pytest.raises(RenderError, match="must be even"):
        write_video(out, pictures(2, 33), Fraction(30))
    assert out.read_bytes() == b"earlier"
    assert list(tmp_path.iterdir()) == [out]


def test_a_film_that_a_player_holds_is_told_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence says to close it there and blames no permissions; the film that plays stays."""
    out = tmp_path / "a.mp4"
    out.write_bytes(b"earlier")

    def refuse(_part: object, _target: object) -> None:
        raise PermissionError(errno.EACCES, "Access is denied")

    monkeypatch.setattr(os, "replace", refuse)
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    with pytest.raises(RenderError, match=r"a\.mp4: cannot be written, as another program.*close it there$"):
        write_video(out, pictures(3), Fraction(30))
    assert out.read_bytes() == b"earlier" and list(tmp_path.iterdir()) == [out]
