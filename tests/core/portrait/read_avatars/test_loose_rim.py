"""Triangles that lie over what is behind an actor are found by films in which they change, and are not drawn."""

from __future__ import annotations

import moody
import numpy as np
import pytest

from facetake.arrays import U8, Mask
from facetake.errors import PortraitError
from facetake.portrait.read_avatars.loose_rim import loose_rim
from facetake.portrait.read_avatars.surface import ActorSurface, open_surface

FRAMES = 16
MOUTH_RADIUS_M = 0.02
SIZE = 192  # pixels: then most triangles are seen


class CollaredSurface(ActorSurface):
    """An actor whose film has colours of its own on every triangle, but for some that change in every frame."""

    def __init__(self, plain: ActorSurface, changing: Mask) -> None:
        """Takes the actor's place; changing: (F,) whose colours come and go."""
        super().__init__(plain.actor, plain.model, "face")
        self._changing = changing
        self._dice = np.random.default_rng(0)
        self._own = np.random.default_rng(1).integers(100, 140, (len(changing), 3))

    def frames(self, first: int, last: int) -> U8:
        """The film."""
        return np.stack([self._film(frame) for frame in range(first, last)])

    def _film(self, frame: int) -> U8:
        ids = self.shown_triangles(frame)
        colours = self._own + self._dice.integers(-4, 5, self._own.shape)
        colours[self._changing] = self._dice.integers(0, 256, 3)
        return np.where((ids >= 0)[..., None], colours[ids], 90).astype(np.uint8)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> ActorSurface:
    """An actor as captured."""
    folder = tmp_path_factory.mktemp("collared") / "actor"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(moody, "SIZE", SIZE)
        moody.moody(folder, "neutral", 1.0, FRAMES)
    return open_surface(folder, "face")


def _parts(surface: ActorSurface) -> tuple[Mask, Mask]:
    """The lower left of the drawn rim, and what lies around the middle of the lips, (F,) each."""
    rest = surface.at_rest()
    faces = surface.model.topology.faces
    middles = rest[faces].mean(axis=1)
    drawn = surface.drawn_triangles
    x, y = middles[:, 0], middles[:, 1]
    jaw = drawn & (x < np.quantile(x[drawn], 0.12)) & (y > np.quantile(y[drawn], 0.5))
    corners = surface.model.topology.landmarks.rows(np.array([13, 14]))
    mouth = middles[surface.model.topology.landmarks.face[corners]].mean(axis=0)
    return jaw, drawn & (np.linalg.norm(middles - mouth, axis=1) < MOUTH_RADIUS_M)


def test_a_jaw_over_a_collar_is_not_drawn_and_a_mouth_that_changes_is(plain: ActorSurface) -> None:
    """Of two parts that change as much the one at the rim is left out, nearly all of it and little else."""
    jaw, mouth = _parts(plain)
    left = np.zeros(len(jaw), np.bool_)
    left[list(loose_rim([CollaredSurface(plain, jaw | mouth)], [FRAMES]))] = True
    seen = np.zeros(len(jaw), np.bool_)
    for frame in range(FRAMES):
        ids = plain.shown_triangles(frame)
        seen[ids[ids >= 0]] = True

    assert left[jaw & seen].mean() > 0.9
    assert not left[mouth].any()
    assert left[plain.drawn_triangles & ~jaw].mean() < 0.05
    less = plain.without(tuple(map(int, np.flatnonzero(left))))
    whole, alpha = (surface.maps(plain.expression[0], 0, plain.whole())[1] > 0 for surface in (plain, less))
    assert 0 < (whole & ~alpha).sum() == whole.sum() - alpha.sum()


def test_a_face_that_shows_everywhere_is_drawn_whole(plain: ActorSurface) -> None:
    """Where nothing but a mouth changes all is drawn, and so it is where there is nothing to look at."""
    _, mouth = _parts(plain)

    assert loose_rim([CollaredSurface(plain, mouth)], [FRAMES]) == ()
    assert loose_rim([plain], [0]) == ()
    assert plain.without(()) is plain


def test_triangles_that_are_not_there_are_refused(plain: ActorSurface) -> None:
    """A training of another face model, damaged or not, is told in one sentence."""
    for number in (-1, len(plain.model.faces)):
        with pytest.raises(PortraitError, match="has no triangle"):
            plain.without((number,))
