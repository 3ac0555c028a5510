"""A photograph that speaks without a training: the net of its face, lips that part, lids that shut, and its painter."""

from __future__ import annotations

import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

pytest.importorskip("numba", reason="the net is drawn by numba, of the preview extra")
FILMING = Path(__file__).parents[1] / "filming"
if str(FILMING) not in sys.path:
    sys.path.insert(0, str(FILMING))

from anny_actor import anny_actor, outlined  # noqa: E402

from facetake import inference  # noqa: E402
from facetake.arrays import F32, U8  # noqa: E402
from facetake.errors import PortraitError  # noqa: E402
from facetake.face import anny  # noqa: E402
from facetake.portrait.landmark_translation.photograph import read_photograph  # noqa: E402
from facetake.portrait.landmark_translation.still import film  # noqa: E402
from facetake.portrait.landmark_translation.still.face import LIDS, MovedPoints, StillFace, moved_by, still_face  # noqa: E402
from facetake.portrait.landmark_translation.still.mesh import (  # noqa: E402
    FACING,
    INNER_LIPS,
    FaceMesh,
    face_mesh,
    filled,
    looked_up,
    shut_where_crossed,
    source_of,
)
from facetake.portrait.landmark_translation.still.mouth import (  # noqa: E402
    HOLE,
    SIDE_PX,
    mouth_shape,
    mouth_square,
    own_share,
    told,
)
from facetake.portrait.storage import write_png  # noqa: E402
from facetake.rig import ARKIT_NAMES, from_arkit  # noqa: E402
from facetake.take import Take  # noqa: E402

SIDE = 128
RATE = Fraction(25)


@pytest.fixture(scope="module")
def face(tmp_path_factory: pytest.TempPathFactory) -> StillFace:
    """Somebody drawn, in a photograph of noise over the drawing, as a photograph has it."""
    folder = tmp_path_factory.mktemp("photographs")
    shot = anny_actor(folder / "bob", 1, 192)
    write_png(folder / "bob.png", noisy(shot.frames()[0]))
    np.savez(folder / "bob.npz", points=outlined(shot.fit.landmarks, 192))
    model = anny.load()
    return still_face(read_photograph(folder / "bob.png", model, SIDE, folder / "bob.npz"), model)


def noisy(picture: U8) -> U8:
    """A drawing with noise over it, as a photograph has it."""
    noise = np.random.default_rng(0).integers(-6, 7, picture.shape)
    return (picture + noise).clip(0, 255).astype(np.uint8)


def acting(**weights: float) -> Take:
    """A take of two frames: at rest, and with ARKit's weights."""
    values = np.zeros((2, len(ARKIT_NAMES)), np.float32)
    for name, weight in weights.items():
        values[1, ARKIT_NAMES.index(name)] = weight
    return Take(from_arkit(values), RATE)


def gap(points: F32, mesh: FaceMesh, pairs: NDArray[np.int64]) -> float:
    """Mean distance in pixels of points (N, 2) that face each other."""
    return float(np.linalg.norm(points[mesh.rows(pairs[:, 0])] - points[mesh.rows(pairs[:, 1])], axis=1).mean())


def test_no_triangle_joins_the_lips() -> None:
    """Of the net no triangle has corners on both inner lips but where they meet, so that lips can part."""
    mesh = face_mesh(anny.load())
    upper, lower = (set(mesh.rows(FACING[1:-1, side]).tolist()) for side in (0, 1))
    assert not [face for face in mesh.faces.tolist() if set(face) & upper and set(face) & lower]
    assert mesh.faces.max() + 1 > len(mesh.numbers) and len(np.unique(mesh.faces)) == mesh.faces.max() + 1


def test_a_face_that_does_not_move_is_its_photograph(face: StillFace) -> None:
    """Where every point stays, every pixel but the mouth's comes from where it is."""
    still, moved = face.mesh.with_rings(face.seen, face.seen, face.seen, SIDE)
    source = source_of(moved, still, face.mesh.faces, (SIDE, SIDE))
    along = np.arange(SIDE, dtype=np.float32) + 0.5
    known = source[..., 0] > -1e5
    assert known.mean() > 0.98
    np.testing.assert_allclose(source[known], np.stack(np.meshgrid(along, along), axis=-1)[known], atol=1.0)


def test_places_on_pixels_give_pixels() -> None:
    """A look-up at the middle of pixels is the picture, and one between two equal pixels is no other."""
    picture = np.random.default_rng(1).uniform(0.0, 255.0, (9, 9, 3)).astype(np.float32)
    along = np.arange(9, dtype=np.float32) + 0.5
    np.testing.assert_allclose(looked_up(picture, np.stack(np.meshgrid(along, along), axis=-1)), picture, atol=1e-3)
    flat = np.full((9, 9, 3), 77.0, np.float32)
    np.testing.assert_allclose(looked_up(flat, np.full((2, 2, 2), 3.21, np.float32)), 77.0, atol=1e-3)


def test_a_polygon_covers_its_area() -> None:
    """What pixels have of a triangle adds up to its area, and half a pixel counts half."""
    triangle = np.array([[2.0, 2.0], [12.0, 2.0], [2.0, 10.0]], np.float32)
    assert filled(triangle, (16, 16), 8).sum() == pytest.approx(40.0, rel=0.02)
    half = np.array([[1.0, 1.0], [2.5, 1.0], [2.5, 2.0], [1.0, 2.0]], np.float32)
    np.testing.assert_allclose(filled(half, (3, 4), 2)[1], [0.0, 1.0, 0.5, 0.0])


def test_lips_that_cross_meet(face: StillFace) -> None:
    """A lower lip above its upper one is brought to where they meet; lips that are open stay."""
    crossed = face.seen.copy()
    upper, lower = (face.mesh.rows(FACING[:, side]) for side in (0, 1))
    crossed[lower] = crossed[upper] - [0.0, 3.0]
    assert gap(shut_where_crossed(crossed, face.mesh), face.mesh, FACING) == 0.0
    crossed[lower] = crossed[upper] + [0.0, 3.0]
    np.testing.assert_array_equal(shut_where_crossed(crossed, face.mesh), crossed)


def test_a_take_opens_mouth_and_shuts_eyes(face: StillFace) -> None:
    """At rest lips are shut whatever they do in the photograph; a jaw opens them, and a blink shuts the lids."""
    opened = moved_by(face, acting(jawOpen=0.6), RATE).moved
    assert gap(opened[0], face.mesh, FACING) < 0.01 * SIDE < 3.0 * 0.01 * SIDE < gap(opened[1], face.mesh, FACING)
    blinked = moved_by(face, acting(eyeBlinkLeft=1.0, eyeBlinkRight=1.0), RATE).moved
    assert gap(blinked[1], face.mesh, LIDS) < 0.15 * gap(blinked[0], face.mesh, LIDS)


def test_lips_are_never_drawn_twice(face: StillFace) -> None:
    """With an upper lip painted red and a lower one blue, an open mouth has red above its hole and blue below."""
    rows, columns = np.mgrid[: 2 * SIDE, : 2 * SIDE] + 0.5
    line = 2.0 * face.seen[face.mesh.rows(FACING)].mean(axis=1)
    line = line[np.argsort(line[:, 0])]
    above = rows < np.interp(columns, line[:, 0], line[:, 1])
    fine = np.where(above[..., None], [250, 0, 0], [0, 0, 250]).astype(np.uint8)
    painted = StillFace(**{**vars(face), "fine": fine, "picture": fine[::2, ::2]})
    points = moved_by(painted, acting(jawOpen=0.6), RATE)
    frame = list(film.pictures(painted, points, None))[1].astype(int)
    middle = points.moved[1][face.mesh.rows(INNER_LIPS)].mean(axis=0)
    column = frame[:, int(middle[0])]
    first, last = np.flatnonzero(np.abs(column - HOLE).sum(axis=1) < 30)[[0, -1]]
    assert first < middle[1] < last and column[first : last + 1].max() < 100
    above, below = column[: first - 3], column[last + 4 :]  # but for the seam, which is of both
    assert above[:, 0].min() > 200 and above[:, 2].max() < 50
    assert below[:, 2].min() > 200 and below[:, 0].max() < 50


def test_the_edge_of_the_picture_stands_still(face: StillFace) -> None:
    """A head that turns leaves the picture's edge where it was, and turns the rest."""
    values = np.zeros((2, len(ARKIT_NAMES)), np.float32)
    turn = Take(from_arkit(values), RATE, head=np.array([[0, 0, 0], [6, 2, 1]], np.float32))
    frames = [some.astype(int) for some in film.pictures(face, moved_by(face, turn, RATE), None)]
    away = np.abs(frames[1] - frames[0]).mean(axis=2)
    edge = np.concatenate([away[0], away[-1], away[:, 0], away[:, -1]])
    assert edge.mean() < 0.2 * away.mean()


def test_the_shipped_painter_paints_a_mouth(face: StillFace) -> None:
    """It lights the hole of an open mouth, leaves what is far from the lips alone, and says the same every time."""
    painter = inference.open_mouth_painter().paint
    points = moved_by(face, acting(jawOpen=0.6), RATE)
    bare, painted, again = (list(film.pictures(face, points, some))[1] for some in (None, painter, painter))
    np.testing.assert_array_equal(painted, again)
    away = np.abs(painted.astype(int) - bare).max(axis=2)
    square = mouth_square(points.turned[1], face.mesh)
    outside = np.ones_like(away, bool)
    top, left, side = (int(some) for some in (square.top, square.left, square.side))
    outside[top : top + side + 2, left : left + side + 2] = False
    assert away[outside].max() == 0
    x, y = points.moved[1][face.mesh.rows(INNER_LIPS)].mean(axis=0).astype(int)
    assert painted[y, x].sum() > bare[y, x].sum()


def test_the_painter_is_told_of_both_mouths(face: StillFace) -> None:
    """Eleven channels within -1..1: a mouth that is shut has nothing inside, one that is open has."""
    points = moved_by(face, acting(jawOpen=0.6), RATE)
    shapes = []
    for turned, moved in zip(points.turned, points.moved, strict=True):
        shapes.append(mouth_shape(mouth_square(turned, face.mesh).points(moved), face.mesh))
    blank = np.full((SIDE_PX, SIDE_PX, 3), 100.0, np.float32)
    what = told(blank, shapes[1], blank, shapes[0])
    assert what.shape == (11, SIDE_PX, SIDE_PX) and np.abs(what).max() <= 1.0
    assert shapes[0].inside.sum() < 0.1 * shapes[1].inside.sum()
    assert (shapes[1].reach >= shapes[1].inside).all()


def test_a_drawing_is_told(tmp_path: Path) -> None:
    """A face in flat colours is refused in one sentence."""
    shot = anny_actor(tmp_path / "bob", 1, 192)
    write_png(tmp_path / "bob.png", (shot.frames()[0] // 64 * 64).astype(np.uint8))
    np.savez(tmp_path / "bob.npz", points=outlined(shot.fit.landmarks, 192))
    with pytest.raises(PortraitError, match="looks drawn"):
        read_photograph(tmp_path / "bob.png", anny.load(), SIDE, tmp_path / "bob.npz")


def test_points_keep_their_frames(face: StillFace) -> None:
    """A take at another rate gives as many frames as it lasts, turned and moved alike."""
    take = Take(from_arkit(np.zeros((60, len(ARKIT_NAMES)), np.float32)), Fraction(60))
    points = moved_by(face, take, RATE)
    assert isinstance(points, MovedPoints) and points.turned.shape == points.moved.shape == (
        25,
        len(face.mesh.numbers),
        2,
    )


def test_a_photographs_own_upper_teeth_show_in_its_film(face: StillFace) -> None:
    """Where a mouth that is open is open, the upper part is the photograph's, whatever is painted; below it is not."""
    opened = moved_by(face, acting(jawOpen=0.6), RATE).moved[1]
    lips = opened[face.mesh.rows(INNER_LIPS)]
    fine = face.fine.copy()
    fine[filled(2.0 * lips, fine.shape[:2]) > 0] = [0, 250, 0]
    smiling = StillFace(**{**vars(face), "fine": fine, "picture": fine[::2, ::2], "seen": opened})
    white = np.ones((4, SIDE_PX, SIDE_PX), np.float32)

    frame = next(film.pictures(smiling, MovedPoints(opened[None], opened[None]), lambda _: white)).astype(int)

    middle, top, bottom = (int(value) for value in (lips[:, 0].mean(), lips[:, 1].min(), lips[:, 1].max()))
    mouth = frame[top + 2 : bottom, middle]
    third = len(mouth) // 3
    assert (mouth[:third, 1] - mouth[:third, 0] > 150).all()
    assert mouth[-1].min() > 200


def test_lips_that_are_shut_in_a_photograph_have_no_teeth_to_show(face: StillFace) -> None:
    """Of a mouth with no gap nothing shows, and of an open one nothing at its edge and nothing above or below it."""
    points = moved_by(face, acting(jawOpen=0.6), RATE).moved
    square = mouth_square(points[0], face.mesh)
    shut, wide = (mouth_shape(square.points(row), face.mesh) for row in points)

    assert own_share(shut).max() < 0.5 < own_share(wide).max() <= 1.0
    assert not own_share(wide)[wide.inside == 0].any()


def test_what_a_photograph_does_with_its_mouth_goes_and_its_nose_stays(tmp_path: Path, face: StillFace) -> None:
    """A fit that sees an open jaw and a wrinkled nose gives a rest whose lips are shut and whose nose is as it was."""
    shot = anny_actor(tmp_path / "bob", 1, 192)
    write_png(tmp_path / "bob.png", noisy(shot.frames()[0]))
    np.savez(tmp_path / "bob.npz", points=outlined(shot.fit.landmarks, 192))
    photograph = read_photograph(tmp_path / "bob.png", face.model, SIDE, tmp_path / "bob.npz")
    seen = {}
    for name in ("noseSneerLeft", "jawOpen"):
        weights = torch.zeros(1, len(ARKIT_NAMES))
        weights[0, ARKIT_NAMES.index(name)] = 0.5
        expression = photograph.expression * np.float32(0.0) + face.model.from_arkit(weights).numpy()
        made = still_face(replace(photograph, expression=expression), face.model)
        seen[name] = np.linalg.norm(made.rest - made.points, axis=1)
    nose, chin = face.mesh.rows(np.array([6, 152]))

    assert seen["noseSneerLeft"][nose] < 1e-5
    assert seen["jawOpen"][chin] > 5e-3
