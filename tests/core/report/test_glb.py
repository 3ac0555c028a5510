"""The head as a .glb: read back by the rules of glTF 2.0, it is the head that was baked."""

from __future__ import annotations

import io
import json
import struct
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from facetake.face.head import ATLAS, FLIP, MORE_SHAPES, Head, load
from facetake.report import png
from facetake.report.glb import head_glb
from facetake.rig import ARKIT_NAMES

_TYPES: dict[int, Any] = {5123: np.dtype("<u2"), 5125: np.dtype("<u4"), 5126: np.dtype("<f4")}
_WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3}


class Glb:
    """A .glb file taken apart."""

    def __init__(self, data: bytes) -> None:
        magic, version, length = struct.unpack_from("<4sII", data)
        assert (magic, version, length) == (b"glTF", 2, len(data))
        size, kind = struct.unpack_from("<I4s", data, 12)
        assert kind == b"JSON" and size % 4 == 0
        self.json: dict[str, Any] = json.loads(data[20 : 20 + size])
        rest, kind = struct.unpack_from("<I4s", data, 20 + size)
        assert kind == b"BIN\0" and 28 + size + rest == len(data)
        self.binary = data[28 + size :]

    def view(self, number: int) -> bytes:
        """The bytes of a buffer view."""
        view = self.json["bufferViews"][number]
        assert view["byteOffset"] % 4 == 0
        return self.binary[view["byteOffset"] :][: view["byteLength"]]

    def array(self, number: int) -> NDArray[Any]:
        """The values of an accessor, (N, width)."""
        known = self.json["accessors"][number]
        width = _WIDTHS[known["type"]]
        kind = _TYPES[known["componentType"]]
        if "bufferView" in known:
            return np.asarray(np.frombuffer(self.view(known["bufferView"]), kind).reshape(known["count"], width))
        found: NDArray[Any] = np.zeros((known["count"], width), kind)
        sparse = known["sparse"]
        rows = np.frombuffer(self.view(sparse["indices"]["bufferView"]), _TYPES[sparse["indices"]["componentType"]])
        assert len(rows) == sparse["count"] and (np.diff(rows.astype(int)) > 0).all() and rows[-1] < len(found)
        found[rows] = np.frombuffer(self.view(sparse["values"]["bufferView"]), kind).reshape(-1, width)
        return found


@pytest.fixture(scope="module")
def glb() -> Glb:
    """The shipped head as a .glb."""
    return Glb(head_glb())


@pytest.fixture(scope="module")
def head() -> Head:
    """The shipped head."""
    return load()


def corners(glb: Glb, name: str) -> NDArray[Any]:
    """An attribute at the corners of all triangles, (F * 3, width)."""
    primitive = glb.json["meshes"][0]["primitives"][0]
    return np.asarray(glb.array(primitive["attributes"][name])[glb.array(primitive["indices"])[:, 0]])


def test_triangles_are_the_head_s(glb: Glb, head: Head) -> None:
    """Corner for corner: places with two axes turned around, texture coordinates, and outward normals."""
    where = head.rest[head.faces.reshape(-1)] * FLIP
    assert np.array_equal(corners(glb, "POSITION"), where)
    eyes = np.isin(head.uv_faces.reshape(-1), np.unique(head.uv_faces[head.part == 4]))
    assert np.abs(corners(glb, "TEXCOORD_0") * ATLAS - head.uv[head.uv_faces.reshape(-1)])[~eyes].max() < 1e-3
    normals = corners(glb, "NORMAL").reshape(-1, 3, 3).mean(axis=1)
    triangles = where.reshape(-1, 3, 3)
    facing = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    assert ((facing * normals).sum(axis=1) > 0).mean() > 0.99


def test_bounds_are_told(glb: Glb) -> None:
    """Smallest and largest of every place and morph target are those of its values."""
    primitive = glb.json["meshes"][0]["primitives"][0]
    for number in (primitive["attributes"]["POSITION"], *(target["POSITION"] for target in primitive["targets"])):
        known = glb.json["accessors"][number]
        values = glb.array(number)
        assert np.allclose(known["min"], values.min(axis=0)) and np.allclose(known["max"], values.max(axis=0))


def test_morph_targets_are_arkit_s(glb: Glb, head: Head) -> None:
    """52 of them in ARKit's order and names, then the others, each moving every corner as the head's shape does."""
    mesh = glb.json["meshes"][0]
    assert mesh["extras"]["targetNames"] == [*ARKIT_NAMES, *MORE_SHAPES]
    assert len(mesh["weights"]) == len(mesh["primitives"][0]["targets"]) == len(head.names)
    indices = glb.array(mesh["primitives"][0]["indices"])[:, 0]
    shapes = head.deltas.reshape(len(head.names), -1, 3)
    for target, shape in zip(mesh["primitives"][0]["targets"], shapes, strict=True):
        assert np.array_equal(glb.array(target["POSITION"])[indices], shape[head.faces.reshape(-1)] * FLIP)


def test_pictures_are_pngs_of_the_skin(glb: Glb, head: Head) -> None:
    """Pillow opens both; colour is the head's square roots of light in sRGB, green roughness the reverse of gloss."""
    image = pytest.importorskip("PIL.Image", reason="reading pictures needs Pillow")
    colour, rough, folds = (
        np.asarray(image.open(io.BytesIO(glb.view(one["bufferView"])))) for one in glb.json["images"]
    )
    linear = np.square(head.texture[..., :3] / 255.0)
    srgb = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055) * 255
    assert np.abs(colour - srgb).max() <= 0.51
    assert np.array_equal(rough[..., 1], 255 - head.texture[..., 3])
    assert np.array_equal(folds, np.concatenate(list(np.moveaxis(head.wrinkles, 2, 0))))


@pytest.mark.parametrize("channels", [1, 3])
def test_pngs_of_any_picture_come_back(channels: int) -> None:
    """Noise, an odd width and both colour types are read back by Pillow as they were."""
    image = pytest.importorskip("PIL.Image", reason="reading pictures needs Pillow")
    picture = np.random.default_rng(1).integers(0, 256, (7, 13, channels), np.uint8)
    back = np.asarray(image.open(io.BytesIO(png.encode(picture))))
    assert np.array_equal(back.reshape(picture.shape), picture)
