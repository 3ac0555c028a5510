"""Colours of the differentiable head, one a vertex, and the few ways in which people's colours differ.

Knows where features lie on the resting head, through the brushes of `bake_paint`; does not know identities or light.
Everything is the logarithm of linear light: pigments absorb a share of the light, so what they do adds up there, and no
sum is ever less than black. A coefficient of one is about a standard deviation, by eye.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags, identity

from facetake.arrays import F64
from facetake.render.shade import vertex_normals
from facetake_training.head_baking.atlas import Texels, occlusion
from facetake_training.head_baking.mesh import BODY, CAVITY, EYE, SKIN, SOCKET, TEETH, TONGUE, Mesh
from facetake_training.head_baking.paint import (
    BRUSHES,
    HAIR_RGB,
    LIP_RGB,
    brows,
    flesh,
    lash_line,
    mask,
    mix,
    scalp,
    spot,
    step,
)

EYELASH_SHARE = 0.55  # of hair's colour, by eye: lashes are lines, thinner than a triangle
BROW_SHARE = 0.62  # likewise: skin is seen between hairs
DARKEST = 0.002  # linear: keeps the logarithm finite
SKIN_SHARE = 0.92
"""Skin is a little darker (sRGB) than the preview head's, nearer to the middle of people's."""
TEETH_RGB = np.array([0.870, 0.835, 0.760])  # sRGB, by eye
TONGUE_RGB = np.array([0.660, 0.345, 0.340])  # sRGB, by eye
CREASE = 0.45
"""Openness below which a crease darkens."""
LOWER_FACE_TOP_M = 0.006
"""Where the lower face begins: a little above the tip of the nose, as in AudioDVP (its y = 0)."""


@dataclass
class Colours:
    """mean (V, 3) and basis (A, V, 3), logarithm of linear RGB; names (A,); regions: name -> (V,) bool."""

    mean: F64
    basis: F64
    names: tuple[str, ...]
    regions: dict[str, NDArray[np.bool_]]


def colours(mesh: Mesh, opened: F64, eyes: F64) -> Colours:
    """Colours of a refined mesh at the rest that the brushes know.

    opened (V, 3): its vertices with the jaw open; eyes (2, 3): eye centres.
    """
    surface = _points(mesh)
    srgb = np.zeros((len(mesh.vertices), 3))
    for part in (SOCKET, CAVITY, EYE):
        chosen = surface.part == part
        srgb[chosen] = BRUSHES[part](_pick(surface, chosen), eyes, np.random.default_rng(7))[:, :3]
    aside = 1.0 - 0.8 * step(0.012, 0.024, np.abs(surface.position[:, :1]))  # lips keep light off the side teeth
    srgb = np.where((surface.part == TEETH)[:, None], TEETH_RGB * aside, srgb)
    srgb[surface.part == TONGUE] = TONGUE_RGB
    masks = _masks(surface, eyes, _average(mesh))
    skin = np.isin(surface.part, (SKIN, BODY))
    srgb[skin] = _bare(_pick(surface, skin), eyes, {name: values[skin] for name, values in masks.items()})
    mean = np.log(np.maximum(linear(srgb) * _shadow(mesh, opened)[:, None], DARKEST))
    directions = _directions(mean, masks, surface)
    return Colours(mean, np.stack(list(directions.values())), tuple(directions), _regions(surface, masks))


def linear(srgb: F64) -> F64:
    """Linear light of sRGB 0..1."""
    inside = np.clip(srgb, 0.0, 1.0)
    return np.asarray(np.where(inside <= 0.04045, inside / 12.92, ((inside + 0.055) / 1.055) ** 2.4))


_FIRST = (SKIN, BODY, SOCKET, CAVITY, EYE, TEETH, TONGUE)
"""Whose colour a vertex on a seam takes."""


def _points(mesh: Mesh) -> Texels:
    """Every vertex as the brushes take surface points."""
    part = np.full(len(mesh.vertices), SKIN)
    source = np.zeros((len(mesh.vertices), 2))
    for number in reversed(_FIRST):
        chosen = mesh.part == number
        corners = mesh.faces[chosen].ravel()
        part[corners] = number
        source[corners] = mesh.uv[mesh.uv_faces[chosen].ravel()]
    nothing = np.zeros(len(part), np.int64)
    return Texels((nothing, nothing), mesh.vertices, np.zeros_like(mesh.vertices), source, part)


def _average(mesh: Mesh) -> csr_matrix:
    """What takes vertex values (V,) half-way to the mean of their neighbours, twice: jagged outlines become smooth."""
    size = len(mesh.vertices)
    pairs = mesh.faces[:, [0, 1, 2, 1, 2, 0]].reshape(-1, 2, 3).transpose(0, 2, 1).reshape(-1, 2)
    links = csr_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), (size, size))
    links = links + links.T
    mean = diags(1.0 / np.maximum(np.asarray(links.sum(axis=1)).ravel(), 1.0)) @ links
    half = 0.5 * (identity(size) + mean)
    return csr_matrix(half @ half)


def _shadow(mesh: Mesh, opened: F64) -> F64:
    """How much of the light from all around reaches each vertex (V,), where it is little: nostrils, corners, the mouth.

    Harmonic light casts no shadows, so that colours carry the darkness of creases; open skin and eyeballs stay as
    they are.
    """
    shut, wide = (_openness(vertices, mesh.faces) for vertices in (mesh.vertices, opened))
    inner = np.unique(mesh.faces[mesh.part == CAVITY])
    shut[inner] = 0.25 * shut[inner] + 0.75 * np.maximum(wide, shut)[inner]
    share = _average(mesh) @ np.clip(shut / CREASE, 0.0, 1.0)
    for part, least in ((EYE, 0.8), (TEETH, 0.7), (TONGUE, 0.35), (CAVITY, 0.4)):
        corners = np.unique(mesh.faces[mesh.part == part])
        share[corners] = np.maximum(share[corners], least)
    return np.asarray(share)


def _openness(vertices: F64, faces: NDArray[np.int64]) -> F64:
    normals = np.asarray(vertex_normals(vertices.astype(np.float32), faces.astype(np.int32)), np.float64)
    return occlusion(vertices, faces, normals)


def _pick(surface: Texels, chosen: NDArray[np.bool_]) -> Texels:
    row, column = surface.where
    return Texels(
        (row[chosen], column[chosen]),
        surface.position[chosen],
        surface.normal[chosen],
        surface.source[chosen],
        surface.part[chosen],
    )


def _masks(surface: Texels, eyes: F64, smooth: csr_matrix) -> dict[str, F64]:
    """How much each feature covers each vertex (V,), 0..1; all on skin but the iris."""
    skin = np.isin(surface.part, (SKIN, BODY))
    face = surface.part == SKIN
    p = surface.position
    x = np.abs(p[:, 0])
    y = p[:, 1]
    z = p[:, 2]
    lips = smooth @ np.where(face, step(0.25, 0.75, mask("lips", surface.source)), surface.part == CAVITY)
    jaw = step(0.012, 0.028, y - 0.30 * np.maximum(x - 0.02, 0.0)) * step(0.112, 0.092, y) * step(0.004, -0.022, z)
    away_from_nose = step(0.012, 0.020, np.hypot(x * 0.75, np.minimum(y - 0.014, 0.0) * 1.3 + 0.010))
    angle = 180.0 * np.hypot(*(surface.source - 0.5).T)
    return {
        "lips": np.where(face, lips, 0.0),
        "inner": np.where(face, step(0.3, 0.9, mask("inside-mouth", surface.source)), 0.0),
        "brows": np.where(face, _brow_band(p), 0.0),
        "beard": np.where(skin, jaw * away_from_nose * (1.0 - lips), 0.0),
        "scalp": np.where(skin, scalp(p), 0.0),
        "lashes": np.where(face, lash_line(p, eyes), 0.0),
        "cheeks": np.where(face, spot(p, (0.040, 0.018, -0.090), (0.022, 0.019, 0.03)), 0.0),
        "under_eyes": np.where(face, spot(p, (eyes[0] + (0.0, 0.017, -0.016)), (0.018, 0.008, 0.02)), 0.0),
        "nose": np.where(face, spot(p, (0.0, 0.008, -0.135), (0.014, 0.014, 0.03)), 0.0),
        "iris": np.where(surface.part == EYE, step(22.0, 20.0, angle) * step(8.0, 9.2, angle), 0.0),
    }


def _brow_band(position: F64) -> F64:
    """Brow hair at a vertex's scale: the mean of many drawings of the strokes."""
    drawings = [brows(position, np.random.default_rng(seed)) for seed in range(8)]
    return np.asarray(np.mean(drawings, axis=0))


def _bare(skin: Texels, eyes: F64, masks: dict[str, F64]) -> F64:
    """SRGB of skin with lips, thin brows and the shadow of lashes, but no hair or beard."""
    rgb = SKIN_SHARE * flesh(skin.position, eyes, np.random.default_rng(7))
    rgb = mix(rgb, LIP_RGB, 0.85 * masks["lips"])
    rgb = mix(rgb, (0.40, 0.18, 0.17), 0.8 * masks["inner"])
    nostrils = spot(skin.position, (0.0095, 0.0245, -0.128), (0.0042, 0.0030, 0.012))
    rgb = mix(rgb, (0.30, 0.17, 0.14), 0.9 * nostrils)
    rgb = mix(rgb, HAIR_RGB, EYELASH_SHARE * masks["lashes"])
    return mix(rgb, HAIR_RGB, BROW_SHARE * masks["brows"])


def _directions(mean: F64, masks: dict[str, F64], surface: Texels) -> dict[str, F64]:
    """How colours differ between people: name -> (V, 3) for one standard deviation."""
    skin = np.isin(surface.part, (SKIN, BODY)).astype(float)[:, None]

    def towards(srgb: tuple[float, float, float], name: str, share: float) -> F64:
        return np.asarray(share * masks[name][:, None] * (np.log(linear(np.asarray(srgb))) - mean))

    def tint(colour: tuple[float, float, float], name: str) -> F64:
        return np.asarray(masks[name][:, None] * np.asarray(colour))

    def on(part: int, share: float) -> F64:
        return np.asarray(np.tile(share * (surface.part == part)[:, None], (1, 3)))

    return {
        "skin_light": skin * (0.28, 0.35, 0.42),
        "skin_red": skin * (0.06, -0.05, -0.06),
        "skin_yellow": skin * (0.01, 0.025, -0.13),
        "lips_dark": tint((-0.22, -0.25, -0.25), "lips"),
        "lips_red": tint((0.08, -0.16, -0.10), "lips"),
        "brows_dark": towards(HAIR_RGB, "brows", 0.28),
        "beard": towards((0.36, 0.30, 0.28), "beard", 0.16),
        "hair": towards(HAIR_RGB, "scalp", 0.16),
        "lashes_dark": towards(HAIR_RGB, "lashes", 0.30),
        "cheeks_red": tint((0.10, -0.10, -0.08), "cheeks"),
        "nose_red": tint((0.10, -0.10, -0.08), "nose"),
        "under_eyes_dark": tint((-0.16, -0.14, -0.10), "under_eyes"),
        "iris_brown": towards((0.30, 0.18, 0.10), "iris", 0.50),
        "iris_blue": towards((0.42, 0.55, 0.66), "iris", 0.40),
        "eyes_light": on(EYE, 0.15),
        "teeth_light": on(TEETH, 0.18),
    }


def _regions(surface: Texels, masks: dict[str, F64]) -> dict[str, NDArray[np.bool_]]:
    """Named sets of vertices (V,)."""
    p = surface.position
    part = surface.part
    x = np.abs(p[:, 0])
    y = p[:, 1]
    z = p[:, 2]
    skin = np.isin(part, (SKIN, BODY))
    front = skin & (z < -0.030 + 0.4 * np.maximum(y - 0.02, 0.0)) & (x < 0.070) & (y > -0.080) & (y < 0.097)
    mouth = np.isin(part, (CAVITY, TEETH, TONGUE))
    return {
        "skin": skin,
        "face": front,
        "lower_face": (front & (y > LOWER_FACE_TOP_M)) | mouth,
        "lips": masks["lips"] > 0.5,
        "brows": masks["brows"] > 0.25,
        "scalp": masks["scalp"] > 0.5,
        "neck": part == BODY,
        "eyes": part == EYE,
        "mouth": mouth,
        "teeth": part == TEETH,
        "sockets": part == SOCKET,
    }
