"""Sound out of films and of whatever else PyAV opens (M4A, AAC), each sample at the time it is presented.

Where there is a picture, its first frame is the instant 0: silence stands before sound that starts later, and in its
gaps; sound before the picture is left out. Without a picture the first sample is the instant 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import numpy as np

from facetake.audio import boxes
from facetake.audio.stretches import Stretch, Stretches
from facetake.audio.units import Floats
from facetake.audio.whole import TruncatedError
from facetake.errors import AudioError

GAP_S: Final = Fraction(3, 100)  # by which a time may miss the samples' count: containers round, and clocks jitter
BACK_S: Final = 1  # a time further back is another clock, as of films glued together
SILENCE_MOST_S: Final = 6 * 3600  # of gaps together; what goes beyond is a broken clock
SHORT_S: Final = Fraction(1, 2)  # by which a file may be shorter than it says without a word
SILENCE_AT_ONCE: Final = 1 << 16  # samples
LOOKED_AT: Final = 64  # packets, to find the first picture: more than any codec puts in another order
PICTURES: Final = ("mjpeg", "png", "bmp", "gif", "tiff", "webp", "jpegls")
DELAYS: Final = {"aac": 1024, "mp3": 1105, "mp3float": 1105}  # samples, of most encoders
SPEEX_DELAYS: Final = {8_000: 80, 16_000: 223, 32_000: 508}  # samples, by the samples a second
GLUED: Final = "has another film or recording glued behind it, which is not heard; join them with a film editor"
SAMPLES_8 = 1 << 7  # full scale of 8 bits, and, as they have no sign, their middle
SAMPLES_16 = 1 << 15  # full scale of 16 bits
SAMPLES_32 = 1 << 31  # full scale of 32 bits
_KINDS: Final = {"u8": "u1", "s16": "i2", "s32": "i4", "flt": "f4", "dbl": "f8"}
_SCALES: Final = {"u1": SAMPLES_8, "i2": SAMPLES_16, "i4": SAMPLES_32}


def open_container(path: Path) -> Any:
    """A file opened by PyAV for reading, whatever alphabet its titles are written in.

    Raises:
        av.FFmpegError: it cannot be opened.
    """
    import av

    return av.open(str(path), metadata_errors="replace")


@contextmanager
def _opened(path: Path, pieces: Sequence[bytes | Stretch]) -> Iterator[Any]:
    """A file, or what is put together from pieces of it, opened by PyAV."""
    import av

    if not pieces:
        with open_container(path) as container:
            yield container
        return
    with (
        path.open("rb") as file,
        av.open(Stretches(file, pieces), metadata_errors="replace") as container,
    ):
        yield container


def first_picture_s(container: Any) -> Fraction | None:
    """When the first picture is presented, in seconds of the container's clock; None without moving pictures.

    Reads on in `container`, which has to be opened again for anything else.
    """
    films = [stream for stream in container.streams.video if not _is_cover(stream)]
    if not films:
        return None
    times: list[Fraction] = []
    for packet in container.demux(films[0]):
        if packet.pts is not None and not packet.is_discard:
            times.append(packet.pts * packet.time_base)
        if len(times) == LOOKED_AT:
            break
    return min(times, default=None)


def _is_cover(stream: Any) -> bool:
    """Whether a picture is the cover of a recording and not a film."""
    disposition = getattr(stream, "disposition", None)
    if disposition is not None:
        return bool(disposition & disposition.__class__.attached_pic)
    return stream.codec_context.name in PICTURES and stream.frames <= 1


class Container:
    """One sound track of a file that libsndfile does not read, as a `SoundSource`."""

    def __init__(
        self,
        path: Path,
        zero_s: Fraction | None,
        end_s: Fraction | None,
        left_out: int,
        told: tuple[str, ...],
        pieces: Sequence[bytes | Stretch] = (),
        promised_s: Fraction | None = None,
    ) -> None:
        """Made by `open` and `part`."""
        self._path = path
        self._zero_s = zero_s
        self._end_s = end_s
        self._left_out = left_out
        self._pieces = pieces
        self._promised_s = promised_s
        self.told = told

    @classmethod
    def open(
        cls, path: Path, reason: str | None = None, zero_s: Fraction | None = None, told: tuple[str, ...] = ()
    ) -> Container:
        """Looks at a file.

        Args:
            path: the file.
            reason: why libsndfile did not read it, if it was asked.
            zero_s: the instant 0 on the container's clock; by default that of the first picture.
            told: what is known of it before.

        Raises:
            AudioError: PyAV is not installed, or there is no sound in it.
        """
        why = f" ({reason})" if reason else ""
        try:
            import av
        except ImportError as error:
            raise AudioError(
                f'cannot read {path} as sound{why}; for M4A, AAC or video: pip install "facetake[preview]"'
            ) from error
        try:
            with path.open("rb") as file:
                about = boxes.look(file, path.stat().st_size)
            with open_container(path) as container:
                if not container.streams.audio:
                    raise AudioError(f"{path} holds no sound; give a recording such as a WAV file")
                rate_hz = container.streams.audio[0].rate
                n_tracks = len(container.streams.audio)
                promised_s = _promised_s(container)
                end_s = _end_s(container.streams.audio[0])
                zero_s = first_picture_s(container) if zero_s is None else zero_s
            left_out = 0 if zero_s is not None or about.tells_delays else _delay(path)
        except TruncatedError as error:
            raise AudioError(f"{path} is truncated: {error}; copy it again") from error
        except (av.FFmpegError, AttributeError, IndexError, ValueError) as error:  # PyAV leaves out what it cannot tell
            raise AudioError(f"{path} is not a sound file that can be read{why}; export it as WAV") from error
        told += (GLUED,) if about.is_glued else ()
        told += (f"has {n_tracks} sound tracks, of which the first is heard",) if n_tracks > 1 else ()
        if left_out:
            ms = 1000 * left_out / rate_hz
            told += (f"does not say how late its encoder made it; the usual {ms:.0f} ms are taken off",)
        return cls(path, zero_s, end_s, left_out, told, promised_s=promised_s)

    def part(self, pieces: Sequence[bytes | Stretch]) -> Container:
        """The same as if the file were put together from these pieces, of which the first is its head.

        Only where the file's own beginning is among them is an encoder's delay left out.
        """
        left_out = self._left_out if isinstance(pieces[0], tuple) else 0
        return Container(self._path, None, None, left_out, (), pieces)

    def blocks(self, block_s: float) -> Iterator[tuple[int, Floats]]:
        """As of any source."""
        gathered = list[Floats]()
        count = 0
        now = (0, 0)
        done_s = Fraction(0)
        for rate_hz, piece in _placed(_ended(self._frames(), self._end_s), self._zero_s):
            if gathered and (now != (rate_hz, piece.shape[1]) or count >= block_s * rate_hz):
                yield now[0], np.concatenate(gathered)
                gathered = []
                count = 0
            gathered.append(piece)
            done_s += Fraction(len(piece), rate_hz)
            count = count + len(piece)
            now = (rate_hz, piece.shape[1])
        if gathered:
            yield now[0], np.concatenate(gathered)
        if self._promised_s is not None and self._promised_s - done_s > SHORT_S:
            said = f"{float(self._promised_s):.2f} s"
            told = f"says that it is {said} long, but ends after {float(done_s):.2f} s; it is damaged or cut"
            self.told = tuple(dict.fromkeys((*self.told, told)))

    def _frames(self) -> Iterator[tuple[int, Fraction | None, Floats]]:
        """Rate, time and samples (s, channels) of every frame."""
        import av

        left_out = self._left_out
        try:
            with _opened(self._path, self._pieces) as container:
                track = container.streams.audio[0]
                is_lost = False
                for packet in container.demux(track):
                    try:
                        frames = packet.decode()
                    except av.InvalidDataError:  # silence in its place, unless it is the last
                        is_lost = True
                        continue
                    is_lost = is_lost and packet.size == 0
                    for frame in frames:
                        time_base = frame.time_base or track.time_base
                        is_timed = frame.pts is not None and not self._pieces  # pieces lie end to end
                        time_s = Fraction(frame.pts) * time_base if is_timed else None
                        skipped = min(left_out, frame.samples)
                        left_out -= skipped
                        if time_s is not None:
                            time_s += Fraction(skipped, frame.sample_rate)
                        yield frame.sample_rate, time_s, _samples(frame)[skipped:]
        except (av.FFmpegError, IndexError, ValueError) as error:  # in a part of a file there may be no sound
            reason = getattr(error, "strerror", None) or error
            raise AudioError(f"{self._path} is damaged: {reason}; export it again") from error
        if is_lost:
            raise AudioError(f"{self._path} is truncated: its last frame does not decode; copy it again")


def _promised_s(container: Any) -> Fraction | None:
    """How long a Matroska file of one sound says that it is; libav ends it without a word where it is damaged."""
    is_alone = len(container.streams) == 1 and "matroska" in container.format.name.split(",")
    return Fraction(container.duration, 1_000_000) if is_alone and container.duration else None


def _delay(path: Path) -> int:
    """Samples of the encoder's delay that are in the sound because its container has no word for them; 0 if it has."""
    with open_container(path) as container:
        if "mp3" in container.format.name.split(","):
            return 0
        track = container.streams.audio[0]
        usual = DELAYS.get(track.codec_context.name, 0)
        if track.codec_context.name in ("speex", "libspeex"):
            return SPEEX_DELAYS.get(track.rate, 0)
        first = None
        for packet in container.demux(track):
            first = packet.pts if first is None else first
            if frames := packet.decode():
                is_taken_off = first is not None and frames[0].pts is not None and frames[0].pts > first
                return 0 if is_taken_off else usual
    return 0


def _end_s(track: Any) -> Fraction | None:
    """Where a sound track of an MP4 ends by its edit list; None where nothing says so."""
    if not track.duration or "mp4" not in track.container.format.name.split(","):
        return None
    return Fraction((track.start_time or 0) + track.duration) * Fraction(track.time_base)


def _ended(
    frames: Iterator[tuple[int, Fraction | None, Floats]], end_s: Fraction | None
) -> Iterator[tuple[int, Fraction | None, Floats]]:
    """Frames, of which the last is cut at the track's end: what an encoder filled it up with is no sound."""
    last = None
    for frame in frames:
        if last is not None:
            yield last
        last = frame
    if last is None:
        return
    rate_hz, time_s, samples = last
    if end_s is not None and time_s is not None and time_s < end_s:
        samples = samples[: round((end_s - time_s) * rate_hz)]
    yield rate_hz, time_s, samples


def _samples(frame: Any) -> Floats:
    """Samples (s, channels) of -1 to 1.

    PyAV's own `to_ndarray` counts a plane too many where there are eight channels, and reads beyond the frame.
    ValueError for samples of another kind.
    """
    kind = _KINDS.get(frame.format.name.removesuffix("p"))
    channels = len(frame.layout.channels)
    if kind is None:
        raise ValueError(f"samples of the kind {frame.format.name}")
    if frame.format.is_planar:
        rows = [np.frombuffer(plane, kind, frame.samples) for plane in tuple(frame.planes)[:channels]]
        values = np.stack(rows, axis=1)
    else:
        values = np.frombuffer(frame.planes[0], kind, frame.samples * channels).reshape(frame.samples, channels)
    scale = _SCALES.get(values.dtype.str[1:])
    if scale is None:
        return np.ascontiguousarray(values, np.float32)
    middle = SAMPLES_8 if scale == SAMPLES_8 else 0
    return np.ascontiguousarray((values.astype(np.float32) - middle) / scale)


def _placed(
    frames: Iterator[tuple[int, Fraction | None, Floats]], zero_s: Fraction | None
) -> Iterator[tuple[int, Floats]]:
    """Rate and samples of frames, with silence where they are apart and without what overlaps.

    Args:
        frames: rate, time and samples (s, channels) of each.
        zero_s: where the first sample stands; by default at the first frame's time.
    """
    now_s = zero_s
    has_begun = zero_s is None
    silence_s = Fraction(0)
    shift_s = Fraction(0)
    for rate_hz, time_s, samples in frames:
        now_s = (time_s or Fraction(0)) if now_s is None else now_s
        apart_s = Fraction(0) if time_s is None else time_s + shift_s - now_s
        is_other_clock = silence_s + apart_s > SILENCE_MOST_S or (has_begun and apart_s < -BACK_S)
        if is_other_clock:
            shift_s -= apart_s
        elif not has_begun or abs(apart_s) > GAP_S:
            missing = round(apart_s * rate_hz)
            for count in _steps(missing):
                yield rate_hz, np.zeros((count, samples.shape[1]), np.float32)
            silence_s += Fraction(max(missing, 0), rate_hz)
            now_s += Fraction(max(missing, 0), rate_hz)
            samples = samples[max(-missing, 0) :]
        if len(samples):
            has_begun = True
            yield rate_hz, samples
            now_s += Fraction(len(samples), rate_hz)


def _steps(count: int) -> Iterator[int]:
    """Counts, none of them large, that add up to `count`."""
    while count > 0:
        yield min(count, SILENCE_AT_ONCE)
        count -= SILENCE_AT_ONCE
