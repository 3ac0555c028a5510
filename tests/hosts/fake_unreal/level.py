"""The level: actors with their meshes and where they are, and the tabs of the editor. Left-handed, in centimetres."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

from fake_unreal.assets import Object
from fake_unreal.values import FrameNumber, MovieSceneTimeUnit
from fake_unreal.world import World


class Vector:
    """A place."""

    def __init__(self, x: float = 0.0, y: float = 0.0, z: float = 0.0) -> None:
        self.x, self.y, self.z = float(x), float(y), float(z)

    def __add__(self, other: Vector) -> Vector:
        return Vector(self.x + other.x, self.y + other.y, self.z + other.z)

    def __sub__(self, other: Vector) -> Vector:
        return Vector(self.x - other.x, self.y - other.y, self.z - other.z)

    def __truediv__(self, number: float) -> Vector:
        return Vector(self.x / number, self.y / number, self.z / number)


class Transform:
    """Where something is, and which way its axes point: the rows of `axes`."""

    def __init__(self, location: Vector | None = None, axes: Any = None) -> None:
        self.translation = location or Vector()
        self.axes = np.eye(3) if axes is None else np.asarray(axes)

    def inverse_transform_location(self, location: Vector) -> Vector:
        """A place in the world by these axes."""
        away = location - self.translation
        return Vector(*(self.axes @ (away.x, away.y, away.z)))

    def at(self, x: float, y: float, z: float) -> Vector:
        """A place by these axes in the world."""
        return self.translation + Vector(*(np.array([x, y, z]) @ self.axes))


class Actor(Object):
    """Something in the level."""

    def __init__(self, label: str, where: Callable[[int], Transform] | None = None) -> None:
        self._label = label
        self.where = where or (lambda _: Transform())
        self.components: list[Any] = []
        self.world.actors.append(self)

    def get_actor_label(self) -> str:
        """What people call it."""
        return self._label

    def get_components_by_class(self, component_class: type) -> list[Any]:
        """Its parts of a kind."""
        return [one for one in self.components if isinstance(one, component_class)]


class ActorComponent(Object):
    """A part of an actor."""

    def __init__(self, owner: Actor) -> None:
        self._owner = owner
        owner.components.append(self)

    def get_owner(self) -> Actor:
        """The actor."""
        return self._owner


class SkeletalMeshComponent(ActorComponent):
    """A mesh with bones, of which a test says where they are at a frame."""

    def __init__(self, owner: Actor, bones: dict[str, Callable[[int], Transform]]) -> None:
        super().__init__(owner)
        self.bones = bones

    def does_socket_exist(self, socket_name: str) -> bool:
        """Whether it has a bone of that name."""
        return socket_name in self.bones

    def get_socket_transform(self, socket_name: str) -> Transform:
        """A bone as it is now."""
        return self.bones[socket_name](self.world.playhead)

    def get_socket_location(self, socket_name: str) -> Vector:
        """Where a bone is now."""
        return self.get_socket_transform(socket_name).translation


class EditorActorSubsystem:
    """What is in the level, and selected there."""

    world: ClassVar[World]

    def get_selected_level_actors(self) -> list[Actor]:
        """What the person selected."""
        return list(self.world.selected_actors)

    def get_all_level_actors(self) -> list[Actor]:
        """Everything."""
        return list(self.world.actors)


class AssetEditorSubsystem:
    """Tabs: an object that has no editor of its own gets the details view."""

    world: ClassVar[World]

    def open_editor_for_assets(self, assets: list[Any]) -> bool:
        """Shows them; whether it could."""
        self.world.tabs += assets if self.world.has_tabs else []
        return self.world.has_tabs


class Array:
    """A list of one type."""

    def __init__(self, type: type) -> None:
        self.type = type


def transforms_of(
    where: Callable[[int], Transform], frames: Sequence[FrameNumber], time_unit: MovieSceneTimeUnit
) -> list[Transform]:
    """Where something is at frames of the display rate; nothing where Sequencer shows no shot."""
    assert time_unit is MovieSceneTimeUnit.DISPLAY_RATE
    return [where(frame.value) for frame in frames] if Actor.world.sequence else []
