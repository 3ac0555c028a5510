"""A scene in memory that is a `Host`: for tests, for dry runs, and under the window.

It keeps what a host keeps (characters, layers, sounds, undo) and refuses what a host would refuse.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

from facetake_host.curves import Delivery, KeyCurve, Sampled
from facetake_host.host import Bar, Character
from facetake_host.looking import Point
from facetake_host.problems import HostProblem, JobCancelled


@dataclass(frozen=True)
class AnimationLayer:
    """Keys of one character, from a first frame up to, and without, an end; one keyed by hand has no bounds."""

    name: str
    character: str
    start_frame: int
    end_frame: int
    keys: Mapping[str, KeyCurve]
    is_muted: bool = False
    is_generated: bool = True


@dataclass(frozen=True)
class Scene:
    """Everything that undo brings back."""

    layers: tuple[AnimationLayer, ...] = ()
    sounds: tuple[tuple[str, int], ...] = ()


@dataclass
class RecordingHost:
    """A host without a program.

    Attributes:
        faces: the characters.
        scene: what is in it now; the last layer is on top.
        frame_rate, frame: of the timeline.
        blocked: channel to why it cannot be keyed.
        answer: what `ask` returns.
        reason: what `refusal` returns.
        stop_at: the share of progress at which the person cancels.
        told: what the person was told.
        places: objects that can be looked at, each with where it is at a frame.
    """

    faces: list[Character] = field(default_factory=list)
    scene: Scene = field(default_factory=Scene)
    frame_rate: Fraction = Fraction(30)
    frame: int = 0
    blocked: dict[str, str] = field(default_factory=dict)
    answer: int | None = 0
    reason: str = ""
    stop_at: float = 2.0
    told: list[str] = field(default_factory=list)
    places: dict[str, Callable[[int], Point]] = field(default_factory=dict)
    undos: list[tuple[str, Scene]] = field(default_factory=list)
    redos: list[tuple[str, Scene]] = field(default_factory=list)

    def characters(self) -> list[Character]:
        """Every face."""
        return list(self.faces)

    def rate(self) -> Fraction:
        """Frames per second."""
        return self.frame_rate

    def now(self) -> int:
        """The current frame."""
        return self.frame

    def refusal(self, character: Character) -> str:
        """Why nothing can be written now."""
        return self.reason

    def skipped(self, character: Character, channels: Collection[str]) -> dict[str, str]:
        """The blocked channels among those."""
        return {channel: self.blocked[channel] for channel in channels if channel in self.blocked}

    def read(self, character: Character, bar: Bar) -> Sampled:
        """From the first to the last key, what the topmost audible layer of each channel plays."""
        heard = [one for one in self.scene.layers if one.character == character.name and not one.is_muted]
        played = {channel: None for layer in heard for channel in layer.keys}
        if not played:
            raise HostProblem(f"{character.name} has no keys to restyle; generate or key a take first")
        ends = [layer.start_frame + frame for layer in heard for one in layer.keys.values() for frame in one.frames]
        frames = range(min(ends), max(ends) + 1)
        curves = {channel: [_played(heard, channel, frame) for frame in frames] for channel in played}
        return Sampled(self.frame_rate, frames.start, curves, heard[-1].name)

    def looked_at(self, character: Character, target: str, frames: range, bar: Bar) -> list[Point]:  # noqa: ARG002
        """Where the object is. Raises HostProblem where it is none of `places`."""
        if target not in self.places:
            raise HostProblem(f"there is no object {target} in the scene; choose another one to look at")
        return [self.places[target](frame) for frame in frames]

    def write(self, character: Character, name: str, delivery: Delivery, start_frame: int, bar: Bar) -> str:
        """Adds a layer above the character's last generated one; layers keyed by hand stay on top.

        Those that Facetake made for the same frames are muted.
        """
        mine = [at for at, one in enumerate(self.scene.layers) if one.is_generated and one.character == character.name]
        end = start_frame + delivery.n_frames
        layers = [
            replace(
                one, is_muted=one.is_muted or (at in mine and one.start_frame < end and one.end_frame > start_frame)
            )
            for at, one in enumerate(self.scene.layers)
        ]
        label = unique(name, {one.name for one in layers}.__contains__)
        keys: dict[str, KeyCurve] = {}
        for number, (channel, curve) in enumerate(delivery.keys.items()):
            keys[channel] = curve
            self.scene = replace(
                self.scene, layers=(*layers, AnimationLayer(label, character.name, start_frame, end, dict(keys)))
            )
            bar.advance((number + 1) / len(delivery.keys))
        made = AnimationLayer(label, character.name, start_frame, end, keys)
        layers.insert(mine[-1] + 1 if mine else len(layers), made)
        self.scene = replace(self.scene, layers=tuple(layers))
        return label

    def place_audio(self, path: Path, start_frame: int) -> None:
        """Adds a sound. Raises HostProblem where the file has gone."""
        if not path.is_file():
            raise HostProblem(f"there is no sound file {path}; was it moved? choose it again")
        self.scene = replace(self.scene, sounds=(*self.scene.sounds, (str(path), start_frame)))

    @contextmanager
    def step(self, label: str) -> Iterator[None]:
        """One undo step."""
        before = self.scene
        try:
            yield
        except BaseException:
            self.scene = before
            raise
        self.undos.append((label, before))
        self.redos.clear()

    def undo(self) -> None:
        """Takes back the last step."""
        self._travel(self.undos, self.redos)

    def redo(self) -> None:
        """Does the last step taken back again."""
        self._travel(self.redos, self.undos)

    def _travel(self, source: list[tuple[str, Scene]], target: list[tuple[str, Scene]]) -> None:
        if source:
            label, scene = source.pop()
            target.append((label, self.scene))
            self.scene = scene

    @contextmanager
    def progress(self, label: str) -> Iterator[RecordingHost]:
        """This host is its own bar."""
        yield self

    def advance(self, share: float) -> None:
        """A share is done. Raises JobCancelled once it reaches `stop_at`."""
        if share >= self.stop_at:
            raise JobCancelled

    def ask(self, question: str, choices: Sequence[str]) -> int | None:
        """Gives `answer`."""
        return self.answer

    def tell(self, message: str, *, problem: bool = False) -> None:
        """Keeps the message."""
        self.told.append(message)


def _played(heard: Sequence[AnimationLayer], channel: str, frame: int) -> float:
    """What the topmost layer that reaches a frame says; 0 where none does."""
    for layer in reversed(heard):
        if channel in layer.keys and (not layer.is_generated or layer.start_frame <= frame < layer.end_frame):
            return layer.keys[channel].at(frame - layer.start_frame)
    return 0.0


def unique(name: str, is_taken: Callable[[str], bool] = lambda _: False) -> str:
    """The name as hosts accept it, letters, digits and `_`, with a number where it is taken."""
    plain = "".join(letter if letter.isascii() and (letter.isalnum() or letter == "_") else "_" for letter in name)
    plain = plain if plain[:1].isalpha() else f"take_{plain}"
    number = 2
    found = plain
    while is_taken(found):
        number, found = number + 1, f"{plain}_{number}"
    return found
