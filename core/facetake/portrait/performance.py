"""A captured actor's performance as a take: rig controls and the turn of the head, for editing, restyling or training.

Knows actors and takes; how a face model's expression becomes controls is `facetake.face.drive`'s.
"""

from __future__ import annotations

import torch

from facetake.face.drive import head_angles
from facetake.face.drive import take_of as _take_of
from facetake.face.model import FaceModel
from facetake.portrait.actor import Actor
from facetake.take import Take


def take_of(actor: Actor, model: FaceModel) -> Take:
    """The take of an actor captured with a model, at the video's own rate and beginning with it."""
    about, fit = actor.about, actor.fit
    origin = {"captured_from": about.source, "sha256": about.source_sha256, "face": about.face.partition(":")[0]}
    expression = torch.from_numpy(fit.expression)
    return _take_of(expression, model, actor.rate, head_deg=head_angles(fit.rotation), origin=origin)
