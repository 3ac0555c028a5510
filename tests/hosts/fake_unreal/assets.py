"""Assets: what is imported, made, found and deleted in the content browser."""

from __future__ import annotations

import wave
from enum import Enum, auto
from fractions import Fraction
from pathlib import Path
from typing import Any, ClassVar

from fake_unreal.values import FrameNumber, FrameRate
from fake_unreal.world import World


class Object:
    """Something of the engine with properties."""

    world: ClassVar[World]

    def get_editor_property(self, name: str) -> Any:
        """A property that the class has."""
        return getattr(self, name)

    def set_editor_property(self, name: str, value: Any) -> None:
        """A property that the class has."""
        self.set_editor_properties({name: value})

    def set_editor_properties(self, properties: dict[str, Any]) -> None:
        """Several properties that the class has."""
        for name, value in properties.items():
            getattr(self, name)
            setattr(self, name, value)


class FilePath:
    """A file on disk."""

    def __init__(self, file_path: str = "") -> None:
        self.file_path = file_path


class Skeleton(Object):
    """Bones."""


class SoundWave(Object):
    """A sound."""

    def __init__(self, duration: float = 1.0) -> None:
        self.duration = duration


class RawCurveTrackTypes(Enum):
    """Kinds of curves."""

    RCT_FLOAT = auto()


class AnimSequenceFactory:
    """How an animation sequence is made."""

    target_skeleton: Any = None


class AnimationDataController:
    """Changes an animation sequence's length, between the brackets that keep its background work away."""

    world: ClassVar[World]

    def __init__(self) -> None:
        self.rate = Fraction(30)
        self.frames = 1
        self.brackets = 0

    def open_bracket(self, title: str, should_transact: bool = True) -> None:
        """From here on changes belong together."""
        self.brackets += 1

    def close_bracket(self, should_transact: bool = True) -> None:
        """They are complete."""
        assert self.brackets, "no bracket is open"
        self.brackets -= 1

    def set_frame_rate(self, frame_rate: FrameRate, should_transact: bool = True) -> None:
        """Frames per second; anything but a multiple or a factor of 30 is a line in the log and changes nothing."""
        assert self.brackets, "changes belong between brackets"
        asked = Fraction(frame_rate.numerator, frame_rate.denominator)
        if (asked / 30).denominator != 1 and (30 / asked).denominator != 1:
            self.world.said.append(f"Incompatible frame rate: {asked} is no multiple or factor of 30")
            return
        self.rate = asked

    def set_number_of_frames(self, new_length_in_frames: FrameNumber, should_transact: bool = True) -> None:
        """Length."""
        assert self.brackets, "changes belong between brackets"
        self.frames = new_length_in_frames.value


class AnimSequence(Object):
    """An animation."""

    def __init__(self) -> None:
        self.controller = AnimationDataController()
        self.curves: dict[str, list[tuple[float, float]]] = {}


class AnimationLibrary:
    """Curves of an animation."""

    world: ClassVar[World]

    @classmethod
    def add_curve(
        cls,
        animation_sequence_base: AnimSequence,
        curve_name: str,
        curve_type: RawCurveTrackTypes = RawCurveTrackTypes.RCT_FLOAT,
        meta_data_curve: bool = False,
    ) -> None:
        """One more curve."""
        cls.world.called()
        assert animation_sequence_base.controller.brackets, "changes belong between brackets"
        assert curve_name not in animation_sequence_base.curves
        animation_sequence_base.curves[curve_name] = []

    @classmethod
    def add_float_curve_keys(
        cls, animation_sequence_base: AnimSequence, curve_name: str, times: list[float], values: list[float]
    ) -> None:
        """Its keys, all at once."""
        cls.world.called()
        controller = animation_sequence_base.controller
        assert controller.brackets, "changes belong between brackets"
        assert len(times) == len(values)
        assert max(times) <= controller.frames / controller.rate + 1e-6, "a key after the end"
        animation_sequence_base.curves[curve_name] = list(zip(times, values, strict=True))


class AssetImportTask:
    """What to import."""

    filename = destination_path = destination_name = ""
    automated = replace_existing = save = False


class AssetTools:
    """Makes assets."""

    world: ClassVar[World]

    def create_unique_asset_name(self, base_package_name: str, suffix: str) -> tuple[str, str]:
        """A path and a name that are free."""
        path = base_package_name + suffix
        number = 0
        while path in self.world.assets:
            number += 1
            path = f"{base_package_name}{suffix}{number}"
        return path, path.rpartition("/")[2]

    def import_asset_tasks(self, import_tasks: list[AssetImportTask]) -> None:
        """Imports what can be imported and says nothing of the rest."""
        for task in import_tasks:
            path = f"{task.destination_path}/{task.destination_name}"
            assert task.automated and not task.replace_existing and path not in self.world.assets
            if self.world.importable and Path(task.filename).is_file():
                self.world.assets[path] = SoundWave(_seconds(task.filename))

    def create_asset(self, asset_name: str, package_path: str, asset_class: type, factory: AnimSequenceFactory) -> Any:
        """A new asset."""
        assert factory.target_skeleton is not None
        made = asset_class()
        self.world.assets[f"{package_path}/{asset_name}"] = made
        return made


class AssetToolsHelpers:
    """Where the tools are."""

    world: ClassVar[World]

    @classmethod
    def get_asset_tools(cls) -> AssetTools:
        """The tools."""
        return AssetTools()


class EditorAssetLibrary:
    """Finds and deletes assets."""

    world: ClassVar[World]

    @classmethod
    def does_asset_exist(cls, asset_path: str) -> bool:
        """Whether it is there."""
        return asset_path in cls.world.assets

    @classmethod
    def load_asset(cls, asset_path: str) -> Any:
        """The asset, or None."""
        return cls.world.assets.get(asset_path)

    @classmethod
    def delete_asset(cls, asset_path_to_delete: str) -> bool:
        """Takes it away."""
        asset = cls.world.assets.pop(asset_path_to_delete, None)
        assert not isinstance(asset, AnimSequence) or not asset.controller.brackets, "its bracket is still open"
        return asset is not None

    @classmethod
    def save_loaded_asset(cls, asset_to_save: Any, only_if_is_dirty: bool = True) -> bool:
        """Writes it to disk."""
        assert not isinstance(asset_to_save, AnimSequence) or not asset_to_save.controller.brackets
        cls.world.saved |= {path for path, asset in cls.world.assets.items() if asset is asset_to_save}
        return cls.world.can_save


def _seconds(path: str) -> float:
    with wave.open(path) as sound:
        return float(sound.getnframes() / sound.getframerate())
