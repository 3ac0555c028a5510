"""A captured actor's performance as a take, for editing, restyling or training.

Knows actors, face models and takes; does not know pictures. Lids meet at another blink on every face, and brows and
squints help to shut them: what is shut on the fitted face is a whole blink in the take.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from facetake.arrays import F32
from facetake.face.drive import head_angles
from facetake.face.model import FaceModel
from facetake.portrait.capture.actor import CapturedActor
from facetake.rig import ARKIT_NAMES, from_arkit
from facetake.take import Take

LIDS = {"eyeBlinkRight": np.array([159, 145]), "eyeBlinkLeft": np.array([386, 374])}
"""MediaPipe's numbers of the middle of the upper and the lower lid."""
CLOSING = 0.7
CLOSED = 0.92
"""Shares of the opening at rest that are gone, from which on an eye is shutting, and at which it is shut."""


def take_of(actor: CapturedActor, model: FaceModel) -> Take:
    """The take of an actor captured with a model, at the video's own rate and beginning with it."""
    about = actor.about
    fit = actor.fit
    expression = torch.from_numpy(fit.expression)
    with torch.no_grad():
        arkit = model.to_arkit(expression).numpy().copy()
    for name, shut in shut_of(torch.from_numpy(fit.identity), expression, model).items():
        column = arkit[:, ARKIT_NAMES.index(name)]
        column += (1.0 - column) * shut
    origin = {"captured_from": about.source, "sha256": about.source_sha256, "face": about.face.partition(":")[0]}
    return Take(from_arkit(arkit), actor.rate, head=head_angles(fit.rotation), origin=origin)


@torch.no_grad()
def shut_of(identity: Tensor, expression: Tensor, model: FaceModel) -> dict[str, F32]:
    """How shut each eye is (T,), 0..1, of an identity (I,) and expressions (T, E), where the model has lids' landmarks.

    0 as long as lids are well apart, to rise to 1 as they meet.
    """
    marks = model.topology.landmarks
    lids = {name: rows for name, points in LIDS.items() if len(rows := marks.rows(points)) == 2}
    frames = [model.neutral_expression, *expression]
    points = torch.cat([model.landmarks(model.vertices(identity[None], frame[None])) for frame in frames])
    found = {}
    for name, (upper, lower) in lids.items():
        gap = (points[:, lower] - points[:, upper])[:, 1]  # along the face's own height, negative once lids overlap
        share = ((1.0 - gap[1:] / gap[0] - CLOSING) / (CLOSED - CLOSING)).clamp(0.0, 1.0)
        found[name] = np.asarray((share * share * (3.0 - 2.0 * share)).numpy(), np.float32)
    return found
