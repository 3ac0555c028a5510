"""Meshes out of Wavefront .obj files: positions, texture coordinates, triangles and their material.

Knows the text format; does not know faces of people.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facetake import files
from facetake.arrays import F32, I64
from facetake.errors import ModelError

MOST_BYTES = 1 << 28  # of an .obj: a mesh of a million vertices


@dataclass(frozen=True)
class ObjMesh:
    """vertices (V, 3); uv (U, 2) in 0..1, v down; faces, uv_faces (F, 3) triangles; material (F,) names."""

    vertices: F32
    uv: F32
    faces: I64
    uv_faces: I64
    material: NDArray[np.str_]


def read_obj(path: Path) -> ObjMesh:
    """A mesh; polygons become fans of triangles. ModelError for a file that cannot be read or is no .obj."""
    lines = _lines(path)
    uv = _numbers(lines, "vt ", path)[:, :2]
    uv = np.stack([uv[:, 0], 1.0 - uv[:, 1]], axis=1) if len(uv) else uv
    faces = []
    uv_faces = []
    names = []
    material = ""
    try:
        for line in lines:
            if line.startswith("usemtl "):
                material = line[7:].strip()
            elif line.startswith("f "):
                corners = [(corner.split("/") + [""])[:2] for corner in line.split()[1:]]
                for k in range(1, len(corners) - 1):
                    fan = (corners[0], corners[k], corners[k + 1])
                    faces.append([int(corner[0]) - 1 for corner in fan])
                    uv_faces.append([int(corner[1] or corner[0]) - 1 for corner in fan])
                    names.append(material)
    except ValueError as error:
        raise ModelError(f"{path} has a face that is not made of numbers ({error}); fetch it again") from error
    triangles = np.array(faces, np.int64).reshape(-1, 3)
    vertices = _numbers(lines, "v ", path)
    if len(vertices) == 0 or triangles.size and int(triangles.max()) >= len(vertices):
        raise ModelError(f"{path} is no whole .obj mesh: {len(vertices)} vertices, {len(triangles)} triangles")
    return ObjMesh(vertices, uv, triangles, np.array(uv_faces, np.int64).reshape(-1, 3), np.array(names, str))


def read_positions(path: Path) -> F32:
    """Only the vertices (V, 3) of an .obj file."""
    return _numbers(_lines(path), "v ", path)


def _lines(path: Path) -> list[str]:
    try:
        return files.read_text(path, MOST_BYTES).splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"{path} cannot be read as an .obj file ({error}); check the path") from error


def _numbers(lines: list[str], start: str, path: Path) -> F32:
    """The numbers of all lines that start so, a row each."""
    rows = [line[len(start) :].split() for line in lines if line.startswith(start)]
    try:
        return np.array(rows, dtype=np.float32).reshape(len(rows), -1) if rows else np.zeros((0, 3), np.float32)
    except ValueError as error:
        raise ModelError(f"{path} has a line of other than numbers ({error}); fetch it again") from error
