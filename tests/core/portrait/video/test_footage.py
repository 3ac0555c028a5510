"""Tests of facetake.portrait.video.footage and crop: exact times, upright pictures and sound as long as they are."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import soundfile
from films import SIDE, brightening, faces, film, turned

from facetake.errors import PortraitError
from facetake.portrait.video.crop import stable_crop
from facetake.portrait.video.footage import CutFinder, _jitter, _rate, open_footage, sound_of
from facetake.render.video import write_video


def levels(path: Path, first_s: float = 0.0, last_s: float | None = None) -> list[int]:
    """Which of the brightening pictures each frame shows."""
    return [round((float(p.mean()) - 16) / 4) for p in open_footage(path, first_s, last_s).pictures()]


def copied(out: Any, stream: Any) -> Any:
    """A stream of a new file for the packets of an old one; PyAV before 14 has it in another function."""
    if hasattr(out, "add_stream_from_template"):
        return out.add_stream_from_template(stream)
    return out.add_stream(template=stream)


def shorter_pictures(path: Path, new: Path) -> Path:
    """The video with all its sound and the pictures of its first second alone."""
    with av.open(str(path)) as old, av.open(str(new), "w") as out:
        streams = {stream: copied(out, stream) for stream in old.streams}
        for packet in old.demux():
            if packet.pts is not None and not (packet.stream.type == "video" and packet.pts * packet.time_base >= 1):
                packet.stream = streams[packet.stream]
                out.mux(packet)
    return new


def test_even_frames_are_given_as_they_are(tmp_path: Path) -> None:
    """An even video gives every picture once, at its own rate."""
    path = film(tmp_path / "a.mp4", brightening(12))
    footage = open_footage(path)
    assert (footage.rate, footage.n_frames, footage.is_variable) == (Fraction(25), 12, False)
    assert levels(path) == list(range(12))


def test_a_range_begins_and_ends_where_it_says(tmp_path: Path) -> None:
    """Seconds of a range become frames, and a range outside the video is refused."""
    path = film(tmp_path / "a.mp4", brightening(12))
    assert levels(path, 0.08, 0.2) == [2, 3, 4]
    with pytest.raises(PortraitError, match=r"lasts 0.48 s; the range asked for holds no two frames"):
        open_footage(path, 3.0, 4.0)


def test_a_variable_rate_becomes_even(tmp_path: Path) -> None:
    """Each frame of the even grid shows the picture nearest in time, repeated over a long pause."""
    times = [Fraction(n, 25) for n in (0, 1, 2, 3, 4, 5, 9, 10, 11, 12, 13, 14)]
    path = film(tmp_path / "a.mp4", brightening(12), times)
    footage = open_footage(path)
    shown = np.array(levels(path))
    recorded = np.array([float(t) for t in times])
    nearest = [np.abs(recorded - i / float(footage.rate)).argmin() for i in range(footage.n_frames)]
    assert len(shown) == footage.n_frames
    assert np.abs(shown - nearest).max() <= 1
    assert (np.diff(shown) == 0).any()


@pytest.mark.parametrize(
    ("times", "average", "found"),
    [
        ([Fraction(n, 25) for n in range(40)], Fraction(25000, 1001), (Fraction(25), False)),
        ([Fraction(n, 25) for n in range(40)], None, (Fraction(25), False)),
        ([Fraction(1001 * n, 24000) for n in range(9)], Fraction(24000, 1001), (Fraction(24000, 1001), False)),
        ([Fraction(10 * n + n % 2, 300) for n in range(60)], Fraction(360000, 11993), (Fraction(30), False)),
        ([Fraction(11993 * n, 360000) for n in range(4000)], Fraction(360000, 11993), (Fraction(30), True)),
        ([Fraction(n, 10) for n in range(40)], Fraction(10), (Fraction(10), False)),
        ([Fraction(n, 60) for n in range(40)], Fraction(90000), (Fraction(60), False)),
        ([Fraction(n, 240) for n in range(40)], Fraction(240), (Fraction(120), False)),
    ],
)
def test_a_phone_s_rate_is_one_that_is_in_use(
    times: list[Fraction], average: Fraction | None, found: tuple[Fraction, bool]
) -> None:
    """Where the times fit a standard rate it is that, whatever the file names; a drift beyond counts as uneven."""
    assert _rate(times, average) == found


@pytest.mark.parametrize(
    ("times", "average", "says"),
    [
        ([Fraction(n, 25) for n in range(40)], Fraction(25), None),
        ([Fraction(round(1000 * n / 30), 1000) for n in range(400)], Fraction(30), None),
        (
            [Fraction(n, 25) for n in range(40)],
            Fraction(25000, 1001),
            "a.mp4 says 24.975 fps; it is captured at 25 fps",
        ),
        (
            [Fraction(10 * n + n % 3, 300) for n in range(60)],
            Fraction(360000, 11993),
            "7 ms early or late; it is captur",
        ),
        ([Fraction(11993 * n, 360000) for n in range(4000)], Fraction(360000, 11993), "variable frame rate; it is"),
        ([Fraction(n, 240) for n in range(40)], Fraction(240), "a.mp4 says 240 fps; it is captured at 120 fps"),
    ],
)
def test_a_rate_that_is_not_the_file_s_is_told(times: list[Fraction], average: Fraction, says: str | None) -> None:
    """Jitter, a drift, an average that is no rate and frames left out are told in a line; what is rounded is not."""
    rate, is_variable = _rate(times, average)
    told = _jitter(Path("a.mp4"), times, rate, average, is_variable=is_variable)
    assert len(told) == (says is not None) and (says is None or says in told[0]), told


@pytest.mark.parametrize("degrees", [90, 270])
def test_a_telephone_video_stands_upright(degrees: int, tmp_path: Path) -> None:
    """A video recorded on its side is turned as a player turns it."""
    pictures = np.zeros((4, 32, SIDE, 3), np.uint8)
    pictures[:, :, : SIDE // 2] = 200  # the left half is bright
    path = turned(film(tmp_path / "a.mp4", pictures), degrees)
    footage = open_footage(path)
    assert (footage.width, footage.height) == (32, SIDE)
    upright = next(footage.pictures()).mean(axis=(1, 2))
    top = upright[: SIDE // 2].mean()
    bottom = upright[SIDE // 2 :].mean()
    assert bool(top > bottom) is (degrees == 90)
    assert abs(top - bottom) > 100


def test_sound_is_as_long_as_the_pictures(tmp_path: Path) -> None:
    """Sound that goes on is cut, sound that ends early is followed by silence, and both are told."""
    tone = np.sin(np.arange(48_000 * 2) * 0.05).astype(np.float32)
    soundfile.write(tmp_path / "t.wav", tone, 48_000)
    write_video(tmp_path / "long.mkv", brightening(50), Fraction(25), sound=tmp_path / "t.wav")
    sound, told = sound_of(open_footage(shorter_pictures(tmp_path / "long.mkv", tmp_path / "a.mkv"), 0.0, 0.4))
    assert len(sound) == round(0.4 * 48_000)
    assert "1.01 s of sound after the last picture are left out" in told[0]  # AAC ends with a whole block
    soundfile.write(tmp_path / "t.wav", tone[:12_000], 48_000)
    write_video(tmp_path / "b.mkv", brightening(25), Fraction(25), sound=tmp_path / "t.wav")
    sound, told = sound_of(open_footage(tmp_path / "b.mkv"))
    assert len(sound) == 48_000
    assert not sound[-12_000:].any()
    assert "before the pictures" in told[0]


def test_sound_beneath_pictures_not_asked_for_is_nothing_to_tell(tmp_path: Path) -> None:
    """A range leaves pictures out and their sound with them."""
    soundfile.write(tmp_path / "t.wav", np.zeros(48_000, np.float32), 48_000)
    write_video(tmp_path / "a.mkv", brightening(25), Fraction(25), sound=tmp_path / "t.wav")
    sound, told = sound_of(open_footage(tmp_path / "a.mkv", 0.2, 0.6))
    assert len(sound) == round(0.4 * 48_000)
    assert told == []


@pytest.mark.parametrize("late_s", [0.0, 0.2, -0.1])
def test_late_sound_is_moved_to_its_pictures(late_s: float, tmp_path: Path) -> None:
    """A click half a second in, of a sound that is late, is heard that much earlier; the sound's length stays."""
    click = np.zeros(48_000, np.float32)
    click[24_000:24_048] = 0.9
    soundfile.write(tmp_path / "t.wav", click, 48_000)
    write_video(tmp_path / "a.mkv", brightening(25), Fraction(25), sound=tmp_path / "t.wav")
    sound, _ = sound_of(open_footage(tmp_path / "a.mkv"), late_s)
    assert len(sound) == 48_000
    assert abs(int(np.abs(sound).argmax()) - (0.5 - late_s) * 48_000) < 480


def test_no_sound_is_told(tmp_path: Path) -> None:
    """A silent video gives no samples and a sentence."""
    sound, told = sound_of(open_footage(film(tmp_path / "a.mp4", brightening(4))))
    assert len(sound) == 0
    assert "has no sound" in told[0]


def test_what_is_no_video_is_refused(tmp_path: Path) -> None:
    """Missing files, text, sound and single pictures each get their sentence."""
    with pytest.raises(PortraitError, match="no file"):
        open_footage(tmp_path / "none.mp4")
    (tmp_path / "text.mp4").write_text("no video")
    with pytest.raises(PortraitError, match="no video that can be read"):
        open_footage(tmp_path / "text.mp4")
    soundfile.write(tmp_path / "t.wav", np.zeros(100), 16_000)
    with pytest.raises(PortraitError, match="holds no picture"):
        open_footage(tmp_path / "t.wav")
    with pytest.raises(PortraitError, match=r"1 picture\(s\);"):
        open_footage(film(tmp_path / "one.mp4", brightening(1)))


def test_a_cut_is_found_and_light_is_not(tmp_path: Path) -> None:
    """Another picture is a cut; a scene that brightens steadily is none."""
    finder = CutFinder()
    for picture in brightening(20):
        finder.look(picture)
    assert finder.cuts() == []
    finder = CutFinder()
    for picture in np.concatenate([brightening(8), 255 - brightening(8)]):
        finder.look(picture)
    assert finder.cuts() == [8]


def test_a_large_video_is_cropped(tmp_path: Path) -> None:
    """A 4K picture gives a crop of the asked size around the face."""
    path = film(tmp_path / "a.mp4", brightening(2, 2160, 3840))
    footage = open_footage(path)
    crop = stable_crop(faces(2, (2000.0, 900.0), 500.0)[:, 0], footage.width, footage.height, 64)
    assert crop.picture(next(footage.pictures())).shape == (64, 64, 3)
    assert crop.left < 1750 < 2250 < crop.left + crop.side


def test_points_and_pixels_of_a_crop_agree() -> None:
    """A mark in the picture lies in the crop where its point does."""
    picture = np.zeros((120, 160, 3), np.uint8)
    picture[58:62, 78:82] = 255
    crop = stable_crop(faces(1, (85.0, 60.0), 40.0)[:, 0], 160, 120, 32)
    small = crop.picture(picture).mean(axis=2)
    rows, columns = np.mgrid[:32, :32] + 0.5
    seen = np.array([(small * columns).sum(), (small * rows).sum()]) / small.sum()
    assert np.abs(seen - crop.points(np.array([80.0, 60.0], np.float32))).max() < 0.5


def test_the_crop_stays_in_the_picture() -> None:
    """A face at the edge gets a crop that ends there."""
    crop = stable_crop(faces(3, (12.0, 15.0), 30.0)[:, 0], 100, 80, 32)
    assert crop.left >= 0 <= crop.top
    assert crop.left + crop.side <= 100
    assert crop.top + crop.side <= 80


def test_a_damaged_video_names_the_frame(tmp_path: Path) -> None:
    """A video that breaks off inside is either shortened or refused by a sentence, never by a traceback."""
    random = np.random.default_rng(0)
    path = film(tmp_path / "a.mkv", random.integers(0, 255, (10, SIDE, SIDE, 3), dtype=np.uint8))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    try:
        number = sum(1 for _ in open_footage(path).pictures())
    except (PortraitError, av.FFmpegError) as error:
        assert isinstance(error, PortraitError)
    else:
        assert 0 < number < 10


@pytest.mark.parametrize("suffix", [".ts", ".mp4", ".mkv"])
@pytest.mark.parametrize("begin_s", [0.0, 0.4])
def test_sound_that_starts_late_is_late(tmp_path: Path, suffix: str, begin_s: float) -> None:
    """Sound that the container presents after the first picture has silence before it, wherever the clock begins."""
    click = np.zeros(48_000, np.float32)
    click[9_600:9_648] = 0.9
    late = film(tmp_path / f"late{suffix}", brightening(50), sound=click, sound_s=0.666)
    sound, _ = sound_of(open_footage(late, begin_s))
    assert abs(int(np.abs(sound).argmax()) / 48_000 - (0.2 + 0.666 - begin_s)) < 0.005


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_a_film_that_breaks_off_is_told(share: float, tmp_path: Path) -> None:
    """Of a film cut in the middle, as a copy that was stopped, no part is taken for the whole."""
    path = film(tmp_path / "a.mp4", brightening(25))
    path.write_bytes(path.read_bytes()[: round(share * path.stat().st_size)])
    with pytest.raises(PortraitError, match=r"a.mp4 (breaks off in the middle|is no video that can be read)"):
        open_footage(path)


def test_a_film_whose_pictures_change_their_size_is_told(tmp_path: Path) -> None:
    """Two films of other sizes, one after the other in one file, are no one clip."""
    parts = [film(tmp_path / f"{side}.ts", brightening(8, side, side)) for side in (64, 128)]
    (tmp_path / "both.ts").write_bytes(b"".join(part.read_bytes() for part in parts))
    with pytest.raises(PortraitError, match=r"both.ts: frame \d+ \(.*\) cannot be decoded"):
        list(open_footage(tmp_path / "both.ts").pictures())
