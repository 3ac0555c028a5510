"""The preview head as a binary glTF 2.0 file: one mesh, three textures, a morph target for each of its shapes.

The first 52 are called as ARKit calls them. Any viewer opens it. What the lips, lids, eyes and neck need beside morph
targets stands in the mesh's `extras`, for the report's page. glTF's axes: metres, x to the subject's left, y up, z
towards the viewer: ours with y and z negated. Knows the head and the file format; does not know the page.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facetake import __version__
from facetake.arrays import F32
from facetake.face import head as faces
from facetake.face.choices import DEFAULT
from facetake.face.head import ATLAS, FLIP, PARTS, SOFTNESS, Head
from facetake.files import json_text
from facetake.formats import gltf_morph
from facetake.report import png

_COMPONENT = {"uint16": 5123, "uint32": 5125, "float32": 5126}  # glTF: UNSIGNED_SHORT, UNSIGNED_INT, FLOAT
_KIND = {1: "SCALAR", 2: "VEC2", 3: "VEC3"}  # glTF, by columns
_ARRAY_BUFFER = 34962  # glTF: what vertices have
_ELEMENT_BUFFER = 34963  # glTF: corners of faces


@dataclass
class _File:
    """A glTF file in the making: its JSON lists and its one buffer."""

    views: list[dict[str, Any]] = field(default_factory=list)
    accessors: list[dict[str, Any]] = field(default_factory=list)
    data: bytearray = field(default_factory=bytearray)

    def view(self, content: bytes, target: int | None = None) -> int:
        """A stretch of the buffer; its number."""
        self.data += b"\0" * (-len(self.data) % gltf_morph.ALIGNMENT)
        made: dict[str, Any] = {"buffer": 0, "byteOffset": len(self.data), "byteLength": len(content)}
        self.views.append(made | ({} if target is None else {"target": target}))
        self.data += content
        return len(self.views) - 1

    def accessor(self, array: NDArray[Any], target: int | None = None, *, bounds: bool = False) -> int:
        """An array (N,) or (N, 2..3); its number."""
        flat = np.ascontiguousarray(array).reshape(len(array), -1)
        made = {
            "bufferView": self.view(flat.tobytes(), target),
            "componentType": _COMPONENT[flat.dtype.name],
            "count": len(flat),
            "type": _KIND[flat.shape[1]],
        }
        self.accessors.append(made | (_bounds(flat) if bounds else {}))
        return len(self.accessors) - 1

    def sparse(self, array: F32) -> int:
        """An array (N, 3) that is zero almost everywhere; its number."""
        rows = np.flatnonzero(array.any(axis=1))
        values = np.ascontiguousarray(array[rows], dtype=np.float32)
        self.accessors.append(
            {
                "componentType": _COMPONENT["float32"],
                "count": len(array),
                "type": "VEC3",
                **_bounds(array),
                "sparse": {
                    "count": len(rows),
                    "indices": {"bufferView": self.view(rows.astype(np.uint16).tobytes()), "componentType": 5123},
                    "values": {"bufferView": self.view(values.tobytes())},
                },
            }
        )
        return len(self.accessors) - 1


def _bounds(array: NDArray[Any]) -> dict[str, list[float]]:
    return {"min": [float(x) for x in array.min(axis=0)], "max": [float(x) for x in array.max(axis=0)]}


@cache
def head_glb(name: str = DEFAULT) -> bytes:
    """The head of that name as the bytes of a .glb file (some MB)."""
    return write(faces.load(name))


def write(head: Head) -> bytes:
    """A head as the bytes of a .glb file.

    A vertex of the file is a texture point of the head, so a vertex on a seam is there twice. Each has its place,
    normal, texture coordinates, and two attributes of our own: `_OPEN` (0 dark..1 open to the sky) and `_SOFT` (how
    far light wraps around it).
    """
    file = _File()
    source = _sources(head)
    images = [{"bufferView": file.view(one), "mimeType": "image/png", "name": name} for name, one in _images(head)]
    attributes = _attributes(file, head, source)
    indices = file.accessor(head.uv_faces.reshape(-1).astype(np.uint16), _ELEMENT_BUFFER)
    shapes = head.deltas.reshape(len(head.names), -1, 3)[:, source] * FLIP
    primitive = {
        "attributes": attributes,
        "indices": indices,
        "material": 0,
        "targets": [{"POSITION": file.sparse(shape)} for shape in shapes],
    }
    mesh = {
        "name": "head",
        "primitives": [primitive],
        "weights": [0.0] * len(head.names),
        "extras": {"targetNames": list(head.names), "facetake": _anatomy(file, head, source)},
    }
    return _packed(file, mesh, images, head.about)


def _sources(head: Head) -> NDArray[np.intp]:
    """(U,) which vertex of the head each texture point belongs to; one only, as the atlas was baked."""
    source = np.zeros(len(head.uv), dtype=np.intp)
    source[head.uv_faces.reshape(-1)] = head.faces.reshape(-1)
    return source


def _attributes(file: _File, head: Head, source: NDArray[np.intp]) -> dict[str, int]:
    soft = np.zeros(len(head.uv), dtype=np.float32)
    soft[head.uv_faces] = np.array([SOFTNESS[name] for name in PARTS], dtype=np.float32)[head.part][:, None]
    uv = np.asarray(head.look(np.zeros((2, 2), np.float32)) / ATLAS, dtype=np.float32)
    return {
        "POSITION": file.accessor(head.rest[source] * FLIP, _ARRAY_BUFFER, bounds=True),
        "NORMAL": file.accessor((_normals(head) * FLIP)[source], _ARRAY_BUFFER),
        "TEXCOORD_0": file.accessor(uv, _ARRAY_BUFFER),
        "_OPEN": file.accessor(head.occlusion[source], _ARRAY_BUFFER),
        "_SOFT": file.accessor(soft, _ARRAY_BUFFER),
    }


def _normals(head: Head) -> F32:
    """Area-weighted unit normals (V, 3) of the resting head."""
    corners = head.rest[head.faces]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = np.zeros_like(head.rest)
    for corner in range(3):
        np.add.at(normals, head.faces[:, corner], across)
    return np.asarray(normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12), dtype=np.float32)


def _images(head: Head) -> list[tuple[str, bytes]]:
    """Colour in sRGB, out of the square root of linear light, roughness (green) out of gloss, and wrinkles.

    Of wrinkles a grey picture, a kind below the other; the page alone shows them.
    """
    linear = np.square(np.arange(256) / 255.0)
    srgb = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    colour = np.rint(srgb * 255.0).astype(np.uint8)[head.texture[..., :3]]
    rough = np.zeros_like(colour)
    rough[..., 1] = 255 - head.texture[..., 3]
    folds = np.concatenate(list(np.moveaxis(head.wrinkles, 2, 0)))[..., None]
    return [("colour", png.encode(colour)), ("roughness", png.encode(rough)), ("wrinkles", png.encode(folds))]


def _anatomy(file: _File, head: Head, source: NDArray[np.intp]) -> dict[str, Any]:
    """What morph targets cannot say, in this file's vertices: numbers of accessors, and measures."""
    first = np.zeros(len(head.rest), dtype=np.intp)
    first[source[::-1]] = np.arange(len(source))[::-1]
    moved = np.flatnonzero(np.isin(source, head.seal_moved))
    follow = head.seal_follow[np.searchsorted(head.seal_moved, source[moved])]
    mouth = np.isin(head.part, [PARTS.index(name) for name in ("cavity", "teeth", "tongue")])
    sets = {
        "source": source,
        "sealUpper": first[head.seal_upper],
        "sealLower": first[head.seal_lower].reshape(-1),
        "sealMoved": moved,
        "lids": np.flatnonzero(np.isin(source, head.lids)),
        "eyes": np.unique(head.uv_faces[head.part == PARTS.index("eye")]),
        "lidMiddles": first[head.lid_middles].reshape(-1),
        "mouth": np.unique(head.uv_faces[mouth]),
        "teeth": np.unique(head.uv_faces[head.part == PARTS.index("teeth")]),
    }
    return {
        **{name: file.accessor(np.asarray(one, dtype=np.uint16)) for name, one in sets.items()},
        "sealMix": file.accessor(head.seal_mix.reshape(-1)),
        "sealFollow": file.accessor(follow.reshape(-1)),
        "eyeCentres": (head.eye_centres * FLIP).tolist(),
        "eyeRadius": head.eye_radius,
        "lidClearance": faces.LID_CLEARANCE_M,
        "eyesLit": [faces.EYE_DARKEST, faces.EYE_LIT_M],
        "pivot": (faces.PIVOT_M * FLIP).tolist(),
        "neck": [-faces.NECK_TOP_M, -faces.NECK_BOTTOM_M],
        "gazeDeg": [faces.GAZE_YAW_DEG, faces.GAZE_PITCH_DEG],
        "tongue": {
            "inside": faces.TONGUE_INSIDE,
            "shut": faces.SHUT_JAW,
            "room": faces.TONGUE_ROOM,
            "lowered": faces.LOWERED_ROOM,
        },
        "wrinkles": {
            "at": list(head.wrinkles_at),
            "size": [head.wrinkles.shape[1], head.wrinkles.shape[0]],
            "middle": faces.MIDDLE_TEXEL,
            "atlas": ATLAS,
            "rest": head.wrinkles_rest.tolist(),
            "shapes": list(faces.FOLDS.values()),
        },
        "iris": [*faces.EYE_UV_CENTRE, faces.IRIS_UV_SPAN],
    }


def _packed(file: _File, mesh: dict[str, Any], images: list[dict[str, Any]], about: str) -> bytes:
    """The two chunks of a .glb."""
    surface = {
        "baseColorTexture": {"index": 0},
        "metallicRoughnessTexture": {"index": 1},
        "metallicFactor": 0.0,
    }
    document = {
        "asset": {"version": "2.0", "generator": f"Facetake {__version__}", "extras": json_text.load(about)},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"name": "head", "mesh": 0}],
        "meshes": [mesh],
        "materials": [{"name": "head", "pbrMetallicRoughness": surface}],
        "textures": [{"source": number, "sampler": 0} for number in range(2)],
        "samplers": [{"magFilter": 9729, "minFilter": 9987, "wrapS": 33071, "wrapT": 33071}],
        "images": images,
        "accessors": file.accessors,
        "bufferViews": file.views,
        "buffers": [{"byteLength": len(file.data)}],
    }
    return gltf_morph.packed(document, bytes(file.data))
