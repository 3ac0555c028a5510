"""Sound stands where its container says: at the picture's time, with its gaps, in files titled in any alphabet."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from facetake import audio
from facetake.errors import AudioError

av = pytest.importorskip("av", reason="containers need PyAV")

RATE_HZ = 48_000
SIZE = 1024
SECONDS = 6
CLICKS_S = (2, 5)


def clicking() -> np.ndarray:
    """Hiss with a click at two and at five seconds, (S,)."""
    sound = (1e-3 * np.random.default_rng(0).normal(size=RATE_HZ * SECONDS)).astype(np.float32)
    for second in CLICKS_S:
        sound[second * RATE_HZ : second * RATE_HZ + 480] = 0.8 * np.sin(0.3 * np.arange(480))
    return sound


def film(
    path: Path, *, sound_s: float = 0.0, picture_s: float | None = 0.0, gap_s: float = 0.0, title: str = ""
) -> Path:
    """AAC of the clicks that starts at `sound_s`, with a gap at 3 s, beneath pictures from `picture_s` on, if any."""
    with av.open(str(path), "w") as container:
        container.metadata["title"] = title
        video = container.add_stream("libx264", rate=25) if picture_s is not None else None
        track = container.add_stream("aac", rate=RATE_HZ, layout="mono")
        if video is not None and picture_s is not None:
            video.width = 64
            video.height = 64
            video.pix_fmt = "yuv420p"
            for number in range(25 * SECONDS):
                frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), 30 + number % 20, np.uint8), format="rgb24")
                frame.pts = number + round(picture_s * 25)
                frame.time_base = Fraction(1, 25)
                container.mux(video.encode(frame))
            container.mux(video.encode(None))
        sound = clicking()
        for first in range(0, len(sound) - SIZE, SIZE):
            frame = av.AudioFrame.from_ndarray(sound[None, first : first + SIZE], format="fltp", layout="mono")
            after_gap = gap_s if first >= 3 * RATE_HZ else 0.0
            frame.sample_rate = RATE_HZ
            frame.time_base = Fraction(1, RATE_HZ)
            frame.pts = first + round((sound_s + after_gap) * RATE_HZ)
            container.mux(track.encode(frame))
        container.mux(track.encode(None))
    return path


def clicks_s(sound: np.ndarray, rate_hz: int = audio.SAMPLE_RATE_HZ) -> list[float]:
    """When the clicks are heard."""
    loud = np.flatnonzero(np.abs(sound) > 0.3)
    return [float(at) / rate_hz for i, at in enumerate(loud) if i == 0 or at - loud[i - 1] > rate_hz // 4]


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".ts"])
@pytest.mark.parametrize(
    ("sound_s", "picture_s", "gap_s"),
    [(0.0, 0.0, 0.0), (1.4, 0.0, 0.0), (0.0, 0.52, 0.0), (0.0, 0.0, 1.0), (0.511, 0.2, 0.25), (0.3, 1.0, 0.0)],
)
def test_sound_stands_beneath_its_picture(
    tmp_path: Path, suffix: str, sound_s: float, picture_s: float, gap_s: float
) -> None:
    """Sound that starts late or early, and gaps: each click is heard where a player plays it beneath the picture."""
    path = film(tmp_path / f"a{suffix}", sound_s=sound_s, picture_s=picture_s, gap_s=gap_s)
    wanted = [2.0 + sound_s - picture_s, 5.0 + sound_s + gap_s - picture_s]

    assert np.allclose(clicks_s(audio.read(path)), wanted, atol=0.003)


@pytest.mark.parametrize("suffix", [".m4a", ".mkv", ".ts"])
@pytest.mark.parametrize("gap_s", [0.0, 1.0])
def test_a_recording_begins_with_its_first_sample(tmp_path: Path, suffix: str, gap_s: float) -> None:
    """Without a picture the first sample is the instant 0, wherever the container's clock starts; gaps stay."""
    path = film(tmp_path / f"a{suffix}", sound_s=0.0 if suffix == ".m4a" else 0.7, picture_s=None, gap_s=gap_s)

    assert np.allclose(clicks_s(audio.read(path)), [2.0, 5.0 + gap_s], atol=0.003)


@pytest.mark.parametrize("block_s", [0.03, 1.7])
def test_blocks_of_a_film_make_the_whole(tmp_path: Path, block_s: float) -> None:
    """A film read in blocks of any size gives the same samples, as many as promised."""
    path = film(tmp_path / "a.mkv", sound_s=0.4, gap_s=1.0)
    with audio.stream(path, block_s) as stream:
        samples = np.concatenate(list(stream))

        assert len(samples) == stream.n_samples
        assert np.abs(samples - audio.read(path)).max() < 1e-6


def test_the_instant_zero_can_be_chosen(tmp_path: Path) -> None:
    """Sound before a chosen instant of the container's clock is left out; after its end there is none."""
    path = film(tmp_path / "a.mkv", sound_s=0.5)
    with audio.stream(path, zero_s=Fraction(3)) as stream:
        assert np.allclose(clicks_s(np.concatenate(list(stream))), [2.5], atol=0.003)
    with audio.stream(path, zero_s=Fraction(100)) as stream:
        assert list(stream) == []


def test_films_glued_together_go_on(tmp_path: Path) -> None:
    """Where the clock of a stream starts anew, its sound goes on and is not taken for an overlap."""
    whole = film(tmp_path / "a.ts").read_bytes()
    (tmp_path / "b.ts").write_bytes(whole + whole)
    heard = clicks_s(audio.read(tmp_path / "b.ts"))

    assert np.allclose(heard, [2.0, 5.0, heard[2], heard[2] + 3.0], atol=0.003)
    assert 7.9 < heard[2] < 8.1


def copied(new: Any, stream: Any) -> Any:
    """A stream of a new file for the packets of an old one; PyAV before 14 has it in another function."""
    if hasattr(new, "add_stream_from_template"):
        return new.add_stream_from_template(stream)
    return new.add_stream(template=stream)


@pytest.mark.skipif(not hasattr(av.stream, "Disposition"), reason="this PyAV is too old to write a cover")
def test_a_cover_is_no_picture(tmp_path: Path) -> None:
    """The cover of a recording has no time, and moves nothing."""
    path = tmp_path / "a.mkv"
    film(path, picture_s=None, sound_s=0.7)
    with av.open(str(path)) as old, av.open(str(tmp_path / "b.mp4"), "w") as new:
        sound = copied(new, old.streams.audio[0])
        cover = new.add_stream("png", rate=1)
        cover.width = 8
        cover.height = 8
        cover.pix_fmt = "rgb24"
        cover.disposition = av.stream.Disposition.attached_pic
        picture = av.VideoFrame.from_ndarray(np.zeros((8, 8, 3), np.uint8), format="rgb24")
        picture.pts = 0
        new.mux(cover.encode(picture))
        for packet in old.demux(old.streams.audio[0]):
            if packet.dts is not None:
                packet.stream = sound
                new.mux(packet)

    assert abs(clicks_s(audio.read(tmp_path / "b.mp4"))[0] - 2.0) < 0.03


@pytest.mark.parametrize("title", ["三月十日采访".encode("gbk"), "запись".encode("cp1251"), "収録".encode("shift_jis")])
def test_titles_in_any_alphabet(tmp_path: Path, title: bytes) -> None:
    """Text that is not UTF-8, as QuickTime of other alphabets writes it, keeps no film or recording from being read."""
    from facetake.portrait.video.footage import open_footage, sound_of

    mark = "x" * len(title)
    path = film(tmp_path / "a.mov", title=mark)
    data = path.read_bytes()
    assert mark.encode() in data
    path.write_bytes(data.replace(mark.encode(), title))

    alone = film(tmp_path / "a.m4a", title=mark, picture_s=None)
    alone.write_bytes(alone.read_bytes().replace(mark.encode(), title))

    assert title in path.read_bytes() and title in alone.read_bytes()
    assert np.allclose(clicks_s(audio.read(path)), CLICKS_S, atol=0.003)
    assert np.allclose(clicks_s(audio.read(alone)), CLICKS_S, atol=0.003)
    assert np.allclose(clicks_s(sound_of(open_footage(path))[0], RATE_HZ), CLICKS_S, atol=0.003)


def test_a_film_without_sound_says_so(tmp_path: Path) -> None:
    """A film that has pictures alone is no recording."""
    with av.open(str(tmp_path / "a.mp4"), "w") as container:
        video = container.add_stream("libx264", rate=25)
        video.width = 64
        video.height = 64
        video.pix_fmt = "yuv420p"
        container.mux(video.encode(av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")))
        container.mux(video.encode(None))

    with pytest.raises(AudioError, match="holds no sound"):
        audio.read(tmp_path / "a.mp4")


@pytest.mark.parametrize("layout", ["mono", "stereo", "5.1", "7.1"])
def test_every_channel_of_a_film_is_its_own(tmp_path: Path, layout: str) -> None:
    """Of 7.1, whose eight planes PyAV counts as nine, each channel is heard and nothing beyond the frame."""
    from facetake.audio.containers import Container

    path = tmp_path / "a.m4a"
    count = len(av.AudioLayout(layout).channels)
    sound = np.stack([np.sin(np.arange(9600) / (9.0 + n)) for n in range(count)]).astype(np.float32) * 0.3
    with av.open(str(path), "w", format="ipod") as container:
        track = container.add_stream("aac", rate=48_000, layout=layout, options={"b": "512k"})
        for first in range(0, 9600 - 1023, 1024):
            frame = av.AudioFrame.from_ndarray(
                sound[:, first : first + 1024].T.reshape(1, -1).copy(), format="flt", layout=layout
            )
            frame.sample_rate = 48_000
            frame.pts = first
            container.mux(track.encode(frame))
        container.mux(track.encode(None))
    blocks = [block for _, block in Container.open(path).blocks(1.0)]
    assert {block.shape[1] for block in blocks} == {count}
    assert np.isfinite(np.concatenate(blocks)).all() and np.abs(np.concatenate(blocks)).max() < 1.0
