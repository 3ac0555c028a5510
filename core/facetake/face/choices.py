"""What the preview offers to choose from: heads and views, by their names. Imports nothing, for command lines."""

from __future__ import annotations

HEADS = ("young", "woman", "elder")
"""Made-up people; who they are is told in `facetake_training.head_baking.people`."""
DEFAULT = HEADS[0]
FRONT = "front"
VIEWS = {FRONT: 0.0, "three-quarter": -35.0, "profile": -90.0}
"""How far the head is turned away from the camera, degrees: to the viewer's left, where the key light is."""
