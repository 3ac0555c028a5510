"""The baked preview heads: loads one and poses it from ARKit's 52 weights and a few more, head turn and lip seal.

Knows vertices; does not know cameras, colours or the 174 controls. Head space: metres, x to the subject's left, y down,
z away from the viewer, origin between the ears.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facetake.arrays import F32, I32
from facetake.errors import RenderError
from facetake.face.choices import DEFAULT, HEADS

HEAD_FILE = Path(__file__).with_name("head.npz")
MORE_SHAPES = ("tongueTipUp", "browLateralLeft", "browLateralRight")
"""What a head has behind ARKit's 52 shapes, which have no word for it: the tip of the tongue to the ridge behind the
upper teeth, and brows drawn together, by a MetaHuman's names."""
PARTS = ("skin", "body", "cavity", "socket", "eye", "teeth", "tongue", "hair")
SOFTNESS = {
    "skin": 1.0,
    "body": 0.98,
    "cavity": 0.8,
    "socket": 0.9,
    "eye": 0.35,
    "teeth": 0.45,
    "tongue": 0.85,
    "hair": 0.3,
}
"""How far light bleeds around each part; different numbers also tell the shader where one part ends."""
GAZE_YAW_DEG = 40.0
GAZE_PITCH_DEG = 30.0
"""How far an eye turns at a full `eyeLook...` weight, as a MetaHuman's."""
FLIP = np.array([1.0, -1.0, -1.0], dtype=np.float32)
"""Turns our axes (y down, z away from the viewer) into those of other models and formats (y up, z to the viewer)."""
PIVOT_M = np.array([0.0, 0.075, 0.035], dtype=np.float32)
"""Where the head turns on the neck."""
NECK_TOP_M = 0.075
NECK_BOTTOM_M = 0.190
"""Heights between which the neck hands the head's turn over to the shoulders."""
LID_CLEARANCE_M = 0.0006  # by eye: with less, eyeballs show through between a lid's vertices; with more, lids swell
EYE_DARKEST = 0.10  # by eye, share of light on an eye behind lids that meet
EYE_LIT_M = 0.008  # opening from which on it has all of it, by eye: two thirds of an open eye's
IRIS_UV_SPAN = 0.300  # side of the eye's square in `head_baking.atlas.CHARTS`
EYE_UV_CENTRE = (0.690, 0.810)  # middle of that square
MIDDLE_TEXEL = 270.3  # x of the texels in the face's middle: of the skin's rectangle in `head_baking.atlas.CHARTS`
ATLAS = 1024  # pixels a side, by choice: lashes and brows are painted in it, and it is two thirds of the shipped file


TONGUE_INSIDE = 0.38
SHUT_JAW = 0.12
TONGUE_ROOM = 3.0
LOWERED_ROOM = 0.35
"""How far the tongue comes out while the jaw is open no further than `SHUT_JAW`, how much further by how far it is, and
how much a lowered lip counts beside the jaw. Measured: at 0.40 it is seen through the lower lip."""
FOLDS = {
    "brow up": {"browInnerUp": 0.7, "browOuterUp*": 0.5, "browLateral*": -0.25},
    "brow down": {"browDown*": 1.0, "browLateral*": 0.5},
    "nose": {"noseSneer*": 1.0, "mouthUpperUp*": 0.2},
    "smile": {"mouthSmile*": 0.8, "cheekSquint*": 0.5, "mouthDimple*": 0.2},
}
"""What makes skin fold, kind by kind: shares of shapes, * for the side; by eye."""


@dataclass(frozen=True)
class Head:
    """A head mesh and how it moves.

    rest (V, 3) m; faces, uv_faces (F, 3); uv (U, 2) texels; part (F,) index into `PARTS`; occlusion (V,); texture
    (N, N, 4) uint8; names (N,): ARKit's, then `MORE_SHAPES`, in the order of `deltas` (N, V * 3) m; eye_centres (2, 3):
    left, right;
    wrinkles (H, W, 4) uint8: depth of each of `FOLDS` over the texture, 0 none..255 all; wrinkles_at: its first texel
    (x, y); wrinkles_rest (4,): how much of them is there at rest.
    """

    rest: F32
    faces: I32
    uv_faces: I32
    uv: F32
    part: NDArray[np.uint8]
    occlusion: F32
    texture: NDArray[np.uint8]
    names: tuple[str, ...]
    deltas: F32
    eye_centres: F32
    eye_radius: float
    lids: I32
    seal_upper: I32
    seal_lower: I32
    seal_mix: F32
    seal_moved: I32
    seal_follow: F32
    about: str
    wrinkles: NDArray[np.uint8]
    wrinkles_at: tuple[int, int]
    wrinkles_rest: F32

    def deform(self, arkit: F32, head_deg: F32 | None = None, seal: F32 | None = None) -> F32:
        """Vertices (T, V, 3) in metres.

        arkit (T, 52) weights in the order of `names`, or (T, N) of all of them; head_deg (T, 3): yaw, pitch, roll in
        degrees (positive: to the subject's left, up, towards the subject's left shoulder); seal (T,): how closed the
        lips are, 0..1, by default `mouthClose` relative to `jawOpen`.
        """
        weights = self._whole(np.clip(np.asarray(arkit, dtype=np.float32), 0.0, 1.0))
        shut = self.seal_of(weights) if seal is None else np.asarray(seal, np.float32)
        moved = self._blended(self._behind_lips(weights, shut))
        self._close_lips(moved, shut)
        self._clear_eyes(moved)
        return moved if head_deg is None else self._turn(moved, np.asarray(head_deg, np.float32))

    def _whole(self, weights: F32) -> F32:
        """Weights (T, N) of all shapes for ARKit's alone (T, 52): the others at nothing."""
        more = len(MORE_SHAPES)
        if weights.ndim != 2 or weights.shape[1] not in (len(self.names), len(self.names) - more):
            raise ValueError(
                f"arkit has shape {weights.shape}, expected (T, {len(self.names) - more}) or (T, {len(self.names)})"
            )
        return weights if weights.shape[1] == len(self.names) else np.pad(weights, ((0, 0), (0, more)))

    def _behind_lips(self, weights: F32, seal: F32) -> F32:
        """The weights with the tongue kept behind lips that leave it no room: it would come through the lower one."""
        column = {name: weights[:, i] for i, name in enumerate(self.names)}
        lowered = 0.5 * (column["mouthLowerDownLeft"] + column["mouthLowerDownRight"])
        room = (column["jawOpen"] + LOWERED_ROOM * lowered) * (1.0 - seal)
        free = weights.copy()
        free[:, self.names.index("tongueOut")] = np.minimum(
            column["tongueOut"], TONGUE_INSIDE + TONGUE_ROOM * np.maximum(room - SHUT_JAW, 0.0)
        )
        return free

    def _blended(self, weights: F32) -> F32:
        """The resting head (T, V, 3) with all shapes added to it."""
        moved = self.rest.ravel() + (self._sparse_deltas @ weights.T).T
        return np.asarray(np.ascontiguousarray(moved).reshape(len(weights), -1, 3), np.float32)

    @cached_property
    def _sparse_deltas(self) -> Any:
        """How far shapes move vertices (V * 3, N): a shape moves a tenth of them, and this is nine times as fast."""
        from scipy import sparse  # a head is loaded with every take, and posed only where it is seen

        return sparse.csc_matrix(self.deltas.T)

    def wrinkles_of(self, arkit: F32) -> F32:
        """How much of each of `FOLDS` shows (T, 2, 4), 0..1: on the right side of the face, then on the left."""
        whole = self._whole(np.asarray(arkit))
        column = {name: whole[:, i] for i, name in enumerate(self.names)}
        sides = []
        for side in ("Right", "Left"):
            kinds = [
                sum(share * column[name.replace("*", side)] for name, share in terms.items())
                for terms in FOLDS.values()
            ]
            sides.append(np.stack(kinds, axis=1))
        return np.asarray(np.clip(self.wrinkles_rest + np.stack(sides, axis=1), 0.0, 1.0), dtype=np.float32)

    def seal_of(self, arkit: F32) -> F32:
        """How closed the lips are (T,) going by ARKit alone: `mouthClose` as a part of `jawOpen`."""
        close = arkit[:, self.names.index("mouthClose")]
        jaw = arkit[:, self.names.index("jawOpen")]
        share = np.clip((close / np.maximum(jaw, 0.02) - 0.4) / 0.5, 0.0, 1.0)
        return np.asarray(share * share * (3.0 - 2.0 * share), dtype=np.float32)

    def gaps(self, vertices: F32) -> F32:
        """Offsets (T, K, 3) from upper to lower points along the mouth line, in metres, less those at rest."""
        lower = (vertices[:, self.seal_lower] * self.seal_mix[..., None]).sum(axis=2)
        at_rest = (self.rest[self.seal_lower] * self.seal_mix[..., None]).sum(axis=1) - self.rest[self.seal_upper]
        return np.asarray(lower - vertices[:, self.seal_upper] - at_rest, dtype=np.float32)

    @cached_property
    def lid_middles(self) -> NDArray[np.intp]:
        """The vertices (2, 2) in the middle of each eye's upper and lower lid edge: left eye, right eye."""
        skin, socket = (np.unique(self.faces[self.part == PARTS.index(name)]) for name in ("skin", "socket"))
        edge = np.intersect1d(skin, socket)
        found = []
        for centre in self.eye_centres:
            own = edge[np.sign(self.rest[edge, 0]) == np.sign(centre[0])]
            is_upper = self.rest[own, 1] < self.rest[own, 1].mean()
            lids = (own[is_upper], own[~is_upper])
            found.append([one[np.abs(self.rest[one, 0] - centre[0]).argmin()] for one in lids])
        return np.array(found, dtype=np.intp)

    def eyes_lit(self, vertices: F32) -> F32:
        """How much light reaches the left and the right eye of posed vertices (V, 3): lids shade what is between them.

        (2,) in `EYE_DARKEST`..1; without it the white of a slit that is nearly shut shines through the lashes.
        """
        upper, lower = vertices[self.lid_middles].swapaxes(0, 1)
        opened = np.linalg.norm(lower - upper, axis=1) / EYE_LIT_M
        return np.asarray(np.clip(opened, 0.0, 1.0) ** 2 * (1.0 - EYE_DARKEST) + EYE_DARKEST, np.float32)

    def _close_lips(self, vertices: F32, seal: F32) -> None:
        """Draws the lips together by `seal`, and pushes them apart where they would cross."""
        for _ in range(2):  # what follows one pair also moves its neighbours: a second pass takes up the rest
            gap = self.gaps(vertices)
            weight = np.where(gap[..., 1] < 0.0, 1.0, seal[:, None])
            vertices[:, self.seal_moved] += self.seal_follow @ (weight[..., None] * gap)

    def _clear_eyes(self, vertices: F32) -> None:
        """Keeps lids outside the eyeballs, so that no eye ever pokes through a closed lid."""
        near = vertices[:, self.lids]
        for centre in self.eye_centres:
            away = near - centre
            distance = np.linalg.norm(away, axis=-1, keepdims=True)
            wanted = np.maximum(distance, self.eye_radius + LID_CLEARANCE_M)
            near = centre + away * (wanted / np.maximum(distance, 1e-6))
        vertices[:, self.lids] = near

    def _turn(self, vertices: F32, head_deg: F32) -> F32:
        """Turns the head on its neck; the neck follows less and less towards the shoulders."""
        away = (vertices - PIVOT_M) @ (rotation(head_deg) - np.eye(3, dtype=np.float32)).swapaxes(1, 2)
        return np.asarray(vertices + self._turned_share * away, dtype=np.float32)

    @cached_property
    def _turned_share(self) -> F32:
        """How far each vertex (V, 1) goes with the head, 0 at the shoulders..1."""
        share = np.clip((NECK_BOTTOM_M - self.rest[:, 1]) / (NECK_BOTTOM_M - NECK_TOP_M), 0.0, 1.0)
        return np.asarray((share * share * (3.0 - 2.0 * share))[:, None], np.float32)

    def gaze_deg(self, arkit: F32) -> F32:
        """Yaw (to the subject's left) and pitch (up) in degrees of the left and right eye, (T, 2, 2)."""
        column = {name: arkit[:, i] for i, name in enumerate(self.names[: arkit.shape[1]])}
        yaw = (
            np.stack(
                [
                    column["eyeLookOutLeft"] - column["eyeLookInLeft"],
                    column["eyeLookInRight"] - column["eyeLookOutRight"],
                ],
                axis=1,
            )
            * GAZE_YAW_DEG
        )
        pitch = (
            np.stack([column[f"eyeLookUp{side}"] - column[f"eyeLookDown{side}"] for side in ("Left", "Right")], axis=1)
            * GAZE_PITCH_DEG
        )
        return np.asarray(np.stack([yaw, pitch], axis=-1), dtype=np.float32)

    def look(self, gaze_deg: F32) -> F32:
        """Texture coordinates (U, 2) for one frame's gaze (2, 2): irises slide over eyeballs that lids fit."""
        uv = self.uv.copy()
        for (points, directions), (yaw, pitch) in zip(_eye_points(self), gaze_deg, strict=True):
            turn = rotation(np.array([[yaw, pitch, 0.0]], dtype=np.float32))[0]
            uv[points] = eye_uv(directions @ turn)
        return uv


def _eye_points(head: Head) -> Any:
    """For each eye: its texture points and the directions (N, 3) they show from the eye's centre."""
    if id(head) not in _EYES:
        faces = head.part == PARTS.index("eye")
        points, first = np.unique(head.uv_faces[faces], return_index=True)
        vertices = head.rest[head.faces[faces].reshape(-1)[first]]
        left = vertices[:, 0] > 0
        _EYES[id(head)] = tuple(
            (points[side], (vertices[side] - centre) / head.eye_radius)
            for side, centre in zip((left, ~left), head.eye_centres, strict=True)
        )
    return _EYES[id(head)]


_EYES: dict[int, Any] = {}


def eye_uv(unit: F32) -> F32:
    """Texels (N, 2) of directions (N, 3) from an eye's centre: the distance from the iris' middle is the angle."""
    angle = np.arccos(np.clip(-unit[:, 2], -1.0, 1.0)) / np.pi
    length = np.maximum(np.hypot(unit[:, 0], unit[:, 1]), 1e-9)
    disc = np.clip(angle[:, None] * unit[:, :2] / length[:, None], -0.5, 0.5)
    return np.asarray((np.asarray(EYE_UV_CENTRE) + IRIS_UV_SPAN * disc) * ATLAS, dtype=np.float32)


def rotation(angles_deg: F32) -> F32:
    """Matrices (T, 3, 3) for yaw, pitch, roll (T, 3) in degrees: roll first, then pitch, then yaw.

    Positive yaw turns to the subject's left, positive pitch looks up, positive roll tips towards the subject's left.
    """
    yaw, pitch, roll = np.radians(angles_deg).T
    one = np.ones_like(yaw)
    zero = np.zeros_like(yaw)

    def matrix(rows: list[list[Any]]) -> F32:
        return np.asarray(np.stack([np.stack(row, axis=-1) for row in rows], axis=-2), dtype=np.float32)

    cy = np.cos(yaw)
    sy = np.sin(yaw)
    cp = np.cos(pitch)
    sp = np.sin(pitch)
    cr = np.cos(roll)
    sr = np.sin(roll)
    turn = matrix([[cy, zero, -sy], [zero, one, zero], [sy, zero, cy]])
    nod = matrix([[one, zero, zero], [zero, cp, sp], [zero, -sp, cp]])
    tip = matrix([[cr, -sr, zero], [sr, cr, zero], [zero, zero, one]])
    return np.asarray(turn @ nod @ tip, dtype=np.float32)


def file_of(name: str) -> Path:
    """Where the head of that name is baked. RenderError for one that is not there."""
    if name not in HEADS:
        raise RenderError(f"there is no head called {name!r}; there are: {', '.join(HEADS)}")
    return HEAD_FILE if name == DEFAULT else HEAD_FILE.with_name(f"head_{name}.npz")


@cache
def load(name: str = DEFAULT) -> Head:
    """The head of that name (about 20 ms; later calls give the same one). RenderError for one that is not there."""
    with np.load(file_of(name), allow_pickle=False) as file:
        data = {key: file[key] for key in file.files}
    rest = data["rest"].astype(np.float32)
    deltas = arkit_deltas(data)
    integers = ("faces", "uv_faces", "lids", "seal_upper", "seal_lower", "seal_moved")
    floats = ("uv", "occlusion", "eye_centres", "seal_mix", "seal_follow", "wrinkles_rest")
    left, top = (int(texel) for texel in data["wrinkles_at"])
    return Head(
        rest=rest,
        deltas=deltas.reshape(len(deltas), -1),
        names=tuple(str(name) for name in data["names"]),
        part=data["part"],
        texture=data["texture"],
        eye_radius=float(data["eye_radius"]),
        about=str(data["about"]),
        wrinkles=data["wrinkles"],
        wrinkles_at=(left, top),
        **{key: data[key].astype(np.int32) for key in integers},
        **{key: data[key].astype(np.float32) for key in floats},
    )


def arkit_deltas(data: Mapping[str, NDArray[Any]]) -> F32:
    """Displacements (N, V, 3) in metres of the actions in a baked file."""
    deltas = np.zeros((len(data["names"]), len(data["rest"]), 3), dtype=np.float32)
    action = np.repeat(np.arange(len(deltas)), data["delta_counts"])
    deltas[action, data["delta_index"]] = data["delta_value"].astype(np.float32) / 1000.0
    return deltas
