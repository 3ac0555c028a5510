"""What it takes to send a take, put together: protocols with their places, and a clock with its sound."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Final

from facetake.errors import ConfigError, LiveError
from facetake.live.clock import LiveClock, SteadyClock, now_s
from facetake.live.destination import LIVE_LINK_PORT, VMC_PORT, Destination
from facetake.live.live_link import FaceEncoder
from facetake.live.sound import Playback, playable
from facetake.live.stream import Encoder, Output
from facetake.live.vmc import VmcEncoder
from facetake.take import Take

PROTOCOLS: Final = ("livelink", "vmc", "both")
NOBODY: Final = "nobody listens on {} yet; open {}, or give another port"
NO_WAY: Final = "packets have no way to {} for now ({}); those until then are lost, the next ones are sent all the same"


class Connections:
    """The protocols that are asked for, each with where it goes; a context manager through `ExitStack`.

    Attributes:
        outputs: the encoders and their places.
    """

    def __init__(self, protocol: str, host: str, port: int, subject: str, rate: Fraction, opened: ExitStack) -> None:
        """Opens sockets, which `opened` closes.

        Args:
            protocol: one of `PROTOCOLS`.
            host: name or address of a machine.
            port: of one protocol; 0 for its usual one.
            subject: name in Unreal.
            rate: frames per second.
            opened: what closes the sockets.

        Raises:
            ConfigError: the protocol, or the subject's name, cannot be.
            LiveError: the machine cannot be reached.
        """
        if protocol not in PROTOCOLS or (protocol == "both" and port):
            raise ConfigError(
                f"a port is one protocol's, not that of {protocol}; name the protocol: {' or '.join(PROTOCOLS[:2])}"
            )
        found: list[tuple[Encoder, int, str]] = []
        if protocol != "vmc":
            found.append((FaceEncoder(subject, rate), port or LIVE_LINK_PORT, "Unreal's Live Link"))
        if protocol != "livelink":
            found.append((VmcEncoder(), port or VMC_PORT, "the avatar's program"))
        self._places = [opened.enter_context(Destination(host, number)) for _, number, _ in found]
        self._programs = [program for _, _, program in found]
        self.outputs: list[Output] = [(one, place) for (one, _, _), place in zip(found, self._places, strict=True)]
        self._told: set[str] = set()

    def unheard(self) -> list[str]:
        """Sentences on places where nobody listens, or that packets do not reach, each said once."""
        found = []
        for place, program in zip(self._places, self._programs, strict=True):
            found += [NOBODY.format(place.name, program)] if place.unheard else []
            found += [NO_WAY.format(place.name, place.lost)] if place.lost else []
        new = [sentence for sentence in found if sentence not in self._told]
        self._told.update(new)
        return new


@contextmanager
def playing(take: Take, heard: Path | None, warn: Callable[[str], None]) -> Iterator[LiveClock]:
    """A clock by which a take begins now, and its sound with it.

    Args:
        take: to be sent.
        heard: its recording; None sends it in silence.
        warn: is told in a sentence where there is nothing that plays sound; then the take is sent in silence.

    Raises:
        AudioError: the recording cannot be read.
    """
    with ExitStack() as opened:
        clock: LiveClock | None = None
        if heard is not None:
            samples = playable(heard)
            try:
                playback = opened.enter_context(Playback(samples, from_s=min(float(take.start), 0.0)))
                playback.wait()
                clock = playback.clock
            except LiveError as error:
                opened.close()
                warn(f"{heard} is not heard: {error}")
        yield clock or SteadyClock(now_s() - float(take.start))
