"""A captured actor's performance as a take: rig controls and the turn of the head, for editing, restyling or training.

Knows actors whose expression is ARKit's shapes, and takes. Does not know pictures.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from facetake.errors import PortraitError
from facetake.portrait.actor import Actor
from facetake.rig.arkit import ARKIT_NAMES, from_arkit
from facetake.take import Take

F32 = NDArray[np.float32]


def take_of(actor: Actor, expression_names: tuple[str, ...]) -> Take:
    """The take (T, 174) of an actor, at the video's own rate and beginning with it.

    Args:
        actor: a captured actor.
        expression_names: what the columns of its expression are, in the order of its face model.

    Raises:
        PortraitError: the face model's expressions are not ARKit's shapes.
    """
    arkit = np.zeros((actor.n_frames, len(ARKIT_NAMES)), np.float32)
    known = [(column, ARKIT_NAMES.index(name)) for column, name in enumerate(expression_names) if name in ARKIT_NAMES]
    if not known or len(expression_names) != actor.fit.expression.shape[1]:
        raise PortraitError(f"{actor.folder}: expressions of {actor.about.face} are not ARKit's; no take can be made")
    for column, shape in known:
        arkit[:, shape] = np.clip(actor.fit.expression[:, column], 0.0, 1.0)
    origin = {"captured_from": actor.about.source, "sha256": actor.about.source_sha256, "face": actor.about.face}
    return Take(from_arkit(arkit), actor.rate, head=head_deg(actor.fit.rotation), origin=origin)


def head_deg(rotation: F32) -> F32:
    """Yaw, pitch and roll (T, 3) in degrees, as a take has them, of rotation vectors (T, 3) in radians.

    The inverse of `facetake.face.head.rotation`.
    """
    matrix = Rotation.from_rotvec(np.asarray(rotation, np.float64)).as_matrix()
    yaw = np.arctan2(-matrix[:, 0, 2], matrix[:, 2, 2])
    pitch = np.arcsin(np.clip(matrix[:, 1, 2], -1.0, 1.0))
    roll = np.arctan2(matrix[:, 1, 0], matrix[:, 1, 1])
    return np.asarray(np.degrees(np.stack([yaw, pitch, roll], axis=1)), np.float32)
