"""What a person chooses in Unreal's own dialog: properties that the details view shows."""

from __future__ import annotations

import unreal

LIST = "neutral, happy, sad, angry, surprise, fear or disgusted"


@unreal.uclass()
class FacetakeGenerateOptions(unreal.Object):
    """Generate from audio."""

    audio = unreal.uproperty(unreal.FilePath, meta={"FilePathFilter": "wav", "DisplayName": "Recorded line"})
    emotion = unreal.uproperty(str, meta={"ToolTip": f"{LIST}, a blend such as happy:0.5+surprise:0.3, or auto"})
    start_at_playhead = unreal.uproperty(bool, meta={"ToolTip": "Otherwise at the start of playback"})
    additive = unreal.uproperty(bool, meta={"ToolTip": "Add to what is there instead of overriding it"})
    blinks = unreal.uproperty(bool)
    gaze = unreal.uproperty(bool)
    bake_skeleton = unreal.uproperty(
        str, meta={"ToolTip": "Path of a face skeleton: bake an animation sequence for it instead of keying a section"}
    )


@unreal.uclass()
class FacetakeRestyleOptions(unreal.Object):
    """Restyle the selected takes."""

    style = unreal.uproperty(str, meta={"ToolTip": f"{LIST}, with a strength: sad:0.8"})
    actor = unreal.uproperty(str, meta={"ToolTip": "house, ada, bruno, chen or dara; empty for the take's own manner"})
    regions = unreal.uproperty(str, meta={"ToolTip": "brow,eye and so on; empty for all"})


def filled(kind: type[unreal.Object], values: dict[str, object]) -> unreal.Object:
    """Options as a person finds them."""
    found = kind()
    found.set_editor_properties(values)
    return found
