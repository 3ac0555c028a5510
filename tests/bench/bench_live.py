"""How even and how late live packets are: `python tests/bench/bench_live.py --minutes 10` and `--voice SOUND...`.

`--minutes` sends a take over loopback to another process, in time with a sound card that stands for a real one: it runs
100 millionths fast and reports with up to 5 ms of jitter. Lateness is measured against when that card plays; the same
machine's bare timer, asked in the same process just before, is what it is compared with.

`--voice` feeds recordings in real time through the microphone's way, for several settings: from sound to packet, and
how much the mouth agrees with the take that hears the whole line.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from multiprocessing.connection import Connection
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from facetake import audio, generate, inference, live, mouth, rig
from facetake.arrays import F32, F64
from facetake.emotion import weights
from facetake.live.sound import PLAYED_HZ
from facetake.take import Take

FAST = 1.0001  # of the card: what quartz is allowed
JITTER_S = 0.005  # of its reports: as PortAudio's
CARD_BLOCK_S = 0.01  # by choice, as usual
SETTINGS = ((60, 3, 7), (90, 3, 4), (90, 3, 7), (90, 6, 7), (120, 3, 7), (180, 3, 7))
SHOWN = [n for n, name in enumerate(rig.ARKIT_NAMES) if name.startswith(("jaw", "mouth", "tongue"))]
"""Window, hop and what must follow, in frames; and ARKit's shapes that a voice moves."""


class Card:
    """Stands for the module sounddevice: one output stream on a card with a clock of its own."""

    def __init__(self) -> None:
        self.began_s = 0.0
        self._is_open = True

    def OutputStream(self, **settings: Any) -> Card:
        """Opens the stream."""
        self._settings = settings
        return self

    def start(self) -> None:
        """Begins to ask for samples."""
        threading.Thread(target=self._run, daemon=True).start()

    def close(self) -> None:
        """Stops."""
        self._is_open = False

    def heard_s(self, instant_s: float) -> float:
        """When an instant is really heard."""
        return self.began_s + 0.03 + instant_s / FAST

    def _run(self) -> None:
        dice = random.Random(1)
        count = round(self._settings["samplerate"] * CARD_BLOCK_S)
        out = np.zeros((count, 1), np.float32)
        self.began_s = live.now_s()
        block = 0
        while self._is_open:
            asked_s = self.began_s + block * CARD_BLOCK_S / FAST
            time.sleep(max(0.0, asked_s - live.now_s()))
            delay_s = self.heard_s(block * CARD_BLOCK_S) - live.now_s() + dice.uniform(-JITTER_S, JITTER_S)
            times = SimpleNamespace(currentTime=0.0, outputBufferDacTime=max(0.0, delay_s))
            self._settings["callback"](out, count, times, None)
            block += 1


def listen(count: int, answer: Connection) -> None:
    """In a process of its own: notes when each packet comes."""
    import socket

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as place:
        place.bind(("127.0.0.1", 0))
        answer.send(place.getsockname()[1])
        place.settimeout(5.0)
        found: list[tuple[int, float]] = []
        try:
            while len(found) < count:
                raw = place.recv(2048)
                at_s = live.now_s()
                found.append((round(live.decode(raw).instant_s * 60), at_s))
        except TimeoutError:
            pass
        answer.send(found)


def timer(seconds: float = 10.0) -> F64:
    """How late this machine's bare timer wakes, 60 times a second, in ms."""
    begin_s = live.now_s()
    late = []
    for n in range(round(60 * seconds)):
        due_s = begin_s + n / 60
        time.sleep(max(0.0, due_s - live.now_s()))
        late.append(1000 * (live.now_s() - due_s))
    return np.array(late)


def moving(minutes: float) -> Take:
    """A take of so many minutes in which everything moves."""
    dice = np.random.default_rng(3)
    count = round(3600 * minutes)
    return Take(rig.from_arkit(dice.uniform(0, 1, (count, len(rig.ARKIT_NAMES)))), Fraction(60))


def stream(minutes: float) -> None:
    """Sends a take, and tells how its packets came."""
    bare = timer()
    take = moving(minutes)
    card = Card()
    sys.modules["sounddevice"] = card  # type: ignore[assignment]
    ours, theirs = multiprocessing.Pipe()
    other = multiprocessing.Process(target=listen, args=(take.n_frames, theirs), daemon=True)
    other.start()
    place = live.Destination("127.0.0.1", ours.recv())
    samples = np.zeros((round(PLAYED_HZ * float(take.duration_s)), 1), np.float32)
    with place, live.Playback(samples) as playback:
        playback.wait()
        result = live.stream_take(take, [(live.FaceEncoder("Bench", take.rate), place)], playback.clock)
        ended_s = live.now_s()
    numbers, times = (np.array(column) for column in zip(*ours.recv(), strict=True))
    late = 1000 * (times - np.array([card.heard_s(n / 60) for n in numbers]))
    steps = 1000 * np.diff(times)
    end_ms = 1000 * (ended_s - card.heard_s(float(take.duration_s)))
    print(
        f"{minutes:g} minutes, 60 packets a second: {result.sent} sent, {result.skipped} left out, {len(numbers)} came"
    )
    print(f"reordered or twice: {int((np.diff(numbers) <= 0).sum())}")
    print(f"late after its sound   median {np.median(late):.2f} ms, 5 % {np.percentile(late, 5):.2f}, ", end="")
    print(f"95 % {np.percentile(late, 95):.2f}, 99 % {np.percentile(late, 99):.2f}, most {late.max():.2f}")
    print(f"from packet to packet  mean {steps.mean():.3f} ms, standard deviation {steps.std():.3f}")
    print(f"the bare timer         median {np.median(bare):.2f} ms late, 99 % {np.percentile(bare, 99):.2f}")
    print(f"spread (99 % - 1 %) to the bare timer's  {np.ptp(np.percentile(late, (1, 99))) / spread(bare):.2f}")
    print(f"the take ends {end_ms:+.2f} ms after its sound; by this machine's clock alone it would be ", end="")
    print(f"{1000 * float(take.duration_s) * (1 - 1 / FAST):+.1f} ms")


def spread(late: F64) -> float:
    """From the first to the last hundredth, at least a hundredth of a millisecond."""
    return max(0.01, float(np.ptp(np.percentile(late, (1, 99)))))


@dataclass
class Recording:
    """A recording that comes as a microphone's sound does: a block when it is over."""

    sound: F32
    clock: live.FollowingClock = field(default_factory=live.FollowingClock)
    began_s: float = 0.0

    def __iter__(self) -> Iterator[F32]:
        self.began_s = live.now_s()
        given = 0
        while given < len(self.sound):
            come = min(len(self.sound), int((live.now_s() - self.began_s) / 0.02) * 320)
            if come > given:
                self.clock.report(come / 16_000, live.now_s())
                yield self.sound[given:come]
                given = come
            time.sleep(max(0.0, self.began_s + (given + 320) / 16_000 - live.now_s()))


@dataclass
class Wire:
    """Notes what goes out, and when."""

    frames: list[tuple[Fraction, float, F32]] = field(default_factory=list)

    def encode(self, frame: live.LiveFrame) -> list[bytes]:
        """Notes it."""
        self.frames.append((frame.instant_s, live.now_s(), frame.weights))
        return []

    def send(self, packet: bytes) -> None:
        """Nothing is sent."""


def voice(path: Path, models: inference.Models) -> None:
    """Feeds a recording in real time through each of some settings."""
    options = generate.GenerateOptions(energy=0.0, blink=False, gaze=False, head=False)
    whole = rig.to_arkit(generate.generate(path, options, models).take.values)
    sound = audio.read(path)
    print(f"{path.name}, {len(sound) / 16_000:.0f} s; window, hop and what must follow, in frames of 1/60 s")
    print("| window | hop | ahead | to packet, median | 95 % | r mouth | opening | rounding | of one core | left out |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for window, hop, ahead in SETTINGS:
        performer = live.LivePerformer(models, weights("neutral", ""), live.LiveOptions(window, hop, ahead, energy=0.0))
        recording, wire = Recording(sound), Wire()
        used_s, began_s = time.process_time(), live.now_s()
        result = live.stream_voice(recording, performer, [(wire, wire)])
        share = (time.process_time() - used_s) / (live.now_s() - began_s)
        late = np.array([1000 * (at_s - recording.began_s - float(instant)) for instant, at_s, _ in wire.frames])
        rows = [round(instant * 60) for instant, _, _ in wire.frames]
        made = np.stack([row for _, _, row in wire.frames])
        same = agreement(made, whole[rows])
        print(f"| {window} | {hop} | {ahead} | {np.median(late):.0f} ms | {np.percentile(late, 95):.0f} ms | ", end="")
        print(" | ".join(f"{r:.2f}" for r in same) + f" | {share:.0%} | {result.skipped} |", flush=True)


def agreement(made: F32, whole: F32) -> tuple[float, float, float]:
    """Correlation of all the shapes that a voice moves together, of the opening, and of the rounding."""
    ours, theirs = rig.from_arkit(made), rig.from_arkit(whole)
    return (
        r(made[:, SHOWN], whole[:, SHOWN]),
        r(mouth.aperture(ours), mouth.aperture(theirs)),
        r(mouth.pucker(ours), mouth.pucker(theirs)),
    )


def r(one: F32, other: F32) -> float:
    """Pearson's, over everything."""
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


def main() -> None:
    """Runs what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=0.0)
    parser.add_argument("--voice", type=Path, nargs="*", default=[])
    arguments = parser.parse_args()
    if arguments.minutes:
        stream(arguments.minutes)
    models = inference.load(threads=1)
    for path in arguments.voice:
        voice(path, models)


if __name__ == "__main__":
    main()
