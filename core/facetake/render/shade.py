"""Colours the triangles a z-buffer found: interpolated normals, three lights, soft skin, ambient occlusion, gamma.

Knows geometry, a texture and lights; does not know faces, takes or video. Colours are linear light inside and sRGB
bytes outside. The texture holds the square root of linear albedo: eight bits suffice, and squaring needs no table.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from facetake.arrays import F32, I32, U8

SUPERSAMPLING = 2  # a side, by eye: with one sample a pixel edges are stairs
SMOOTH_DEPTH_M = 0.004
"""Sub-samples of one pixel whose triangles lie this close in depth share one shading: only edges pay for four."""
_GAMMA_STEPS = 4096  # over 0..2: less than a byte's step apart, but among the darkest 20


@dataclass(frozen=True)
class MeshSurface:
    """What stays the same over all frames of a mesh.

    faces, uv_faces (F, 3) int32; uv (U, 2) float32 in texels; occlusion (V,) 0 dark..1 open; soft (F,) how far light
    wraps around, 0..1; texture (N, N, 4) uint8: square root of linear RGB and gloss.
    """

    faces: I32
    uv_faces: I32
    uv: F32
    occlusion: F32
    soft: F32
    texture: U8


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


def backdrop(height: int, width: int) -> F32:
    """A quiet studio backdrop (height, width, 3) in linear light: cool grey, lighter behind the head."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    far = np.hypot((x / width - 0.5) * 1.15, y / height - 0.42)
    glow = np.exp(-((far / 0.48) ** 2))[..., None]
    return np.asarray(np.array([0.030, 0.034, 0.041]) + glow * np.array([0.105, 0.118, 0.135]), dtype=np.float32)


def shade(ids: I32, screen: F32, normals: F32, surface: MeshSurface, ground: F32, camera: F32) -> U8:
    """An sRGB picture (H, W, 3) from ids (2H, 2W) on twice the pixels each way.

    screen (V, 3): x, y in the ids' pixels and depth in metres; normals (V, 3), camera space; ground (H, W, 3) linear
    backdrop; camera (3,): focal length and centre in the ids' pixels.
    """
    height, width = ground.shape[:2]
    if ids.shape != (height * SUPERSAMPLING, width * SUPERSAMPLING):
        raise ValueError(f"ids of shape {ids.shape} do not fit a picture of {height} x {width}")
    out = np.empty((height, width, 3), dtype=np.uint8)
    _shade(
        ids,
        screen,
        normals,
        surface.faces,
        surface.uv_faces,
        surface.uv,
        surface.occlusion,
        surface.soft,
        surface.texture,
        ground,
        np.asarray(camera, np.float32),
        LIGHTS,
        SKY,
        GROUND,
        WRAP,
        _gamma_table(),
        out,
    )
    return out


def _gamma_table() -> U8:
    """Bytes in sRGB of linear light 0..1 after a soft shoulder that keeps highlights from clipping hard."""
    linear = np.linspace(0.0, 2.0, _GAMMA_STEPS)
    toned = np.where(linear < 0.6, linear, 0.6 + 0.4 * (1.0 - np.exp(-(linear - 0.6) / 0.4)))
    srgb = np.where(toned <= 0.0031308, 12.92 * toned, 1.055 * toned ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(np.clip(srgb, 0.0, 1.0) * 255.0), dtype=np.uint8)


@njit(cache=True)
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
        for k in (a, b, c):
            normals[k, 0] += nx
            normals[k, 1] += ny
            normals[k, 2] += nz
    for v in range(normals.shape[0]):
        length = np.sqrt(normals[v, 0] ** 2 + normals[v, 1] ** 2 + normals[v, 2] ** 2)
        if length > 0.0:
            normals[v] /= length
    return normals


@njit(cache=True, fastmath=True)
def _texel(texture, u, v):  # type: ignore[no-untyped-def]
    """Bilinear RGB (linear) and gloss at texel position (u, v)."""
    edge = texture.shape[0] - 2
    u = min(max(u - np.float32(0.5), np.float32(0)), edge)
    v = min(max(v - np.float32(0.5), np.float32(0)), edge)
    x = int(u)
    y = int(v)
    fx = u - np.float32(x)
    fy = v - np.float32(y)
    one = np.float32(1.0)
    scale = np.float32(1.0 / 255.0)
    w00 = (one - fx) * (one - fy)
    w10 = fx * (one - fy)
    w01 = (one - fx) * fy
    w11 = fx * fy
    p = texture[y]
    q = texture[y + 1]
    r = (w00 * p[x, 0] + w10 * p[x + 1, 0] + w01 * q[x, 0] + w11 * q[x + 1, 0]) * scale
    g = (w00 * p[x, 1] + w10 * p[x + 1, 1] + w01 * q[x, 1] + w11 * q[x + 1, 1]) * scale
    b = (w00 * p[x, 2] + w10 * p[x + 1, 2] + w01 * q[x, 2] + w11 * q[x + 1, 2]) * scale
    a = (w00 * p[x, 3] + w10 * p[x + 1, 3] + w01 * q[x, 3] + w11 * q[x + 1, 3]) * scale
    return r * r, g * g, b * b, a


@njit(cache=True, fastmath=True)
def _light(nx, ny, nz, vx, vy, vz, red, green, blue, gloss, open_, soft, lights, sky, ground, wrap):  # type: ignore[no-untyped-def]
    """Linear RGB leaving a point: sky and ground light times occlusion, wrapped diffuse, Blinn-Phong gloss."""
    up = np.float32(0.5) - np.float32(0.5) * ny
    one = np.float32(1.0)
    zero = np.float32(0.0)
    # blood tints the light inside creases: red is occluded less than blue
    shut = one - open_
    dr = one - shut * (one - np.float32(0.30) * soft)
    dg = one - shut * (one - np.float32(0.10) * soft)
    db = open_
    r = (ground[0] + (sky[0] - ground[0]) * up) * dr
    g = (ground[1] + (sky[1] - ground[1]) * up) * dg
    b = (ground[2] + (sky[2] - ground[2]) * up) * db
    facing = max(nx * vx + ny * vy + nz * vz, np.float32(0.0))
    power = np.float32(6.0) + np.float32(700.0) * gloss * gloss * gloss * gloss
    fresnel = np.float32(0.028) + np.float32(0.30) * (one - facing) ** 5
    norm = (power + np.float32(8.0)) * np.float32(0.125) * fresnel * (np.float32(0.2) + gloss)
    shadow = open_ * (np.float32(2.0) - open_)
    sr = zero
    sg = zero
    sb = zero
    for i in range(lights.shape[0]):
        lx = lights[i, 0]
        ly = lights[i, 1]
        lz = lights[i, 2]
        cosine = nx * lx + ny * ly + nz * lz
        wr = wrap[0] * soft
        wg = wrap[1] * soft
        wb = wrap[2] * soft
        r += max((cosine + wr) / (one + wr), zero) * lights[i, 3] * np.float32(0.42) * shadow
        g += max((cosine + wg) / (one + wg), zero) * lights[i, 4] * np.float32(0.42) * shadow
        b += max((cosine + wb) / (one + wb), zero) * lights[i, 5] * np.float32(0.42) * shadow
        if cosine > zero:
            hx = lx + vx
            hy = ly + vy
            hz = lz + vz
            half = (nx * hx + ny * hy + nz * hz) / np.sqrt(hx * hx + hy * hy + hz * hz + np.float32(1e-9))
            if half > zero and power * (one - half) < np.float32(9.0):
                s = norm * half**power * min(cosine * np.float32(4.0), one) * shadow
                sr += s * lights[i, 3]
                sg += s * lights[i, 4]
                sb += s * lights[i, 5]
    return red * r + sr, green * g + sg, blue * b + sb


@njit(cache=True, fastmath=True)
def _point(f, x, y, screen, normals, faces, uv_faces, uv, occlusion, soft, texture, camera, lights, sky, ground, wrap):  # type: ignore[no-untyped-def]
    """Linear RGB of triangle f at the sub-pixel (x, y), barycentric weights corrected for perspective."""
    a = faces[f, 0]
    b = faces[f, 1]
    c = faces[f, 2]
    px = np.float32(x) + np.float32(0.5)
    py = np.float32(y) + np.float32(0.5)
    ax = screen[a, 0]
    ay = screen[a, 1]
    bx = screen[b, 0]
    by = screen[b, 1]
    cx = screen[c, 0]
    cy = screen[c, 1]
    wa = ((bx - px) * (cy - py) - (by - py) * (cx - px)) / screen[a, 2]
    wb = ((cx - px) * (ay - py) - (cy - py) * (ax - px)) / screen[b, 2]
    wc = ((ax - px) * (by - py) - (ay - py) * (bx - px)) / screen[c, 2]
    inv = np.float32(1.0) / (wa + wb + wc)
    wa = wa * inv
    wb = wb * inv
    wc = wc * inv
    nx = wa * normals[a, 0] + wb * normals[b, 0] + wc * normals[c, 0]
    ny = wa * normals[a, 1] + wb * normals[b, 1] + wc * normals[c, 1]
    nz = wa * normals[a, 2] + wb * normals[b, 2] + wc * normals[c, 2]
    inv = np.float32(1.0) / np.sqrt(nx * nx + ny * ny + nz * nz + np.float32(1e-12))
    vx = (camera[1] - px) / camera[0]
    vy = (camera[2] - py) / camera[0]
    vz = np.float32(-1.0)
    vinv = np.float32(1.0) / np.sqrt(vx * vx + vy * vy + np.float32(1.0))
    ta = uv_faces[f, 0]
    tb = uv_faces[f, 1]
    tc = uv_faces[f, 2]
    u = wa * uv[ta, 0] + wb * uv[tb, 0] + wc * uv[tc, 0]
    v = wa * uv[ta, 1] + wb * uv[tb, 1] + wc * uv[tc, 1]
    red, green, blue, gloss = _texel(texture, u, v)
    open_ = wa * occlusion[a] + wb * occlusion[b] + wc * occlusion[c]
    return _light(
        nx * inv,
        ny * inv,
        nz * inv,
        vx * vinv,
        vy * vinv,
        vz * vinv,
        red,
        green,
        blue,
        gloss,
        open_,
        soft[f],
        lights,
        sky,
        ground,
        wrap,
    )


@njit(cache=True, fastmath=True)
def _plain(ids, y, x, screen, faces, soft):  # type: ignore[no-untyped-def]
    """Whether the four sub-samples of a pixel lie on one smooth surface, so that one shading serves them all."""
    first = ids[y, x]
    near = screen[faces[first, 0], 2]
    for dy in range(2):
        for dx in range(2):
            f = ids[y + dy, x + dx]
            if f < 0 or soft[f] != soft[first]:
                return False
            touch = False
            for k in range(3):
                v = faces[f, k]
                touch = touch or v == faces[first, 0] or v == faces[first, 1] or v == faces[first, 2]
            if not touch and abs(screen[faces[f, 0], 2] - near) > SMOOTH_DEPTH_M:
                return False
    return True


@njit(cache=True, fastmath=True, nogil=True)
def _shade(  # type: ignore[no-untyped-def]
    ids,
    screen,
    normals,
    faces,
    uv_faces,
    uv,
    occlusion,
    soft,
    texture,
    backdrop_,
    camera,
    lights,
    sky,
    ground,
    wrap,
    gamma,
    out,
):
    """Fills `out`: one shading a pixel inside surfaces, four at edges, averaged in linear light."""
    top = gamma.shape[0] - 1
    scale = np.float32(top / 2.0)
    for y in range(out.shape[0]):
        for x in range(out.shape[1]):
            i = 2 * y
            j = 2 * x
            r = backdrop_[y, x, 0]
            g = backdrop_[y, x, 1]
            b = backdrop_[y, x, 2]
            f0 = ids[i, j]
            f1 = ids[i, j + 1]
            f2 = ids[i + 1, j]
            f3 = ids[i + 1, j + 1]
            if f0 >= 0 and (f0 == f1 and f0 == f2 and f0 == f3 or _plain(ids, i, j, screen, faces, soft)):
                r, g, b = _point(
                    f0,
                    j,
                    i,
                    screen,
                    normals,
                    faces,
                    uv_faces,
                    uv,
                    occlusion,
                    soft,
                    texture,
                    camera,
                    lights,
                    sky,
                    ground,
                    wrap,
                )
            elif f0 >= 0 or f1 >= 0 or f2 >= 0 or f3 >= 0:
                sr = np.float32(0.0)
                sg = np.float32(0.0)
                sb = np.float32(0.0)
                for k in range(4):
                    f = ids[i + k // 2, j + k % 2]
                    if f < 0:
                        sr = sr + r
                        sg = sg + g
                        sb = sb + b
                    else:
                        pr, pg, pb = _point(
                            f,
                            j + k % 2,
                            i + k // 2,
                            screen,
                            normals,
                            faces,
                            uv_faces,
                            uv,
                            occlusion,
                            soft,
                            texture,
                            camera,
                            lights,
                            sky,
                            ground,
                            wrap,
                        )
                        sr = sr + pr
                        sg = sg + pg
                        sb = sb + pb
                r = sr * np.float32(0.25)
                g = sg * np.float32(0.25)
                b = sb * np.float32(0.25)
            out[y, x, 0] = gamma[max(min(int(r * scale), top), 0)]
            out[y, x, 1] = gamma[max(min(int(g * scale), top), 0)]
            out[y, x, 2] = gamma[max(min(int(b * scale), top), 0)]
