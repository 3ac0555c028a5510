"""Colours the triangles a z-buffer found: interpolated normals, wrinkles, three lights, soft skin, occlusion, gamma.

Row by row: which points are shown, what the surface is there, how it is lit (a loop over plain arrays, which the
compiler turns into vector instructions), and what of it a pixel gets. Knows geometry, textures and lights; does not
know faces, takes or video. Colours are linear light inside and sRGB bytes outside. The texture holds the square root of
linear albedo: eight bits suffice, and squaring needs no table. What is compiled with fast arithmetic is a part of what
calls it: linked, it would round otherwise in a first run.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from numba import njit

from facetake.arrays import F32, I32, U8

SUPERSAMPLING = 2  # a side, by eye: with one sample a pixel edges are stairs
SMOOTH_DEPTH_M = 0.004
"""Sub-samples of one pixel whose triangles lie this close in depth share one shading: only edges pay for four."""
_GAMMA_STEPS = 4096  # over 0..2: less than a byte's step apart, but among the darkest 20


@dataclass(frozen=True)
class Wrinkles:
    """Reliefs that come and go.

    relief (H, W, 4) uint8: depth of each kind, 0 none..255 all; at: texel (x, y) of the atlas that its first is;
    middle: the x that parts a face's right from its left; shown (2, 4): how much of each kind, right side first, 0..1.
    """

    relief: U8
    at: tuple[int, int]
    middle: float
    shown: F32

    @cached_property
    def depth(self) -> F32:
        """How deep the skin is wrinkled at each texel (H, W), all kinds together, in shares of a whole wrinkle."""
        column = self.at[0] + np.arange(self.relief.shape[1], dtype=np.float32) + np.float32(0.5)
        side = np.clip((column - self.middle) / np.float32(WRINKLE_BLEND) + np.float32(0.5), 0.0, 1.0)[:, None]
        weight = np.ascontiguousarray(self.shown[0] + (self.shown[1] - self.shown[0]) * side, np.float32)
        return np.asarray(_folded(self.relief, weight * np.float32(1.0 / 255.0)), np.float32)


@dataclass(frozen=True)
class MeshSurface:
    """What stays the same over all frames of a mesh.

    faces, uv_faces (F, 3) int32; uv (U, 2) float32 in texels; occlusion (V,) 0 dark..1 open; soft (F,) how far light
    wraps around, 0..1; texture (N, N, 4) uint8: square root of linear RGB and gloss; wrinkles: of the skin, or None.
    """

    faces: I32
    uv_faces: I32
    uv: F32
    occlusion: F32
    soft: F32
    texture: U8
    wrinkles: Wrinkles | None = None


def _unit(x: float, y: float, z: float) -> tuple[float, float, float]:
    length = (x * x + y * y + z * z) ** 0.5
    return (x / length, y / length, z / length)


LIGHTS = np.array(
    [  # direction towards the light (x right, y down, z away), then linear RGB
        [*_unit(-0.55, -0.62, -0.75), 2.05, 1.92, 1.76],  # key: warm, high, from the viewer's left
        [*_unit(0.85, -0.10, -0.55), 0.42, 0.48, 0.58],  # fill: cool, low contrast
        [*_unit(0.75, -0.55, 0.60), 1.30, 1.34, 1.45],  # rim: from behind, draws the outline
    ],
    dtype=np.float32,
)
SKY = np.array([0.36, 0.38, 0.42], dtype=np.float32)
GROUND = np.array([0.22, 0.185, 0.165], dtype=np.float32)
"""Linear light from above and from below, by eye: a cool sky over a warm floor."""
WRAP = np.array([0.34, 0.19, 0.13], dtype=np.float32)
"""How far red, green and blue bleed past the terminator of soft surfaces: skin turns warm there."""


ROOM = 8192
"""Points of a row, at most: knowing it, the compiler sees that values do not overlap, and takes several at once."""
WRINKLE_DEPTH_M = 0.0011  # by eye: of a whole wrinkle, as it is lit
WRINKLE_DARK = 0.42  # by eye: share of light that the bottom of a whole wrinkle loses
WRINKLE_BLEND = 14.0  # texels over which the sides' wrinkles run into each other
_NONE = np.zeros((0, 0), np.float32)  # depths of skin without wrinkles


def backdrop(height: int, width: int) -> F32:
    """A quiet studio backdrop (height, width, 3) in linear light: cool grey, lighter behind the head."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    far = np.hypot((x / width - 0.5) * 1.15, y / height - 0.42)
    glow = np.exp(-((far / 0.48) ** 2))[..., None]
    return np.asarray(np.array([0.030, 0.034, 0.041]) + glow * np.array([0.105, 0.118, 0.135]), dtype=np.float32)


def shade(
    ids: I32,
    screen: F32,
    normals: F32,
    surface: MeshSurface,
    ground: F32,
    camera: F32,
    *,
    out: U8 | None = None,
    rows: tuple[int, int] | None = None,
) -> U8:
    """An sRGB picture (H, W, 3) from ids (2H, 2W) on twice the pixels each way.

    screen (V, 3): x, y in the ids' pixels and depth in metres; normals (V, 3), camera space; ground (H, W, 3) linear
    backdrop; camera (3,): focal length and centre in the ids' pixels. out: the picture to draw into, and rows: first
    and end of those of its rows that are wanted, so that threads share a picture.
    """
    height, width = ground.shape[:2]
    if ids.shape != (height * SUPERSAMPLING, width * SUPERSAMPLING):
        raise ValueError(f"ids of shape {ids.shape} do not fit a picture of {height} x {width}")
    if width * SUPERSAMPLING > ROOM:
        raise ValueError(f"a picture {width} pixels wide is more than can be shaded: {ROOM // SUPERSAMPLING}")
    out = np.empty((height, width, 3), dtype=np.uint8) if out is None else out
    first, end = rows or (0, height)
    wrinkles = surface.wrinkles if surface.wrinkles and surface.wrinkles.shown.any() else None
    _shade(
        first,
        end,
        ids,
        screen,
        normals,
        surface.faces.view(np.uint32),
        surface.uv_faces.view(np.uint32),
        surface.uv,
        surface.occlusion,
        surface.soft,
        surface.texture,
        _NONE if wrinkles is None else wrinkles.depth,
        np.array((0, 0) if wrinkles is None else wrinkles.at, np.float32),
        ground,
        np.asarray(camera, np.float32),
        _gamma_table(),
        out,
    )
    return out


@cache
def _gamma_table() -> U8:
    """Bytes in sRGB of linear light 0..1 after a soft shoulder that keeps highlights from clipping hard."""
    linear = np.linspace(0.0, 2.0, _GAMMA_STEPS)
    toned = np.where(linear < 0.6, linear, 0.6 + 0.4 * (1.0 - np.exp(-(linear - 0.6) / 0.4)))
    srgb = np.where(toned <= 0.0031308, 12.92 * toned, 1.055 * toned ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(np.clip(srgb, 0.0, 1.0) * 255.0), dtype=np.uint8)


@njit(cache=True, nogil=True)
def seen(vertices, turn, shift, camera):  # type: ignore[no-untyped-def]
    """Camera-space points and screen positions (V, 3) of vertices (V, 3) float32, turned by (3, 3) and moved by (3,).

    camera (3,): focal length and centre in pixels. In one pass and without temporary arrays, unlike `Camera.project`.
    """
    placed = np.empty_like(vertices)
    screen = np.empty_like(vertices)
    for v in range(vertices.shape[0]):
        for k in range(3):
            placed[v, k] = shift[k]
            for j in range(3):
                placed[v, k] += turn[k, j] * vertices[v, j]
        scale = camera[0] / placed[v, 2]
        screen[v, 0] = placed[v, 0] * scale + camera[1]
        screen[v, 1] = placed[v, 1] * scale + camera[2]
        screen[v, 2] = placed[v, 2]
    return placed, screen


@njit(cache=True, nogil=True)
def vertex_normals(vertices, faces):  # type: ignore[no-untyped-def]
    """Area-weighted unit normals (V, 3) of vertices (V, 3) float32 and faces (F, 3) int32."""
    normals = np.zeros_like(vertices)
    for f in range(faces.shape[0]):
        a = faces[f, 0]
        b = faces[f, 1]
        c = faces[f, 2]
        ux = vertices[b, 0] - vertices[a, 0]
        uy = vertices[b, 1] - vertices[a, 1]
        uz = vertices[b, 2] - vertices[a, 2]
        vx = vertices[c, 0] - vertices[a, 0]
        vy = vertices[c, 1] - vertices[a, 1]
        vz = vertices[c, 2] - vertices[a, 2]
        nx = uy * vz - uz * vy
        ny = uz * vx - ux * vz
        nz = ux * vy - uy * vx
        for k in range(3):
            v = faces[f, k]
            normals[v, 0] += nx
            normals[v, 1] += ny
            normals[v, 2] += nz
    for v in range(normals.shape[0]):
        length = np.sqrt(normals[v, 0] ** 2 + normals[v, 1] ** 2 + normals[v, 2] ** 2)
        if length > 0.0:
            normals[v, 0] /= length
            normals[v, 1] /= length
            normals[v, 2] /= length
    return normals


@njit(cache=True, fastmath=True, inline="always")
def _texel(texture, u, v, into, at):  # type: ignore[no-untyped-def]
    """Puts bilinear RGB (linear) and gloss at texel position (u, v) into columns 4 to 7 of a row."""
    edge = np.float32(texture.shape[0] - 2)
    u = min(max(u - np.float32(0.5), np.float32(0)), edge)
    v = min(max(v - np.float32(0.5), np.float32(0)), edge)
    x = np.uint32(u)
    y = np.uint32(v)
    fx = u - np.float32(x)
    fy = v - np.float32(y)
    one = np.float32(1.0)
    scale = np.float32(1.0 / 255.0)
    w00 = (one - fx) * (one - fy) * scale
    w10 = fx * (one - fy) * scale
    w01 = (one - fx) * fy * scale
    w11 = fx * fy * scale
    for k in range(4):
        near = w00 * texture[y, x, k] + w10 * texture[y, x + 1, k]
        into[(4 + k) * ROOM + at] = near + w01 * texture[y + 1, x, k] + w11 * texture[y + 1, x + 1, k]
    for k in range(3):
        into[(4 + k) * ROOM + at] *= into[(4 + k) * ROOM + at]


@njit(cache=True, fastmath=True, nogil=True)
def _folded(relief, weight):  # type: ignore[no-untyped-def]
    """Depths (H, W) of reliefs (H, W, 4) added up by what each weighs in a column (W, 4)."""
    depth = np.empty(relief.shape[:2], np.float32)
    for y in range(relief.shape[0]):
        for x in range(relief.shape[1]):
            total = np.float32(0.0)
            for k in range(4):
                total += weight[x, k] * np.float32(relief[y, x, k])
            depth[y, x] = total
    return depth


@njit(cache=True, fastmath=True, inline="always")
def _wrinkle(f, screen, camera, faces, uv_faces, uv, u, v, folds, place, into, at):  # type: ignore[no-untyped-def]
    """Bends the normal (columns 0 to 2 of a row) by the slope of the wrinkles, and darkens colour and openness."""
    u -= place[0] + np.float32(0.5)
    v -= place[1] + np.float32(0.5)
    x = np.int32(u)
    y = np.int32(v)
    zero = np.float32(0.0)
    if u < zero or v < zero or x + 2 >= folds.shape[1] or y + 2 >= folds.shape[0]:
        return
    d00 = folds[y, x]
    d10 = folds[y, x + 1]
    d20 = folds[y, x + 2]
    d01 = folds[y + 1, x]
    d11 = folds[y + 1, x + 1]
    d21 = folds[y + 1, x + 2]
    d02 = folds[y + 2, x]
    d12 = folds[y + 2, x + 1]
    if d00 + d10 + d20 + d01 + d11 + d21 + d02 + d12 == zero:
        return
    fx = u - np.float32(x)
    fy = v - np.float32(y)
    above = d00 + (d10 - d00) * fx
    below = d01 + (d11 - d01) * fx
    here = above + (below - above) * fy
    along = d10 + (d20 - d10) * fx
    du = along + (d11 + (d21 - d11) * fx - along) * fy - here
    dv = below + (d02 + (d12 - d02) * fx - below) * fy - here
    a = faces[f, 0]
    b = faces[f, 1]
    c = faces[f, 2]
    depth = screen[a, 2] / camera[0]
    e00 = (screen[b, 0] - screen[a, 0]) * depth
    e01 = (screen[b, 1] - screen[a, 1]) * depth
    e02 = screen[b, 2] - screen[a, 2]
    e10 = (screen[c, 0] - screen[a, 0]) * depth
    e11 = (screen[c, 1] - screen[a, 1]) * depth
    e12 = screen[c, 2] - screen[a, 2]
    ta = uv_faces[f, 0]
    tb = uv_faces[f, 1]
    tc = uv_faces[f, 2]
    t00 = uv[tb, 0] - uv[ta, 0]
    t01 = uv[tb, 1] - uv[ta, 1]
    t10 = uv[tc, 0] - uv[ta, 0]
    t11 = uv[tc, 1] - uv[ta, 1]
    area = t00 * t11 - t01 * t10
    if abs(area) < np.float32(1e-6):
        return
    inv = np.float32(1.0) / area
    n0 = into[at]
    n1 = into[ROOM + at]
    n2 = into[2 * ROOM + at]
    u0 = (e00 * t11 - e10 * t01) * inv
    u1 = (e01 * t11 - e11 * t01) * inv
    u2 = (e02 * t11 - e12 * t01) * inv
    v0 = (e10 * t00 - e00 * t10) * inv
    v1 = (e11 * t00 - e01 * t10) * inv
    v2 = (e12 * t00 - e02 * t10) * inv
    # gradient on the surface: (v x n) du + (n x u) dv, over u . (v x n)
    r0 = v1 * n2 - v2 * n1
    r1 = v2 * n0 - v0 * n2
    r2 = v0 * n1 - v1 * n0
    across = u0 * r0 + u1 * r1 + u2 * r2
    if abs(across) < np.float32(1e-12):
        return
    scale = np.float32(WRINKLE_DEPTH_M) / across
    m0 = n0 + scale * (r0 * du + (n1 * u2 - n2 * u1) * dv)
    m1 = n1 + scale * (r1 * du + (n2 * u0 - n0 * u2) * dv)
    m2 = n2 + scale * (r2 * du + (n0 * u1 - n1 * u0) * dv)
    length = np.float32(1.0) / np.sqrt(m0 * m0 + m1 * m1 + m2 * m2)
    into[at] = m0 * length
    into[ROOM + at] = m1 * length
    into[2 * ROOM + at] = m2 * length
    dark = np.float32(1.0) - np.float32(WRINKLE_DARK) * min(here, np.float32(1.0))
    into[4 * ROOM + at] *= np.float32(0.3) + np.float32(0.7) * dark
    into[5 * ROOM + at] *= dark
    into[6 * ROOM + at] *= dark


@njit(cache=True, fastmath=True, inline="always")
def _look(  # type: ignore[no-untyped-def]
    number,
    y,
    triangles,
    columns,
    into,
    screen,
    normals,
    faces,
    uv_faces,
    uv,
    occlusion,
    soft,
    texture,
    folds,
    place,
    camera,
):
    """Puts what triangles are at sub-pixels of a row into its columns: normal, openness, colour, gloss, softness, x."""
    wrinkled = folds.shape[0] > 0
    right = place[0] + np.float32(folds.shape[1])
    bottom = place[1] + np.float32(folds.shape[0])
    py = np.float32(y) + np.float32(0.5)
    last = np.uint32(0xFFFFFFFF)
    for at in range(number):
        f = np.uint32(triangles[at])
        px = np.float32(columns[at]) + np.float32(0.5)
        if f != last:  # neighbours mostly share a triangle: its corners are looked up once
            last = f
            a = faces[f, 0]
            b = faces[f, 1]
            c = faces[f, 2]
            sax = screen[a, 0]
            sbx = screen[b, 0]
            scx = screen[c, 0]
            ay = screen[a, 1] - py
            by = screen[b, 1] - py
            cy = screen[c, 1] - py
            bc = screen[b, 2] * screen[c, 2]
            ca = screen[a, 2] * screen[c, 2]
            ab = screen[a, 2] * screen[b, 2]
            ta = uv_faces[f, 0]
            tb = uv_faces[f, 1]
            tc = uv_faces[f, 2]
        ax = sax - px
        bx = sbx - px
        cx = scx - px
        # weights corrected for perspective
        wa = (bx * cy - by * cx) * bc
        wb = (cx * ay - cy * ax) * ca
        wc = (ax * by - ay * bx) * ab
        inv = np.float32(1.0) / (wa + wb + wc)
        wa = wa * inv
        wb = wb * inv
        wc = wc * inv
        nx = wa * normals[a, 0] + wb * normals[b, 0] + wc * normals[c, 0]
        ny = wa * normals[a, 1] + wb * normals[b, 1] + wc * normals[c, 1]
        nz = wa * normals[a, 2] + wb * normals[b, 2] + wc * normals[c, 2]
        inv = np.float32(1.0) / np.sqrt(nx * nx + ny * ny + nz * nz + np.float32(1e-12))
        into[at] = nx * inv
        into[ROOM + at] = ny * inv
        into[2 * ROOM + at] = nz * inv
        into[3 * ROOM + at] = wa * occlusion[a] + wb * occlusion[b] + wc * occlusion[c]
        u = wa * uv[ta, 0] + wb * uv[tb, 0] + wc * uv[tc, 0]
        v = wa * uv[ta, 1] + wb * uv[tb, 1] + wc * uv[tc, 1]
        _texel(texture, u, v, into, at)
        into[8 * ROOM + at] = soft[f]
        into[9 * ROOM + at] = px
        if wrinkled and soft[f] == np.float32(1.0) and u > place[0] and u < right and v > place[1] and v < bottom:
            _wrinkle(f, screen, camera, faces, uv_faces, uv, u, v, folds, place, into, at)


@njit(cache=True, fastmath=True, inline="always")
def _light(number, py, into, camera):  # type: ignore[no-untyped-def]
    """Turns what surfaces are into linear RGB (columns 4 to 6): light of sky and ground, wrapped diffuse, gloss."""
    one = np.float32(1.0)
    zero = np.float32(0.0)
    for i in range(number):
        nx = into[i]
        ny = into[ROOM + i]
        nz = into[2 * ROOM + i]
        open_ = into[3 * ROOM + i]
        gloss = into[7 * ROOM + i]
        soft = into[8 * ROOM + i]
        vx = (camera[1] - into[9 * ROOM + i]) / camera[0]
        vy = (camera[2] - py) / camera[0]
        vinv = one / np.sqrt(vx * vx + vy * vy + one)
        vx = vx * vinv
        vy = vy * vinv
        vz = -vinv
        up = np.float32(0.5) - np.float32(0.5) * ny
        # blood tints the light inside creases: red is occluded less than blue
        shut = one - open_
        r = (GROUND[0] + (SKY[0] - GROUND[0]) * up) * (one - shut * (one - np.float32(0.30) * soft))
        g = (GROUND[1] + (SKY[1] - GROUND[1]) * up) * (one - shut * (one - np.float32(0.10) * soft))
        b = (GROUND[2] + (SKY[2] - GROUND[2]) * up) * open_
        away = one - max(nx * vx + ny * vy + nz * vz, zero)
        gloss2 = gloss * gloss
        power = np.float32(6.0) + np.float32(700.0) * gloss2 * gloss2
        away2 = away * away
        fresnel = np.float32(0.028) + np.float32(0.30) * away2 * away2 * away
        norm = (power + np.float32(8.0)) * np.float32(0.125) * fresnel * (np.float32(0.2) + gloss)
        shadow = open_ * (np.float32(2.0) - open_)
        sr = zero
        sg = zero
        sb = zero
        wr = WRAP[0] * soft
        wg = WRAP[1] * soft
        wb = WRAP[2] * soft
        ir = np.float32(0.42) * shadow / (one + wr)
        ig = np.float32(0.42) * shadow / (one + wg)
        ib = np.float32(0.42) * shadow / (one + wb)
        for k in range(3):
            lx = LIGHTS[k, 0]
            ly = LIGHTS[k, 1]
            lz = LIGHTS[k, 2]
            cosine = nx * lx + ny * ly + nz * lz
            r += max(cosine + wr, zero) * LIGHTS[k, 3] * ir
            g += max(cosine + wg, zero) * LIGHTS[k, 4] * ig
            b += max(cosine + wb, zero) * LIGHTS[k, 5] * ib
            hx = lx + vx
            hy = ly + vy
            hz = lz + vz
            half = (nx * hx + ny * hy + nz * hz) / np.sqrt(hx * hx + hy * hy + hz * hz + np.float32(1e-9))
            # half ** power, near 1: exp(x) as (1 + x / 16) ** 16
            short = one - half
            e = max(one - power * short * (one + np.float32(0.5) * short) * np.float32(0.0625), zero)
            e = e * e
            e = e * e
            e = e * e
            e = e * e
            s = norm * e * min(max(cosine, zero) * np.float32(4.0), one) * shadow
            sr += s * LIGHTS[k, 3]
            sg += s * LIGHTS[k, 4]
            sb += s * LIGHTS[k, 5]
        into[4 * ROOM + i] = into[4 * ROOM + i] * r + sr
        into[5 * ROOM + i] = into[5 * ROOM + i] * g + sg
        into[6 * ROOM + i] = into[6 * ROOM + i] * b + sb


@njit(cache=True, fastmath=True, inline="always")
def _plain(f0, f1, f2, f3, screen, faces, soft):  # type: ignore[no-untyped-def]
    """Whether the four sub-samples of a pixel lie on one smooth surface, so that one shading serves them all."""
    near = screen[faces[f0, 0], 2]
    for f in (f1, f2, f3):
        if f == f0:
            continue
        if f < 0 or soft[f] != soft[f0] or abs(screen[faces[f, 0], 2] - near) > np.float32(SMOOTH_DEPTH_M):
            return False
    return True


@njit(cache=True, fastmath=True, inline="always")
def _pick(ids, i, screen, faces, soft, triangles, columns, counts):  # type: ignore[no-untyped-def]
    """Which sub-samples of two rows are shaded: one of a pixel inside a surface (count -1), all there are at edges.

    Returns how many in the upper and in the lower row.
    """
    n = 0
    m = 0
    for x in range(counts.shape[1]):
        j = 2 * x
        f0 = ids[i, j]
        f1 = ids[i, j + 1]
        f2 = ids[i + 1, j]
        f3 = ids[i + 1, j + 1]
        if f0 >= 0 and ((f0 == f1 and f0 == f2 and f0 == f3) or _plain(f0, f1, f2, f3, screen, faces, soft)):
            triangles[0, n] = f0
            columns[0, n] = j
            n += 1
            counts[0, x] = -1
            continue
        counts[0, x] = 0
        counts[1, x] = 0
        for k in range(2):
            f = ids[i, j + k]
            if f >= 0:
                triangles[0, n] = f
                columns[0, n] = j + k
                n += 1
                counts[0, x] += 1
            f = ids[i + 1, j + k]
            if f >= 0:
                triangles[1, m] = f
                columns[1, m] = j + k
                m += 1
                counts[1, x] += 1
    return n, m


@njit(cache=True, fastmath=True, nogil=True)
def _shade(  # type: ignore[no-untyped-def]
    first,
    end,
    ids,
    screen,
    normals,
    faces,
    uv_faces,
    uv,
    occlusion,
    soft,
    texture,
    folds,
    place,
    ground,
    camera,
    gamma,
    out,
):
    """Fills rows of `out`: one shading a pixel inside surfaces, four at edges, averaged in linear light."""
    top = np.float32(gamma.shape[0] - 1)
    scale = np.float32(top / 2.0)
    width = out.shape[1]
    upper = np.empty(10 * ROOM, np.float32)
    lower = np.empty(10 * ROOM, np.float32)
    triangles = np.empty((2, ROOM), np.int32)
    columns = np.empty((2, ROOM), np.int32)
    counts = np.empty((2, width), np.int32)
    for y in range(first, end):
        i = 2 * y
        n, m = _pick(ids, i, screen, faces, soft, triangles, columns, counts)
        _look(
            n,
            i,
            triangles[0],
            columns[0],
            upper,
            screen,
            normals,
            faces,
            uv_faces,
            uv,
            occlusion,
            soft,
            texture,
            folds,
            place,
            camera,
        )
        _look(
            m,
            i + 1,
            triangles[1],
            columns[1],
            lower,
            screen,
            normals,
            faces,
            uv_faces,
            uv,
            occlusion,
            soft,
            texture,
            folds,
            place,
            camera,
        )
        _light(n, np.float32(i) + np.float32(0.5), upper, camera)
        _light(m, np.float32(i) + np.float32(1.5), lower, camera)
        n = 0
        m = 0
        for x in range(width):
            count = counts[0, x]
            if count < 0:
                r = upper[4 * ROOM + n]
                g = upper[5 * ROOM + n]
                b = upper[6 * ROOM + n]
                n += 1
            else:
                bare = np.float32(4 - count - counts[1, x])
                r = bare * ground[y, x, 0]
                g = bare * ground[y, x, 1]
                b = bare * ground[y, x, 2]
                for _ in range(count):
                    r += upper[4 * ROOM + n]
                    g += upper[5 * ROOM + n]
                    b += upper[6 * ROOM + n]
                    n += 1
                for _ in range(counts[1, x]):
                    r += lower[4 * ROOM + m]
                    g += lower[5 * ROOM + m]
                    b += lower[6 * ROOM + m]
                    m += 1
                quarter = np.float32(0.25)
                r *= quarter
                g *= quarter
                b *= quarter
            zero = np.float32(0.0)
            out[y, x, 0] = gamma[np.int32(max(min(r * scale, top), zero))]
            out[y, x, 1] = gamma[np.int32(max(min(g * scale, top), zero))]
            out[y, x, 2] = gamma[np.int32(max(min(b * scale, top), zero))]
