"""The cast in the published layouts of other models, as files that tests write."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from plaster import cast
from scipy import sparse
from scipy.io import savemat

from facetake.face.ibug import IBUG_68

FLIP = np.array([1.0, -1.0, -1.0])
N_EXPRESSION = 10  # of FLAME's
ICT_NAMES = ("jawOpen", "mouthSmile_L", "mouthSmile_R", "mouthPucker", "browInnerUp_L", "eyeBlink_L", "eyeBlink_R")


def flame_arrays() -> dict[str, Any]:
    """What FLAME's pickle holds, over the cast: y up, 300 directions of shape and ten of expression."""
    face = cast()
    rng = np.random.default_rng(0)
    points = face.vertices * FLIP
    n = len(points)
    shapes = np.zeros((n, 3, 300 + N_EXPRESSION))
    shapes[:, :, :3] = (face.people * FLIP).transpose(1, 2, 0)
    shapes[:, :, 300:307] = (face.moves * FLIP).transpose(1, 2, 0)
    regressor = np.zeros((5, n))
    for joint in range(5):  # root, neck, jaw, left and right eye lie on vertices
        regressor[joint, (10, 40, 700, face.ibug[42], face.ibug[36])[joint]] = 1.0
    jaw = 1.0 / (1.0 + np.exp((points[:, 1] + 0.045) / 0.006))
    weights = np.stack([0.1 * np.ones(n), 0.9 * (1.0 - jaw), 0.9 * jaw, np.zeros(n), np.zeros(n)], axis=1)
    return {
        "v_template": points,
        "f": face.faces.astype(np.uint32),
        "shapedirs": shapes,
        "weights": weights,
        "posedirs": rng.normal(0, 1e-4, (n, 3, 36)),
        "J_regressor": sparse.csc_matrix(regressor),
        "bs_style": "lbs",
        "kintree_table": np.array([[4294967295, 0, 1, 1, 1], [0, 1, 2, 3, 4]], np.int64),
        "J": regressor @ points,
    }


def flame_npz(folder: Path) -> Path:
    """FLAME's arrays in an .npz, with a landmark embedding beside it."""
    data = flame_arrays()
    path = folder / "flame.npz"
    np.savez(path, **{**data, "J_regressor": data["J_regressor"].toarray()})
    flame_embedding(folder)
    return path


def flame_embedding(folder: Path) -> None:
    """FLAME's MediaPipe embedding, at the cast's iBUG points inside the face."""
    face = cast()
    vertex = face.ibug[17:]
    first = np.array([np.argwhere(face.faces == v)[0] for v in vertex])
    np.savez(
        folder / "mediapipe_landmark_embedding.npz",
        lmk_face_idx=first[:, 0],
        lmk_b_coords=np.eye(3)[first[:, 1]],
        landmark_indices=IBUG_68[17:],
    )


def column(points: Any, per_metre: float) -> Any:
    """Positions or displacements (V, 3) of ours as a stacked column (V * 3, 1) with y up, in a file's unit."""
    return (np.asarray(points) * FLIP * per_metre).reshape(-1, 1)


def matrix(directions: Any, per_metre: float) -> Any:
    """Directions (N, V, 3) as a file's matrix (V * 3, N)."""
    return np.concatenate([column(direction, per_metre) for direction in directions], axis=1)


def bfm_front(path: Path) -> Path:
    """A `BFM_model_front.mat` of the cast: decimetres, colours 0..255, numbers from 1."""
    face = cast()
    rng = np.random.default_rng(0)
    savemat(
        path,
        {
            "meanshape": column(face.vertices + 0.3, 10.0).T,
            "idBase": matrix(face.people, 10.0),
            "exBase": matrix(face.moves, 10.0),
            "meantex": np.full((1, face.vertices.size), 180.0),
            "texBase": rng.normal(0, 5, (face.vertices.size, 4)),
            "tri": face.faces + 1,
            "keypoints": face.ibug[None] + 1,
        },
    )
    return path


def obj(points: Any, faces: Any, *, whole: bool = False) -> str:
    """Text of an .obj in centimetres, y up; whole: with texture, quads' materials and a clear layer."""
    lines = [f"v {x:.8f} {y:.8f} {z:.8f}" for x, y, z in points * FLIP * 100.0]
    if whole:
        lines += [f"vt {0.01 * k:.4f} 0.25" for k in range(100)]
    for number, (a, b, c) in enumerate(faces + 1):
        if whole and number in (0, 1000, 1100):
            lines.append("usemtl " + {0: "M_Face", 1000: "M_Teeth", 1100: "M_EyeOcclusion"}[number])
        lines.append(f"f {a}/1/1 {b}/2/1 {c}/3/1")
    return "\n".join(lines) + "\n"


def ict_folder(folder: Path) -> Path:
    """A `FaceXModel` folder of the cast."""
    face = cast()
    (folder / "generic_neutral_mesh.obj").write_text(obj(face.vertices, face.faces, whole=True))
    for name, move in zip(ICT_NAMES, face.moves, strict=True):
        (folder / f"{name}.obj").write_text(obj(face.vertices + move, face.faces))
    for k, person in enumerate(face.people):
        (folder / f"identity{k:03d}.obj").write_text(obj(face.vertices + person, face.faces))
    about = {"expressions": list(ICT_NAMES), "idx_to_landmark_verts": face.ibug.tolist()}
    (folder / "vertex_indices.json").write_text(json.dumps(about))
    return folder
