"""The face model of a capture: opened, found again for its actor, and posed as the video shows it.

It comes with Facetake or is a file of the user's, of which the hash is kept, so that an actor is always drawn with the
very model it was captured with. Knows the actor's folder and face models from outside; does not know what models look
like inside, nor sound, networks or what is drawn.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from hashlib import sha256
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from facetake import files
from facetake.arrays import F32, U8
from facetake.errors import ConfigError, ModelError, PortraitError
from facetake.face.model import FaceModel
from facetake.portrait.capture.actor import CapturedActor
from facetake.render.camera import rotation_matrices

DEFAULT = "anny"
KINDS = ("flame", "bfm", "ict")
_BLOCK = 1 << 20  # bytes hashed at once
INNER_LIPS = np.array([13, 14])  # MediaPipe's numbers of these points: middle of the upper and the lower inner lip
OUTER_LIPS = np.array([0, 17])  # for models whose landmarks do not have those


@dataclass(frozen=True)
class OpenedFaceModel:
    """An opened face model.

    Attributes:
        name: how it is asked for: `anny`, or a kind and a path, such as `flame:/models/flame2023.pkl`.
        sha256: hash of its file, or of the files in its folder.
        model: the model.
    """

    name: str
    sha256: str
    model: FaceModel


def open_face(name: str = DEFAULT) -> OpenedFaceModel:
    """Opens a face model.

    Args:
        name: `anny`, `flame:FILE`, `bfm:FILE|FOLDER` or `ict:FOLDER`.

    Raises:
        ConfigError: there is no such kind.
        ModelError: the file is not there, or of another layout.
    """
    if name == DEFAULT:
        from facetake.face import anny

        return OpenedFaceModel(name, _hash(anny.MODEL_FILE), anny.load())
    kind, colon, place = name.partition(":")
    if kind not in KINDS or not colon or not place:
        raise ConfigError(f'there is no face model "{name}"; use {DEFAULT}, flame:FILE, bfm:FILE or ict:FOLDER')
    try:
        path = Path(place).expanduser().resolve()
        with np.errstate(all="ignore"):  # what is no number then is found below
            model = _whole(_loader(kind)(path))
        return OpenedFaceModel(f"{kind}:{path}", _hash(path), model)
    except ModelError:
        raise
    except Exception as error:  # of the system, numpy, scipy or torch: whichever meets what does not fit together
        raise ModelError(f"{name} is no whole face model ({files.reason(error)}); fetch its files again") from error


def _whole(model: FaceModel) -> FaceModel:
    """A model of whose arrays all are numbers, and whose triangles have corners. ValueError where they have not."""
    for name, array in model.named_buffers():
        if array.is_floating_point() and not torch.isfinite(array).all():
            raise ValueError(f"its {name} holds values that are no numbers")
    topology = model.topology
    n_vertices = len(next(iter(model.topology.parts.values())))
    for what, places, count in (
        ("triangle", topology.faces, n_vertices),
        ("triangle of texture", topology.uv_faces, len(topology.uv)),
        ("landmark", topology.landmarks.face, len(topology.faces)),
    ):
        if places.size and not 0 <= places.min() <= places.max() < count:
            raise ValueError(f"a {what} names a place that is not there")
    return model


def reopen(name: str, digest: str, where: str) -> OpenedFaceModel:
    """The model of that name again, for `where`, which was made with it.

    Raises:
        PortraitError: it is another one now.
        ModelError: its file is gone.
    """
    face = open_face(name)
    if face.sha256 != digest:
        raise PortraitError(f"{where} was captured with another version of the face model {name}; capture it again")
    return face


def _loader(kind: str) -> Callable[[Path], FaceModel]:
    from facetake.face import bfm, flame, ict

    loaders: dict[str, Callable[[Path], FaceModel]] = {"flame": flame.load, "bfm": bfm.load, "ict": ict.load}
    return loaders[kind]


def _hash(path: Path) -> str:
    """SHA-256 of a file, or of the names and bytes of all files in a folder."""
    found = sha256()
    for file in [path] if path.is_file() else sorted(file for file in path.iterdir() if file.is_file()):
        found.update(file.name.encode())
        with file.open("rb") as stream:
            while block := stream.read(_BLOCK):
                found.update(block)
    return found.hexdigest()


class Placed:
    """An actor's folder and its face model."""

    def __init__(self, actor: CapturedActor, model: FaceModel) -> None:
        """Fits the model to the actor. PortraitError when the fit is not of that model."""
        fit = actor.fit
        found = len(fit.identity), fit.expression.shape[1], len(fit.colour)
        if found != (model.identity_size, model.expression_size, len(model.topology.parts["skin"])):
            raise PortraitError(f"{actor.folder}: the fit is not of the face model {model.name}; capture it again")
        self.actor = actor
        self.model = model
        self._identity = torch.from_numpy(fit.identity)[None]
        self._rotation = rotation_matrices(fit.rotation)

    @property
    def origin(self) -> str:
        """What was captured, with what."""
        return self.actor.about.origin

    @property
    def n_frames(self) -> int:
        """Number of frames, T."""
        return self.actor.n_frames

    @property
    def rate(self) -> Fraction:
        """Frames per second."""
        return self.actor.rate

    @property
    def size(self) -> int:
        """Side of the pictures in pixels."""
        return self.actor.about.size

    @property
    def expression(self) -> F32:
        """(T, E) as captured."""
        return self.actor.fit.expression

    @property
    def sound(self) -> Path | None:
        """The clip's sound."""
        return self.actor.sound

    def frames(self, first: int, last: int) -> U8:
        """The video's pictures (n, H, W, 3)."""
        return self.actor.frames(first, last)

    def aperture(self, expression: F32) -> F32:
        """How far the lips of the model are apart (T,) in metres, for expressions (T, E): the inner ones if known."""
        marks = self.model.topology.landmarks
        rows = torch.from_numpy(next(r for r in (marks.rows(INNER_LIPS), marks.rows(OUTER_LIPS)) if len(r) == 2))
        with torch.no_grad():
            apart = [self.model.landmarks(self._vertices(row[None]))[:, rows] for row in torch.from_numpy(expression)]
        lips = torch.cat(apart) if apart else torch.zeros(0, 2, 3)
        return np.asarray((lips[:, 1] - lips[:, 0]).norm(dim=1).numpy())

    @torch.no_grad()
    def placed(self, expression: F32, frame: int) -> F32:
        """Vertices (B, V, 3) of expressions (B, E) in the camera's space, where the head is in one frame."""
        vertices = self._vertices(torch.from_numpy(expression)).numpy()
        return np.asarray(vertices @ self._rotation[frame].T + self.actor.fit.translation[frame], np.float32)

    def _vertices(self, expression: Tensor) -> Tensor:
        return self.model.vertices(self._identity, expression)
