"""The fakes know nothing that the hosts' published stubs do not know, and say so when asked."""

from __future__ import annotations

import inspect
import re
from enum import Enum
from typing import Any

import fake_maya
import fake_unreal
import pytest
import stubs
from fake_maya.commands import Commands

needs_maya = pytest.mark.skipif(
    not (stubs.installed("types-maya") and stubs.installed("maya-stubs")), reason="the stubs of Maya are not installed"
)
needs_unreal = pytest.mark.skipif(not stubs.installed("unreal-stub"), reason="the stub of Unreal is not installed")


def own_methods(one: type) -> dict[str, Any]:
    """Public functions that a class of a fake has, its bases' included."""
    return {
        name: value
        for name, value in inspect.getmembers(one, callable)
        if not name.startswith("_") and name not in SEAMS
    }


SEAMS = {"world", "scene", "state", "restore", "is_recorded", "mro", "shows", "plays", "at"}
"""What tests use of a fake and no plugin does."""


@needs_maya
def test_maya_s_fake_has_only_commands_and_flags_of_the_stubs() -> None:
    """Every command of the fake is Maya's, and so is every flag that it takes."""
    commands = [name.removeprefix("do_") for name in vars(Commands) if name.startswith("do_")]
    assert len(commands) > 20
    for command in commands:
        parameters = inspect.signature(getattr(Commands, f"do_{command}")).parameters.values()
        given = {one.name for one in parameters if one.kind is one.KEYWORD_ONLY or one.default is not one.empty}
        assert given - {"name"} <= stubs.maya_flags(command), command


@needs_maya
def test_maya_s_fake_has_only_members_of_the_stubs() -> None:
    """Every class of the fake API and each of its members is Maya's."""
    for module, classes in (("OpenMaya", fake_maya.CLASSES), ("OpenMayaAnim", fake_maya.ANIM_CLASSES)):
        for name, one in classes.items():
            known = stubs.maya_members(module, name)
            members = own_methods(one) if one is not list else {}
            constants = {key for key in vars(one) if key.startswith("k")} if one is not list else set()
            assert set(members) | constants <= known, name


@needs_unreal
@pytest.mark.parametrize("name", sorted(fake_unreal.CLASSES))
def test_unreal_s_fake_has_only_members_of_the_stub(name: str) -> None:
    """Every class of the fake is Unreal's, with its methods, their parameters and its enumeration's values."""
    one = fake_unreal.CLASSES[name]
    known = stubs.unreal_members(name)
    if issubclass(one, Enum):
        assert {value.name for value in one} <= known
        return
    for method, function in own_methods(one).items():
        assert method in known, method
        parameters = tuple(inspect.signature(function).parameters)
        wanted = stubs.unreal_parameters(name, method)
        assert (
            tuple(each for each in parameters if each != "self") == wanted[: len(parameters) - ("self" in parameters)]
        ), method


@needs_maya
def test_maya_s_fake_refuses_unknown_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command, a flag or a member that Maya lacks is an error, as a typing mistake in the plug-in would be."""
    scene = fake_maya.install(monkeypatch)
    with pytest.raises(stubs.UnknownToStubsError, match="no command animLayers"):
        scene.commands.animLayers("a")
    with pytest.raises(stubs.UnknownToStubsError, match=r"no flag \['overide'\]"):
        scene.commands.animLayer("a", overide=True)
    import sys

    with pytest.raises(stubs.UnknownToStubsError, match="no class MFnAnimCurves"):
        _ = sys.modules["maya.api.OpenMayaAnim"].MFnAnimCurves
    with pytest.raises(AttributeError):
        _ = sys.modules["maya.api.OpenMayaAnim"].MFnAnimCurve.kTangentFixedd


@needs_unreal
def test_unreal_s_fake_refuses_unknown_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """A class, a function, a method or a value of an enumeration that Unreal lacks is an error."""
    fake_unreal.install(monkeypatch)
    import sys

    unreal = sys.modules["unreal"]
    with pytest.raises(stubs.UnknownToStubsError, match="no function loog"):
        unreal.loog("a")
    with pytest.raises(AttributeError):
        _ = unreal.MovieSceneBlendType.OVERIDE
    with pytest.raises(AttributeError):
        unreal.EditorAssetLibrary.delete("a")
    with pytest.raises(TypeError):
        unreal.EditorAssetLibrary.delete_asset(path="a")


@needs_unreal
def test_the_reader_of_stubs_finds_what_is_there() -> None:
    """Members of bases are found, and what is not there is not."""
    assert "modify" in stubs.unreal_members("LevelSequence")
    assert "add_keys" not in stubs.unreal_members("MovieSceneScriptingFloatChannel")
    assert re.match(r"class FrameRate\(", stubs.unreal_source("FrameRate"))
