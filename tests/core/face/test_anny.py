"""Tests of facetake.face.anny: the shipped differentiable head moves, looks and measures as it says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch comes with the train and portrait extras")

from facetake.face import head  # noqa: E402
from facetake.face.anny import BLINK_SHARE, LANDMARK_FILE, MODEL_FILE, Anny, load  # noqa: E402
from facetake.face.ibug import EYES, IBUG_68, MOUTH, NOSE  # noqa: E402
from facetake.face.model import MATERIALS  # noqa: E402
from facetake.render.camera import portrait  # noqa: E402
from facetake.render.harmonics import ambient  # noqa: E402
from facetake.render.perspective import place  # noqa: E402
from facetake.render.picture import draw  # noqa: E402
from facetake.rig import ARKIT_NAMES  # noqa: E402

if TYPE_CHECKING:
    from torch import Tensor

SIZES = {
    "jawOpen": 0.82,
    "mouthClose": 0.82,
    "mouthPucker": 1.5,
    "mouthSmile": 0.96,
    "mouthDimple": 1.3,
    "browInnerUp": 1.7,
    "browOuterUp": 1.67,
    "browDown": 0.95,
}
"""Shapes that the preview head does by another size, in shares of what anny does (`head_baking.lips`, `rest`)."""


@pytest.fixture(scope="module")
def model() -> Anny:
    """The shipped model."""
    return load()


def pose(**weights: float) -> Tensor:
    """One frame (1, 52) of ARKit weights."""
    frame: Tensor = torch.zeros(1, len(ARKIT_NAMES))
    for name, value in weights.items():
        frame[0, ARKIT_NAMES.index(name)] = value
    return frame


def people(number: int, model: Anny) -> Tensor:
    """Identities (number, I) drawn from the model's own distribution."""
    drawn: Tensor = torch.randn(number, model.identity_size, generator=torch.Generator().manual_seed(number))
    return drawn


def nobody(model: Anny) -> Tensor:
    """The mean identity."""
    mean: Tensor = torch.zeros(1, model.identity_size)
    return mean


def test_the_files_are_small_and_say_where_they_come_from() -> None:
    """Under 8 MB together, with sources and licences inside."""
    assert MODEL_FILE.stat().st_size + LANDMARK_FILE.stat().st_size < 8_000_000
    with np.load(MODEL_FILE, allow_pickle=False) as file:
        about = json.loads(str(file["about"]))
    assert "CC0" in about["source"] and "Apache-2.0" in about["source"]


def test_the_mesh_is_whole(model: Anny) -> None:
    """Every vertex is used, every material and both eyes are there, and parts are masks of vertices."""
    topology = model.topology
    n = len(model.rest)
    assert (np.unique(topology.faces) == np.arange(n)).all()
    assert set(topology.material) == set(range(len(MATERIALS)))
    assert all(mask.shape == (n,) and 0 < mask.sum() < n for mask in topology.parts.values())
    eyes = model.rest[topology.parts["eyes"]][:, 0]
    assert (eyes > 0).sum() == (eyes < 0).sum() > 100
    assert topology.uv.min() >= 0 and topology.uv.max() <= 1
    assert (np.unique(topology.uv_faces) == np.arange(len(topology.uv))).all()


def test_it_stands_before_a_camera_as_told(model: Anny) -> None:
    """Nose towards the viewer, chin down, the subject's left eye at positive x, head-sized in metres."""
    still = model.vertices(nobody(model), pose())
    points = model.landmarks(still)[0]
    row = {index: points[r] for r, index in enumerate(model.topology.landmarks.mediapipe_index)}
    assert row[4][2] < row[33][2] - 0.02 and row[17][1] > row[4][1] > row[33][1]
    assert row[263][0] > 0.03 and row[33][0] < -0.03
    size = (still[0].amax(0) - still[0].amin(0)).numpy()
    assert 0.14 < size[0] < 0.35 and 0.20 < size[1] < 0.35 and 0.18 < size[2] < 0.30
    assert (model.normals(still)[0, model.topology.parts["face"], 2] < 0).float().mean() > 0.9


def test_gradients_are_those_of_finite_differences() -> None:
    """Slopes of vertices and colours along random directions in every kind of coefficient agree with differences."""
    model = Anny().double()
    generator = torch.Generator().manual_seed(1)
    identity = 0.5 * torch.randn(2, model.identity_size, generator=generator).double()
    expression = 0.4 * torch.rand(2, model.expression_size, generator=generator).double()
    colour = torch.randn(2, model.albedo_size, generator=generator).double()
    pick = torch.randn(2, len(model.rest), 3, generator=generator).double()

    def score(i: Tensor, e: Tensor, c: Tensor) -> Tensor:
        total: Tensor = (model.vertices(i, e) * pick).sum() + (model.albedo(c) * pick).sum()
        return total

    for which in range(3):
        at = [identity, expression, colour]
        way = [torch.randn(*a.shape, generator=generator).double() * (k == which) for k, a in enumerate(at)]
        slope = torch.autograd.functional.jvp(score, tuple(at), tuple(way))[1].item()
        ends = [score(*(a + s * w for a, w in zip(at, way, strict=True))).item() for s in (1e-7, -1e-7)]
        assert slope == pytest.approx((ends[0] - ends[1]) / 2e-7, rel=1e-4)


def test_expressions_move_the_preview_heads_way(model: Anny) -> None:
    """Every ARKit shape moves the skin of both heads equally far, to a fifth of a millimetre: points between old ones
    may swing. Blinks, which both heads end where lids meet, but each by its own means, agree to a millimetre. The
    preview head's own sizes are those by which people's faces are read: a jaw opens less and brows rise further, a
    sneer lifts the lip too, and its lips, which are thinner, roll and press by less, and are pushed up further by the
    chin.
    """
    other = head.load()
    assert model.expression_names == ARKIT_NAMES == other.names[:52]
    worn = np.unique(other.faces[other.part == head.PARTS.index("hair")])  # a lash's tip goes further than its lid
    bare = np.setdiff1d(np.arange(len(other.rest)), worn)
    ours = np.linalg.norm(model.expression_basis.numpy().reshape(52, -1, 3), axis=2).max(axis=1)
    theirs = np.linalg.norm(other.deltas[:52].reshape(52, -1, 3)[:, bare], axis=2).max(axis=1)
    blinks, sneers, thinner, shrugs, sized = (
        np.array([one.startswith(kinds) for one in ARKIT_NAMES])
        for kinds in ("eyeBlink", "noseSneer", ("mouthRoll", "mouthPress"), "mouthShrugLower", tuple(SIZES))
    )
    theirs[blinks] *= BLINK_SHARE
    plain = ~(blinks | sneers | thinner | shrugs | sized)
    np.testing.assert_allclose(ours[plain], theirs[plain], atol=2e-4)
    np.testing.assert_allclose(ours[blinks], theirs[blinks], atol=1e-3)
    assert (theirs[shrugs] > ours[shrugs]).all()
    assert (theirs[thinner] < ours[thinner]).all() and (theirs[thinner] > 0.5 * ours[thinner]).all()
    for kind, size in SIZES.items():
        those = np.array([one.startswith(kind) for one in ARKIT_NAMES])
        np.testing.assert_allclose(theirs[those] / ours[those], size, rtol=0.02, err_msg=kind)


def test_eyes_turn_as_far_as_the_preview_heads(model: Anny) -> None:
    """A full look to the side turns an eyeball by the head's own angle, its shape unchanged."""
    start = 0
    count = len(model.eye_index) // 2
    left = model.eye_index[start : start + count]
    still, moved = (model.vertices(nobody(model), e)[0, left] for e in (pose(), pose(eyeLookOutLeft=1.0)))
    centre = model.eye_centres[0]
    radius = model.eye_radii[0]
    np.testing.assert_allclose((moved - centre).norm(dim=1).numpy(), float(radius), rtol=1e-4)
    pole = (moved - centre)[0] / radius
    yaw = np.degrees(np.arctan2(float(pole[0]), -float(pole[2])))
    assert yaw == pytest.approx(head.GAZE_YAW_DEG, abs=0.1)
    assert (still[0] - centre)[2] / radius == pytest.approx(-1.0, abs=1e-3)
    up = model.vertices(nobody(model), pose(eyeLookUpLeft=1.0))[0, left][0] - centre
    assert np.degrees(np.arctan2(-float(up[1]), -float(up[2]))) == pytest.approx(head.GAZE_PITCH_DEG, abs=0.1)


def test_lids_never_enter_eyeballs(model: Anny) -> None:
    """Whoever it is and whatever lids do, skin near an eye stays outside it."""
    identity = people(6, model)
    expression = pose(eyeBlinkLeft=0.7, eyeBlinkRight=1.0, eyeSquintLeft=0.6).expand(6, -1)
    near = model.vertices(identity, expression)[:, model.lid_index]
    centres = model.eye_centres + torch.tensordot(identity, model.eye_centres_basis, dims=1)
    radii = model.eye_radii + identity @ model.eye_radii_basis
    away = (near[:, None] - centres[:, :, None]).norm(dim=-1) - radii[..., None]
    assert away.min() > 0.0004
    assert radii.min() > 0.008 and radii.max() < 0.024


def test_a_blink_ends_where_lids_meet(model: Anny) -> None:
    """Open by nearly a centimetre at rest, by less than half at half a blink, and shut at 1, no further."""
    lids = torch.from_numpy(model.topology.landmarks.rows(np.array([159, 145, 386, 374])))
    shut = torch.cat([pose(eyeBlinkLeft=value, eyeBlinkRight=value) for value in (0.0, 0.5, 1.0)])
    height = model.landmarks(model.vertices(nobody(model), shut))[:, lids, 1]
    gap = height[:, 1::2] - height[:, ::2]
    assert gap[0].min() > 0.008
    assert gap[1].min() > 0.002 and gap[1].max() < 0.006
    assert gap[2].abs().max() < 0.001


def test_lips_meet_when_told_and_never_cross(model: Anny) -> None:
    """MouthClose shuts an open jaw's lips to a fifth of a millimetre of rest; random mouths stay uncrossed."""
    person = model.rest[None]
    at_rest = model._gaps(person)
    opened, shut = (
        model._gaps(model.vertices(nobody(model), e)) for e in (pose(jawOpen=0.5), pose(jawOpen=0.5, mouthClose=0.5))
    )
    assert (opened - at_rest)[..., 1].max() > 0.009
    assert (shut - at_rest).norm(dim=-1).max() < 4e-4
    mouths = torch.zeros(20, 52)
    columns = [i for i, name in enumerate(ARKIT_NAMES) if name.startswith(("mouth", "jaw"))]
    mouths[:, columns] = torch.rand(20, len(columns), generator=torch.Generator().manual_seed(4))
    crossed = (model._gaps(model.vertices(nobody(model), mouths)) - at_rest)[..., 1].min()
    assert crossed > -1e-3


def test_identities_differ_by_millimetres_about_a_mean(model: Anny) -> None:
    """Drawn people differ from the mean face by a few millimetres a vertex, not by microns or centimetres."""
    moved = model.vertices(people(40, model), pose()) - model.rest
    deviation = moved[:, model.topology.parts["face"]].norm(dim=-1).square().mean().sqrt()
    assert 0.002 < deviation < 0.008


def test_landmarks_are_symmetric_and_where_their_names_say(model: Anny) -> None:
    """Mirror points lie on mirrored places, those of the mouth part with the jaw, irises are in front of eyeballs."""
    marks = model.topology.landmarks
    place_of = {int(index): row for row, index in enumerate(marks.mediapipe_index)}
    still = model.landmarks(model.vertices(nobody(model), pose()))[0].detach().numpy()
    for left, right in ((33, 263), (61, 291), (133, 362), (70, 300), (98, 327), (468, 473)):
        np.testing.assert_allclose(still[place_of[left]] * (-1, 1, 1), still[place_of[right]], atol=6e-4)
    inside = IBUG_68[[*range(68)[NOSE], *range(68)[EYES], *range(68)[MOUTH]]]
    assert all(int(index) in place_of for index in inside)
    opened = model.landmarks(model.vertices(nobody(model), pose(jawOpen=0.5)))[0].detach().numpy()
    gap = [points[place_of[14]][1] - points[place_of[13]][1] for points in (still, opened)]
    assert abs(gap[0]) < 0.003 and gap[1] > 0.010
    assert still[place_of[468]][2] < model.eye_centres[1, 2].item() - 0.8 * model.eye_radii[1].item()
    assert marks.weight.min() > 0 and marks.weight.max() <= 1


def test_colours_are_colours(model: Anny) -> None:
    """Linear 0..1 whatever the coefficients; lips redder than skin; each coefficient does what its name says."""
    many = model.albedo(3.0 * torch.randn(8, model.albedo_size, generator=torch.Generator().manual_seed(0)))
    assert many.min() > 0.0 and many.max() <= 1.0
    plain = model.albedo(torch.zeros(1, model.albedo_size))[0]
    parts = model.topology.parts

    def after(name: str, part: str) -> Tensor:
        coefficients = torch.zeros(1, model.albedo_size)
        coefficients[0, model.albedo_names.index(name)] = 1.0
        return model.albedo(coefficients)[0, parts[part]].mean(0) - plain[parts[part]].mean(0)

    def redness(colour: Tensor) -> float:
        return float(colour[0] / colour.sum())

    assert redness(plain[parts["lips"]].mean(0)) > redness(plain[parts["face"]].mean(0)) + 0.05
    assert (after("skin_light", "face") > 0.03).all()
    assert (after("brows_dark", "brows") < -0.005).all()
    assert (after("hair", "scalp") < -0.02).all()
    assert after("hair", "lips").abs().max() < 1e-6
    assert after("iris_blue", "eyes")[2] > 0


def test_a_picture_of_it_shows_a_face(model: Anny) -> None:
    """Before a camera, skin, lips, eyes and the open mouth's inside are seen, and the colours are those of skin."""
    camera = portrait((96, 96), 17.0)
    before = torch.tensor([[0.0, 0.01, 1.0]])
    placed = place(model.vertices(nobody(model), pose(jawOpen=0.6)), torch.zeros(1, 3), before)
    picture = draw(placed, model.faces, model.albedo(torch.zeros(1, model.albedo_size)), ambient()[None], camera)
    seen = {MATERIALS[m] for m in np.unique(model.topology.material[picture.points.face.numpy()])}
    assert {"skin", "lips", "eye", "tongue"} <= seen
    assert 0.25 < picture.points.covered().float().mean() < 0.8
    red, green, blue = picture.rgb.detach().mean(0)
    assert red > green > blue


def test_wrong_sizes_are_refused(model: Anny) -> None:
    """A vector of another length is a programming mistake and names both."""
    with pytest.raises(ValueError, match=r"identity has shape \(1, 3\), expected \(B, 80\)"):
        model.vertices(torch.zeros(1, 3), pose())
    with pytest.raises(ValueError, match="no part 'horns'"):
        model.topology.triangles("horns")


def test_a_model_loaded_in_inference_can_be_learnt_through() -> None:
    """The first call may come from a render: what is kept then still lets gradients pass in a training."""
    load.cache_clear()
    with torch.inference_mode():
        model = load()

    assert not any(tensor.is_inference() for tensor in [*model.parameters(), *model.buffers()])
