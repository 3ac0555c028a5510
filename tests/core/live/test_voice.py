"""A voice while it speaks: curves from a window of sound, and packets of them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from facetake import audio, generate, inference, mouth, rig
from facetake.emotion import weights
from facetake.errors import LiveError
from facetake.live import LiveFrame, LiveOptions, LivePerformer, SteadyClock, now_s, stream_voice
from facetake.live.performer import LiveCurves
from facetake.postprocess.silence import HELD_COLUMNS

LINE = Path(__file__).parents[3] / "examples" / "line.wav"
NEUTRAL = weights("neutral", "test")


@pytest.fixture(scope="module")
def models() -> inference.Models:
    """The shipped networks."""
    return inference.load()


def performed(models: inference.Models, sound: np.ndarray, block: int = 320) -> list[LiveCurves]:
    """What a performer makes of a sound that comes in blocks."""
    performer = LivePerformer(models, NEUTRAL, LiveOptions(energy=0.0))
    made = [performer.hear(sound[at : at + block].astype(np.float32)) for at in range(0, len(sound), block)]
    return [one for one in made if one is not None]


def test_a_voice_is_performed_as_a_whole_line_is(models: inference.Models) -> None:
    """Frames come once, in order, none earlier than allowed, and agree with the take that hears the line as a whole."""
    sound = audio.read(LINE)
    made = performed(models, sound)
    ends = [one.first + len(one.values) for one in made]
    assert [one.first for one in made] == [0, *ends[:-1]]
    newest = len(sound) * 60 // 16_000
    assert newest - 7 - 3 <= ends[-1] <= newest - 7
    live = np.concatenate([one.values for one in made])
    options = generate.GenerateOptions(energy=0.0, blink=False, gaze=False, head=False)
    whole = generate.generate(LINE, options, models).take.values[: len(live)]
    assert np.corrcoef(mouth.aperture(live), mouth.aperture(whole))[0, 1] > 0.8
    assert np.corrcoef(mouth.pucker(live), mouth.pucker(whole))[0, 1] > 0.9
    assert (live >= rig.MINIMUM).all() and (live <= rig.MAXIMUM).all()


def test_a_mouth_rests_in_silence_and_the_face_lives(models: inference.Models) -> None:
    """Without a voice what sound alone moves is at rest, and the eyes blink."""
    made = performed(models, np.zeros(16_000 * 8))
    values = np.concatenate([one.values for one in made])
    assert np.abs(values[:, HELD_COLUMNS] - values[0, HELD_COLUMNS]).max() < 0.02
    assert mouth.aperture(values).max() < 0.03
    assert values[:, rig.both("eye_blink")].max() > 0.9
    assert np.ptp(np.concatenate([one.head for one in made]), axis=0).max() > 0.1


def test_a_performer_that_was_held_up_goes_on_with_what_is_new(models: inference.Models) -> None:
    """Ten seconds that come at once give the frames that the window reaches, and no second of them."""
    line = np.pad(audio.read(LINE)[: 4 * 16_000], (6 * 16_000, 0))
    held_up, fresh = (LivePerformer(models, NEUTRAL, LiveOptions(energy=0.0)) for _ in range(2))
    for _ in range(10):
        held_up.hear(np.zeros(1600, np.float32))
    made, whole = held_up.hear(line), fresh.hear(np.pad(line, (16_000, 0)))
    assert made is not None and (made.first, len(made.values)) == (660 - 90, 90 - 7)
    assert whole is not None and np.array_equal(made.values, whole.values)


class Listening:
    """A voice that is over at once."""

    clock = SteadyClock(now_s())

    def __iter__(self) -> Iterator[np.ndarray]:
        yield from np.zeros((30, 320), np.float32)


class Numbering:
    """Stands for a performer: a frame a block."""

    options = LiveOptions()

    def __init__(self) -> None:
        self.count = 0

    def hear(self, _samples: np.ndarray) -> LiveCurves:
        """The next frame."""
        self.count += 1
        return LiveCurves(self.count - 1, np.zeros((1, rig.N_CONTROLS), np.float32), np.zeros((1, 3), np.float32))


class Wire:
    """Notes which frames go out, and fails where it was told to."""

    def __init__(self, error: Exception | None = None) -> None:
        self.sent: list[Fraction] = []
        self.error = error
        self.threads: set[str] = set()

    def encode(self, frame: LiveFrame) -> list[bytes]:
        """Notes it."""
        self.sent.append(frame.instant_s)
        return [b"x"]

    def send(self, _packet: bytes) -> None:
        """Fails, or does nothing."""
        self.threads.add(threading.current_thread().name)
        if self.error is not None:
            raise self.error


def test_packets_of_a_voice_keep_their_order() -> None:
    """However late frames are, none is sent after a newer one, and each is sent or counted as left out."""
    wire = Wire()
    result = stream_voice(Listening(), Numbering(), [(wire, wire)])  # type: ignore[arg-type]
    assert wire.sent == sorted(set(wire.sent)) and wire.sent[-1] == Fraction(29, 60)
    assert result.sent + result.skipped == 30 and result.sent == len(wire.sent)
    assert wire.threads == {"send"}


def test_a_network_that_goes_ends_a_voice() -> None:
    """What the sending thread meets is raised where the voice is heard."""
    wire = Wire(LiveError("the network is gone"))
    with pytest.raises(LiveError, match="the network is gone"):
        stream_voice(Listening(), Numbering(), [(wire, wire)])  # type: ignore[arg-type]
