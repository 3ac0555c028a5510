"""Parts, moved photographs, networks and losses of the landmark system's picture side, on drawn faces."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import published
import pytest
import torch

from facetake.arrays import F32, U8
from facetake.errors import ConfigError, PortraitError
from facetake.face.ibug import IBUG_MIRROR
from facetake.networks.patchgan import PatchSize
from facetake.networks.sequence_translator import SequenceTranslatorSize
from facetake.networks.unet import UNetSize
from facetake.portrait.capture.posed_face import open_face
from facetake.portrait.landmark_translation.checkpoint import read_translator
from facetake.portrait.landmark_translation.evaluation import evaluate, landmark_distance, opening
from facetake.portrait.landmark_translation.image import parts
from facetake.portrait.landmark_translation.image.dataset import Filmed, mirrored, plates_of
from facetake.portrait.landmark_translation.image.image_warp import Movable
from facetake.portrait.landmark_translation.image.losses import Perceptual, identity_of, judges
from facetake.portrait.landmark_translation.image.training import learn_pictures
from facetake.portrait.landmark_translation.image.translator import LocalTranslator, Shown, Translator, region_around
from facetake.portrait.landmark_translation.person import Person, Stance, calmest
from facetake.portrait.landmark_translation.render import show
from facetake.portrait.landmark_translation.settings import (
    GlobalTraining,
    LocalTraining,
    PictureLossWeights,
    PictureSettings,
)
from facetake.portrait.landmark_translation.subject import PortraitSubject
from facetake.portrait.metrics.identity import Csim
from facetake.portrait.metrics.resemblance import Resemblance
from facetake.pretrained import VARIABLE
from facetake.render.camera import portrait

SIDE = 64
N_FRAMES = 12
UNET = UNetSize(downs=3, width=4, refine=False, dropout=0.0, norm="group")
CRITIC = PatchSize(4, 1, "group")
SMALL = PictureSettings(
    side=32,
    region="face",
    reference="moved",
    changed="parts",
    out="added",
    part_unet=UNET,
    rest_unet=UNET,
    part_critic=CRITIC,
    critic=CRITIC,
    sequence=SequenceTranslatorSize((4, 4, 8), 8, 1, out="added"),
    local_training=LocalTraining(epochs=2, batch=4, rate=2e-3),
    global_training=GlobalTraining(2, 4, 1, 2e-3),
)


@pytest.fixture(autouse=True)
def no_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Networks of whoever runs the tests do not count."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv(VARIABLE, raising=False)


def face(gap: float = 0.0, middle: tuple[float, float] = (32.0, 30.0)) -> F32:
    """The 68 points of a plain face of 40 pixels, its lips `gap` pixels apart."""
    points = np.zeros((68, 2))
    turn = np.linspace(np.pi, 0.0, 17)
    points[:17] = np.stack([18.0 * np.cos(turn), -4.0 + 24.0 * np.sin(turn)], axis=1)
    for first, x in ((17, -10.0), (22, 10.0)):
        points[first : first + 5] = np.stack([x + np.linspace(-5, 5, 5), np.full(5, -12.0)], axis=1)
    points[27:31] = np.stack([np.zeros(4), np.linspace(-6, 3, 4)], axis=1)
    points[31:36] = np.stack([np.linspace(-3, 3, 5), np.full(5, 5.0)], axis=1)
    for first, x in ((36, -9.0), (42, 9.0)):
        points[first : first + 6] = np.array([(-4, 0), (-1.5, -2), (1.5, -2), (4, 0), (1.5, 2), (-1.5, 2)]) + (x, -6.0)
    for first, count, wide, tall in ((48, 12, 7.0, 2.5), (60, 8, 5.0, 0.3)):
        around = np.pi - 2.0 * np.pi * np.arange(count) / count
        points[first : first + count] = np.stack([wide * np.cos(around), 12.0 - tall * np.sin(around)], axis=1)
        points[first : first + count, 1] += np.where(np.sin(around) < -1e-6, gap, 0.0)
    return (points + middle).astype(np.float32)


def picture(points: F32) -> U8:
    """A drawn face (SIDE, SIDE, 3): skin, dark eyes, and a mouth that is red, and black where it is open."""
    y, x = np.mgrid[:SIDE, :SIDE] + 0.5
    drawn = np.zeros((SIDE, SIDE, 3), np.uint8) + np.array((60, 90, 120), np.uint8)
    cx, cy = points[27:36].mean(axis=0)
    drawn[np.hypot((x - cx) / 20.0, (y - cy - 2.0) / 26.0) < 1.0] = (210, 160, 130)
    for eye in (slice(36, 42), slice(42, 48)):
        ex, ey = points[eye].mean(axis=0)
        drawn[np.hypot((x - ex) / 4.0, (y - ey) / 2.0) < 1.0] = (30, 20, 20)
    for ring, colour in ((slice(48, 60), (200, 40, 60)), (slice(60, 68), (10, 0, 0))):
        low = points[ring].min(axis=0)
        high = points[ring].max(axis=0)
        (mx, my), (rx, ry) = (low + high) / 2.0, np.maximum((high - low) / 2.0, 0.4)
        drawn[np.hypot((x - mx) / rx, (y - my) / ry) < 1.0] = colour
    return drawn


class Drawn:
    """A film of a drawn face that opens its mouth and sways."""

    n_frames = N_FRAMES

    def __init__(self) -> None:
        """Draws it."""
        t = np.arange(N_FRAMES)
        self.points = np.stack([face(2.0 - 2.0 * np.cos(k), (32.0 + 2.0 * np.sin(k / 2.0), 30.0)) for k in t])
        self.pictures = np.stack([picture(row) for row in self.points])

    def frames(self, first: int, last: int) -> U8:
        """Some pictures."""
        return self.pictures[first:last]


@pytest.fixture(scope="module")
def filmed() -> Filmed:
    """The film with its landmarks."""
    film = Drawn()
    return Filmed(film, SIDE, Fraction(25), film.points)


def test_parts_are_cut_around_their_landmarks_and_laid_back_where_they_were() -> None:
    """A picture whose parts are cut and laid over it again is itself, and corners keep parts inside."""
    points = np.stack([face(), face(middle=(12.0, 50.0))])
    pictures = torch.rand(2, 3, SIDE, SIDE)
    for part, size in (("mouth", (24, 16)), ("left_eye", (16, 16))):
        at = parts.corners(points, part, size, SIDE)
        assert (at >= 0).all() and (at <= np.array([SIDE, SIDE]) - size).all()
        assert torch.allclose(parts.laid(pictures, parts.cut(pictures, at, size), at), pictures, atol=1e-6)
    assert parts.corners(points, "mouth", (24, 16), SIDE)[0] == pytest.approx((20, 35), abs=1)


def test_parts_scale_with_the_picture_and_suit_the_networks() -> None:
    """The proposed sizes hold at 256 pixels; at others they scale and are rounded up to what can be halved."""
    sizes = parts.PartSizes()
    assert [sizes.pixels(part, 256, 8) for part in ("left_eye", "nose", "mouth")] == [(56, 40), (48, 48), (64, 40)]
    assert sizes.pixels("right_eye", 128, 8) == (32, 24)


def test_a_clip_in_a_mirror_is_the_mirrored_clip(filmed: Filmed, tmp_path: Path) -> None:
    """Pictures, photographs and landmark pictures are those of the mirrored film, each eye with the other's colours."""
    settings = replace(SMALL, region="frame", references=2)
    other = Drawn()
    other.points = filmed.points[:, IBUG_MIRROR].copy()
    other.pictures = filmed.film.frames(0, N_FRAMES)[:, :, ::-1]
    other.points[..., 0] = SIDE - other.points[..., 0]
    there = plates_of(replace(filmed, film=other, points=other.points), 8, settings, tmp_path / "other", print)
    here = mirrored(plates_of(filmed, 8, settings, tmp_path / "one", print), tmp_path / "one", print)
    assert np.array_equal(here.real, there.real) and np.array_equal(here.sketches, there.sketches)
    assert np.allclose(here.points, there.points) and np.allclose(here.reference_points, there.reference_points)
    assert np.abs(here.references.astype(int) - there.references).max() <= 2
    assert sorted(IBUG_MIRROR) == list(range(68)) and (IBUG_MIRROR[IBUG_MIRROR] == np.arange(68)).all()


def test_gradients_reach_the_parts_through_the_whole() -> None:
    """What is laid down can be learnt from: each part's pixels get the slope of those that it shows."""
    under = torch.zeros(1, 3, SIDE, SIDE)
    part = torch.zeros(1, 3, 16, 16, requires_grad=True)
    torch.autograd.backward(parts.laid(under, part, np.array([[5, 9]])).sum())
    assert part.grad is not None and torch.allclose(part.grad[0, 0], parts.softness(16, 16)[0, 0])


def test_a_photograph_moves_with_its_landmarks_and_its_edges_stay() -> None:
    """Moved to the landmarks of another frame, the drawn face is that frame's, but for the inside of the mouth."""
    start = face()
    end = face(middle=(36.0, 33.0))
    moved = Movable(picture(start), start).moved(end)
    wanted = picture(end)
    inner = np.s_[20:50, 24:48]
    before = np.abs(picture(start)[inner].astype(float) - wanted[inner]).mean()
    assert np.abs(moved[inner].astype(float) - wanted[inner]).mean() < 0.35 * before
    assert np.abs(moved[[0, -1]].astype(float) - wanted[[0, -1]]).max() <= 1.0
    assert np.abs(Movable(picture(start), start).moved(start).astype(float) - picture(start)).mean() < 1.0


def test_shut_lips_may_part() -> None:
    """Points that lie in one place and go to two, or come from there, give a picture and no error."""
    for start, end in ((face(0.0), face(6.0)), (face(6.0), face(0.0))):
        assert Movable(picture(start), start).moved(end).shape == (SIDE, SIDE, 3)


def test_the_calmest_frame_is_shut_straight_and_awake(filmed: Filmed) -> None:
    """Of a frame with an open mouth, one with shut eyes, a turned one and a calm one, the calm one is taken."""
    blinking = face()
    blinking[[37, 38, 43, 44]] += (0.0, 2.0)
    blinking[[40, 41, 46, 47]] -= (0.0, 2.0)
    turned = face()
    turned[27:36, 0] += 5.0
    assert calmest(np.stack([face(4.0), blinking, turned, face(), face(3.0)]), 1)[0] == 3
    assert len(set(calmest(filmed.points, 4).tolist())) == 4


def test_a_region_holds_all_landmarks_or_is_the_picture(filmed: Filmed) -> None:
    """The square around the face is inside the picture and has room around it."""
    region = region_around(filmed.points, SIDE, SMALL)
    low = filmed.points.min(axis=(0, 1))
    high = filmed.points.max(axis=(0, 1))
    assert region.left <= low[0] and region.top <= low[1] and region.left + region.side >= high[0]
    assert region.left >= 0 and region.left + region.side <= SIDE and region.pixels == 32
    assert region_around(filmed.points, SIDE, replace(SMALL, region="frame")).side == SIDE


def test_impossible_settings_are_refused() -> None:
    """Sides that cannot be halved, and a still photograph where the rest is to be the photograph's, are told."""
    for changes, told in (
        ({"side": 36}, "multiple of 8"),
        ({"reference": "still"}, 'needs reference = "moved"'),
        ({"references": 0}, "at least one"),
        ({"tint": 1.5}, "tint must be"),
    ):
        with pytest.raises(ValueError, match=told):
            replace(SMALL, **changes)


def test_only_parts_change_where_only_parts_may(filmed: Filmed) -> None:
    """Far from eyes, nose and mouth the translated picture is the photograph, whatever the networks say."""
    translator = Translator(SMALL)
    made = list(show(translator, SMALL, filmed.film.frames(0, 1)[0], filmed.points[0], filmed.points[:3]))
    bare = list(show(translator, SMALL, filmed.film.frames(0, 1)[0], filmed.points[0], filmed.points[:3], neural=False))
    away = np.abs(made[2].astype(int) - bare[2]).max(axis=2)
    assert away[:8].max() <= 1 and away[28:50, 20:44].max() > 2


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"local": False, "references": 3, "tint": 0.2, "mirror": True},
        {"out": "blended", "sequence": replace(SMALL.sequence, out="blended")},
        {"sequence": replace(SMALL.sequence, layers=0), "weights": PictureLossWeights(identity=0.0, gan=0.0)},
        {"reference": "still", "region": "frame", "changed": "all", "out": "anew"},
    ],
)
def test_every_way_trains_and_comes_back(changes: dict[str, object], filmed: Filmed, tmp_path: Path) -> None:
    """The whole system, Table 3's ablations and the paper's own way learn, leave files, and are read back alike."""
    settings = replace(SMALL, **changes)  # type: ignore[arg-type]
    told = []
    learnt = learn_pictures([(filmed, 10)], settings, 0, tmp_path, judges(), log=lambda *row: told.append(row))
    assert [row[:2] for row in told] == [("parts", 1), ("parts", 2), ("whole", 1), ("whole", 2)]
    assert all(np.isfinite(list(vars(row[2]).values())).all() and row[2].mse > 0.0 for row in told)
    assert (told[0][2].identity > 0.0) is bool(settings.weights.identity and settings.local)
    shown = (settings, filmed.film.frames(0, 1)[0], filmed.points[0], filmed.points[:2])
    read = read_translator(tmp_path, settings)
    assert all((a == b).all() for a, b in zip(show(learnt, *shown), show(read, *shown), strict=True))


def test_a_stopped_training_goes_on_to_the_same_networks(filmed: Filmed, tmp_path: Path) -> None:
    """Half of the epochs, then the rest, leave the bytes that all at once leave."""
    half = replace(SMALL, local_training=replace(SMALL.local_training, epochs=1))
    learn_pictures([(filmed, 10)], SMALL, 0, tmp_path / "whole", judges())
    learn_pictures([(filmed, 10)], replace(half, global_training=GlobalTraining(0)), 0, tmp_path / "parts", judges())
    learn_pictures([(filmed, 10)], SMALL, 0, tmp_path / "parts", judges())
    for name in ("parts.safetensors", "whole.safetensors"):
        assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "parts" / name).read_bytes()
    with pytest.raises(PortraitError, match="has no parts.safetensors yet"):
        read_translator(tmp_path, SMALL)


def test_the_networks_learn_what_the_photograph_does_not_show(filmed: Filmed, tmp_path: Path) -> None:
    """After some epochs an open mouth is nearer to the real one than the moved photograph is."""
    more = replace(SMALL.local_training, epochs=50, rate=6e-3)
    settings = replace(SMALL, local_training=more, weights=PictureLossWeights(gan=0.0, perceptual=0.0, identity=0.0))
    translator = learn_pictures([(filmed, 10)], settings, 0, tmp_path, judges())
    calm = int(calmest(filmed.points[:10], 1)[0])
    subject = _subject(filmed, calm)
    scores = evaluate(subject, translator, settings, filmed, filmed.points, np.arange(3, 10))
    assert scores.given.mouth < 0.95 * scores.moved.mouth and scores.given.psnr > scores.moved.psnr + 0.5
    assert scores.ours == scores.given and scores.lmd == 0.0 and scores.lips.correlation > 0.999
    with pytest.raises(PortraitError, match="no frame is left"):
        evaluate(subject, translator, settings, filmed, filmed.points, np.arange(0))


def test_the_whole_learns_nothing_from_where_nothing_may_change(filmed: Filmed, tmp_path: Path) -> None:
    """A film with another background teaches the network over the whole the same weights to the byte."""
    parts_alone = replace(SMALL, global_training=GlobalTraining(0))
    for name, lit in (("dark", 0), ("bright", 255)):
        learn_pictures([(filmed, 8)], parts_alone, 0, tmp_path / name, judges())
        real = np.load(tmp_path / name / "clips" / "0000" / "real.npy", mmap_mode="r+")
        real[:, :3] = lit
        real.flush()
        learn_pictures([(filmed, 8)], SMALL, 0, tmp_path / name, judges())
    first, second = ((tmp_path / name / "whole.safetensors").read_bytes() for name in ("dark", "bright"))
    assert first == second


def _subject(filmed: Filmed, frame: int) -> PortraitSubject:
    """A photograph out of the film, of nobody."""
    nobody = Person(np.zeros((68, 3), np.float32), np.zeros(1, np.float32))
    still = Stance(np.eye(3, dtype=np.float32)[None], np.zeros((1, 3), np.float32), portrait((SIDE, SIDE), 25.0))
    return PortraitSubject(
        filmed.film.frames(frame, frame + 1)[0], filmed.points[frame], nobody, still, open_face().model
    )


def test_lips_are_measured_from_landmarks() -> None:
    """Openings grow with the gap, and the distance counts shape and not place."""
    shut = face()[None]
    wide = face(4.0)[None]
    away = face(middle=(20.0, 20.0))[None]
    assert opening(wide)[0] - opening(shut)[0] == pytest.approx(4.0 / 26.0, rel=0.3)
    assert landmark_distance(away, shut) < 1e-6 < landmark_distance(wide, shut)


def test_the_stand_in_for_arcface_tells_looks_and_not_mouths() -> None:
    """An open mouth is nearly the same face, other colours are another; slopes reach the pictures."""

    def as_face(pixels: U8) -> torch.Tensor:
        large = torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 127.5 - 1.0
        return torch.nn.functional.interpolate(large, (112, 112), mode="bilinear")

    asked = Resemblance()
    calm = as_face(picture(face()))
    open_mouth = as_face(picture(face(4.0)))
    other = as_face(255 - picture(face()))
    cosine = torch.nn.functional.cosine_similarity
    same, different = (float(cosine(asked(calm), asked(found))) for found in (open_mouth, other))
    assert same > 0.9 > different + 0.3
    calm.requires_grad_(True)
    torch.autograd.backward(asked(calm).square().sum())
    assert calm.grad is not None and torch.isfinite(calm.grad).all() and calm.grad.abs().max() > 0.0
    with pytest.raises(ValueError, match="112 pixels"):
        asked(torch.zeros(1, 3, 96, 96))
    assert Csim(asked, np.zeros((1, 478, 2), np.float32), "csim_handmade")


def test_parts_are_shown_to_arcface_in_their_place() -> None:
    """A part lies on nothing, halved by the largest of four, where it lies on average."""
    seen = []
    network = torch.nn.Identity()
    network.register_forward_hook(lambda _module, given, _made: seen.append(given[0]))
    identity_of(network, torch.ones(1, 3, 32, 32), np.array([64, 96]), 128)
    (shown,) = seen
    assert shown.shape == (1, 3, 112, 112) and float(shown.min()) == -1.0
    assert (shown[0, 0, 86:110, 58:82] == 1.0).all() and (shown[0, 0, :80] == -1.0).all()


def test_networks_of_the_users_are_asked_where_they_are(tmp_path: Path) -> None:
    """With ArcFace's and a VGG's files nothing stands in for them; without, what stands in is told."""
    published.arcface(tmp_path, (1, 1, 1, 1)), published.vgg(tmp_path, 19)
    found = judges(tmp_path)
    assert found.told == () and isinstance(found.perceptual, Perceptual)
    made = torch.rand(1, 3, 24, 32, requires_grad=True)
    loss = found.perceptual(made, torch.zeros(1, 3, 24, 32)) + identity_of(found.identity, made).square().mean()
    torch.autograd.backward(loss)
    assert made.grad is not None and made.grad.abs().max() > 0.0
    assert len(judges().told) == 2


def test_each_network_sees_landmarks_and_photograph() -> None:
    """A part's network is shown its own window of both, the photograph's where the photograph has that part."""
    still = replace(SMALL, reference="still", region="frame", changed="all", side=SIDE)
    points = face()[None]
    known = face(middle=(36.0, 34.0))[None]
    shown = Shown(torch.rand(1, 3, SIDE, SIDE), torch.rand(1, 3, SIDE, SIDE), points, known)
    local = LocalTranslator(still)
    seen = local(shown).condition["mouth"]
    size = local.sizes["mouth"]
    for channels, source, where in ((slice(0, 3), shown.sketch, points), (slice(3, 6), shown.reference, known)):
        assert torch.equal(seen[:, channels], parts.cut(source, parts.corners(where, "mouth", size, SIDE), size))


def test_the_presets_are_valid_and_the_paper_is_the_paper() -> None:
    """All three files and the example fit the structs, and the paper's one says what the defaults say."""
    from facetake.portrait.landmark_translation.settings import read_settings

    assert read_settings("paper").pictures == PictureSettings()
    assert {name: read_settings(name).pictures.side for name in ("quick", "tiny")} == {"quick": 128, "tiny": 32}
    minutes, many = (read_settings(name).pictures for name in ("minutes", "many"))
    assert all(each.references > 1 and each.tint > 0.0 and each.parts == many.parts for each in (minutes, many))
    assert many.mirror and many.out == many.sequence.out == "blended" and minutes.side == 256
    with pytest.raises(ConfigError, match="no setting"):
        read_settings("hasty")
