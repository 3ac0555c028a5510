"""Which face model an actor is captured with: the one that comes with Facetake, or a file of the user's.

Knows names, files and their hashes, so that an actor is always drawn with the very model it was captured with. Does not
know what models look like inside.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
import torch

from facetake import files
from facetake.errors import ConfigError, ModelError, PortraitError
from facetake.face.model import FaceModel

DEFAULT = "anny"
KINDS = ("flame", "bfm", "ict")
_BLOCK = 1 << 20  # bytes hashed at once


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
