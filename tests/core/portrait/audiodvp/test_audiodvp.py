"""AudioDVP on a made-up actor: everything from pairs to pictures, trained for seconds."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

torch = pytest.importorskip("torch", reason="AudioDVP needs torch, of the portrait extra")
pytest.importorskip("safetensors", reason="AudioDVP needs safetensors, of the portrait extra")
pytest.importorskip("numba", reason="AudioDVP needs numba, of the preview extra")

from facetake import audio, inference, rig  # noqa: E402  after the skips
from facetake.arrays import F32, U8  # noqa: E402
from facetake.errors import ConfigError, PortraitError  # noqa: E402
from facetake.face.drive import from_take  # noqa: E402
from facetake.face.model import FaceModel  # noqa: E402
from facetake.generate import GenerateOptions, generate  # noqa: E402
from facetake.networks import checkpoint  # noqa: E402
from facetake.networks.unet import UNet, UNetSize  # noqa: E402
from facetake.portrait import audio_features  # noqa: E402
from facetake.portrait.audio_features import at_rate  # noqa: E402
from facetake.portrait.audiodvp import evaluation, expression, proxy, render, renderer  # noqa: E402
from facetake.portrait.audiodvp.checkpoint import TrainedAudioDvp, read_trained  # noqa: E402
from facetake.portrait.audiodvp.proxy import Performer  # noqa: E402
from facetake.portrait.audiodvp.render import perform  # noqa: E402
from facetake.portrait.audiodvp.settings import (  # noqa: E402
    AudioDvpSettings,
    Ends,
    ExpressionTraining,
    read_settings,
)
from facetake.portrait.audiodvp.training import train  # noqa: E402
from facetake.portrait.capture.actor import ActorMetadata, CapturedActor, Fit  # noqa: E402
from facetake.portrait.capture.posed_face import open_face  # noqa: E402
from facetake.portrait.metrics import lips  # noqa: E402
from facetake.portrait.training.devices import as_pictures  # noqa: E402
from facetake.portrait.training.presets import PRESETS  # noqa: E402
from facetake.portrait.video.compositing import Region, around  # noqa: E402
from facetake.render.harmonics import ambient  # noqa: E402
from facetake.rig.arkit import ARKIT_NAMES  # noqa: E402
from facetake.take import Take  # noqa: E402

RATE = Fraction(25)
N_FRAMES = 24
LEARNT = 16


class SyntheticActor(Performer):
    """The default face model as an actor whose pictures are its drawing with detail that the drawing lacks."""

    def __init__(self, size: int, weights: F32) -> None:
        """size: side of the pictures; weights: (T, 52) ARKit."""
        face = open_face()
        n_frames = len(weights)
        model = face.model
        turn = np.zeros((n_frames, 3), np.float32)
        turn[:, 1] = 0.07 * np.sin(np.arange(n_frames) / 9.0)
        fit = Fit(
            landmarks=np.zeros((n_frames, 478, 2), np.float32),
            identity=np.zeros(model.identity_size, np.float32),
            albedo=np.zeros(model.albedo_size, np.float32),
            colour=_colour(model),
            light=ambient().numpy()[None],
            expression=weights,
            rotation=turn,
            translation=np.tile(np.array([0.0, 0.0, 0.55], np.float32), (n_frames, 1)),
        )
        about = ActorMetadata(
            face.name, face.sha256, "made.mp4", "0" * 64, (0.0, 0.0, 64.0), size, RATE, n_frames, 1.6 * size
        )
        actor = CapturedActor(Path("made up"), about, fit)
        super().__init__(actor, model)
        still = model.vertices(torch.zeros(1, model.identity_size), torch.zeros(1, model.expression_size))
        across = still[0, :, :1].numpy()
        freckles = np.asarray(fit.colour * (0.6 + 0.4 * np.sin(200.0 * across)), np.float32)
        self._freckled = Performer(replace(actor, fit=replace(fit, colour=freckles)), model)

    def frames(self, first: int, last: int) -> U8:
        """The face with freckles and a shading that the drawing does not have, before a pattern."""
        return np.stack([self._picture(frame) for frame in range(first, last)])

    @cache  # noqa: B019  a test's few pictures
    def _picture(self, frame: int) -> U8:
        face = self._freckled.draw(self.expression[frame], frame)
        y, x = np.mgrid[: self.size, : self.size]
        ground = np.stack([(x * 7 + y * 3) % 256, (x * 2 + y * 5) % 256, (x + y) % 256], axis=-1).astype(np.uint8)
        return np.where(face.any(axis=2, keepdims=True), face, ground)

    @cache  # noqa: B019
    def mask(self, frame: int) -> NDArray[np.bool_]:
        """The mask of a frame, found once."""
        return super().mask(frame)


def _colour(model: FaceModel) -> F32:
    """The model's own colours (V, 3)."""
    return np.asarray(model.albedo(torch.zeros(1, model.albedo_size))[0].numpy())


def talking(n_frames: int) -> F32:
    """Weights (T, 52) of a mouth that opens and rounds."""
    weights = np.zeros((n_frames, len(ARKIT_NAMES)), np.float32)
    time = np.arange(n_frames)
    weights[:, ARKIT_NAMES.index("jawOpen")] = 0.8 * (1.0 - np.cos(time / 2.1)) / 2.0
    weights[:, ARKIT_NAMES.index("mouthPucker")] = 0.5 * (1.0 - np.cos(time / 3.7)) / 2.0
    return weights


@pytest.fixture(scope="module")
def actor() -> SyntheticActor:
    """One second of a head of 64 pixels."""
    return SyntheticActor(64, talking(N_FRAMES))


@pytest.fixture(scope="module")
def features(actor: SyntheticActor) -> np.ndarray:
    """What the sound of `actor` might be heard as: its own weights in another basis, with a little noise."""
    random = np.random.default_rng(0)
    mixed = actor.expression @ random.normal(size=(52, 20))
    return np.asarray(mixed + 0.01 * random.normal(size=mixed.shape), np.float32)


@pytest.fixture(scope="module")
def trained(actor: SyntheticActor, features: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> TrainedAudioDvp:
    """`actor` learnt from its first frames by the tiny preset."""
    folder = tmp_path_factory.mktemp("trained") / "run"
    return train(actor, features, "made up", read_settings("tiny"), folder, LEARNT)


def test_the_presets_are_valid_and_the_paper_is_the_paper() -> None:
    """All files fit the structs, the paper's says what the defaults, which cite it, say, minutes' what quick does."""
    assert {name: read_settings(name).radius for name in PRESETS} == {"quick": 3, "paper": 3, "tiny": 1}
    assert read_settings("paper") == AudioDvpSettings()
    own = read_settings("minutes")
    quick = read_settings("quick")
    assert replace(quick, renderer=own.renderer) == own and own.renderer.epochs < quick.renderer.epochs


@pytest.mark.parametrize(("text", "told"), [("side = 100", "multiple of 256"), ("sdie = 256", "did you mean")])
def test_settings_that_cannot_be_are_refused(tmp_path: Path, text: str, told: str) -> None:
    """A misspelt key, or a side that the network cannot halve, is named."""
    path = tmp_path / "own.toml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(ConfigError, match=told):
        read_settings(str(path))


def test_features_land_on_the_videos_frames() -> None:
    """A ramp at 60 rows a second is the same ramp at 24000/1001, and held past its end."""
    ramp = np.arange(60, dtype=np.float32)[:, None] / 60.0

    moved = at_rate(ramp, Fraction(60), Fraction(24000, 1001), 30)[:, 0]

    assert np.allclose(moved[:23], np.arange(23) * 1001 / 24000, atol=1e-5)
    assert np.allclose(moved[25:], ramp[-1])


def test_audio2expression_is_table_1() -> None:
    """256 features and 64 coefficients make layers of 5 x 254, 3 x 252, 1 x 250 and 64 numbers."""
    network = expression.Audio2Expression(256, 64, 3)
    shapes: list[tuple[int, ...]] = []
    for layer in network.convolutions:
        layer.register_forward_hook(lambda _, __, out: shapes.append(tuple(out.shape[1:])))

    assert network(torch.zeros(2, 7, 256)).shape == (2, 64)
    assert shapes == [(5, 254), (3, 252), (1, 250)]


def test_windows_are_zero_past_the_ends() -> None:
    """Frame t stands in the middle of its window, its neighbours around it, zeros where there are none."""
    frames = torch.arange(1.0, 5.0)[:, None]

    assert expression.stacked(frames, 2)[:, :, 0].tolist() == [
        [0, 0, 1, 2, 3],
        [0, 1, 2, 3, 4],
        [1, 2, 3, 4, 0],
        [2, 3, 4, 0, 0],
    ]


def test_audio2expression_learns_a_linear_map() -> None:
    """From features that determine the expression it predicts frames it has not seen."""
    random = np.random.default_rng(1)
    features = random.normal(size=(220, 30)).astype(np.float32)
    wanted = np.asarray(features[:, 9:21] @ random.normal(size=(12, 4)) * 0.2 + 0.5, np.float32)

    network = expression.learn(features[:180], wanted[:180], 1, ExpressionTraining(epochs=15, batch=10, rate=5e-3), 0)

    errors = expression.predict(network, features)[181:219] - wanted[181:219]
    assert np.square(errors).mean() < 0.25 * wanted[181:219].var(axis=0).mean()


def test_a_take_is_brought_to_the_actors_manner() -> None:
    """Scaled, a coefficient has the actor's mean and spread and stays in the range it was seen in."""
    dice = np.random.default_rng(1)
    drawn = [dice.uniform(0.1, 0.3, 400), dice.uniform(0.0, 0.5, 400), np.full(400, 0.2)]
    said: F32 = np.stack(drawn, axis=1).astype(np.float32)
    shown = [0.3 + 2.0 * said[:, 0], 0.4 - 0.5 * said[::-1, 1], dice.uniform(0.0, 0.2, 400)]
    seen: F32 = np.stack(shown, axis=1).astype(np.float32)
    found = expression.learn(said, seen, 3, ExpressionTraining(way="scaled"), seed=0)
    made = expression.predict(found, said)

    np.testing.assert_allclose(made[:, 0], seen[:, 0], atol=1e-5)
    assert abs(made[:, 1].mean() - seen[:, 1].mean()) < 1e-3 and abs(made[:, 1].std() / seen[:, 1].std() - 1.0) < 1e-2
    np.testing.assert_allclose(made[:, 2], seen[:, 2].mean(), atol=1e-5)
    far = expression.predict(found, np.full((1, 3), 9.0, np.float32))
    np.testing.assert_allclose(far[0, :2], seen.max(axis=0)[:2], atol=1e-5)
    with pytest.raises(ValueError, match="cannot be scaled"):
        expression.untrained(68, 52, 3, ExpressionTraining(way="scaled"))


def test_the_mask_reaches_below_the_jaw(actor: SyntheticActor) -> None:
    """The open mouth widens the mask downwards, and it never climbs to the eyes."""
    mask = actor.mask(0)
    rows = np.flatnonzero(mask.any(axis=1))
    marks = actor.model.landmarks(actor.model.vertices(torch.zeros(1, 80), torch.zeros(1, 52)))[0]
    still = 64 / 2 + 1.6 * 64 * marks[:, 1] / (marks[:, 2] + 0.55)
    chin, lid = (float(still[actor.model.topology.landmarks.rows(np.array([point]))[0]]) for point in (152, 145))

    assert rows.max() > chin + 3
    assert rows.min() > lid
    assert 0.1 < mask.mean() < 0.5


def test_an_open_mouth_keeps_the_rest() -> None:
    """The jaw is at 1 and lips apart whatever they were, and brows stay as they are."""
    own = np.zeros((1, 52), np.float32)
    own[0, [ARKIT_NAMES.index(name) for name in ("jawOpen", "mouthClose", "browInnerUp")]] = 0.4, 0.3, 0.6

    wide = proxy.opened(own, open_face().model)[0]

    found = {name: round(float(wide[ARKIT_NAMES.index(name)]), 5) for name in ARKIT_NAMES}
    assert {name: value for name, value in found.items() if value} == {"jawOpen": 1.0, "browInnerUp": 0.6}


def test_lips_are_as_far_apart_as_the_jaw_is_open(actor: SyntheticActor) -> None:
    """A centimetre and more at half a jaw, next to nothing at rest and with lips closed over it."""
    rows = np.zeros((3, 52), np.float32)
    rows[1:, ARKIT_NAMES.index("jawOpen")] = 0.5
    rows[2, ARKIT_NAMES.index("mouthClose")] = 0.5

    still, wide, shut = actor.aperture(rows)

    assert wide > 0.010
    assert max(still, shut) < 0.004


def test_the_region_holds_every_mask() -> None:
    """Its square covers all masks, stays inside the picture, and puts back what it cut."""
    masks = np.zeros((2, 64, 64), np.bool_)
    masks[0, 40:60, 5:30], masks[1, 38:50, 10:36] = True, True
    region = around(masks, 32)
    picture = np.random.default_rng(2).integers(0, 255, (64, 64, 3)).astype(np.uint8)
    exact = Region(region.left, region.top, region.side, region.side)
    back = exact.put(exact.cut(picture), 64)

    inside = np.s_[region.top : region.top + region.side, region.left : region.left + region.side]
    assert masks[:, inside[0], inside[1]].sum() == masks.sum()
    assert np.array_equal(back[inside], picture[inside])
    assert region.cut(picture).shape == (32, 32, 3)


@pytest.mark.parametrize("ends", ["black", "held"])
def test_rendering_in_a_stream_is_rendering_the_windows(ends: Ends) -> None:
    """Frame by frame it gives what the stacked windows of training give, at the ends too."""
    generator = UNet(15, 3, UNetSize(2, 4, False, 0.0, "group")).eval()
    drawn = np.random.default_rng(3).integers(0, 255, (6, 8, 8, 3)).astype(np.uint8)
    with torch.inference_mode():
        slow = as_pictures(generator(renderer.window(drawn, np.arange(6), 2, ends)))

    assert np.array_equal(np.stack(list(renderer.rendered(generator, iter(drawn), 2, ends))), slow)
    assert list(renderer.rendered(generator, iter(()), 2, ends)) == []


def test_a_generator_that_adds_begins_near_its_middle_drawing() -> None:
    """It adds to the middle one of its drawings, and stays within -1 and 1."""
    generator = renderer.Generator(replace(read_settings("tiny"), out="added", radius=1))
    windows = torch.rand(2, 9, 32, 32) * 2.0 - 1.0
    made = generator(windows)

    assert (made - windows[:, 3:6]).abs().mean() < 0.1 < (made - windows[:, :3]).abs().mean()
    assert made.abs().max() <= 1.0


def test_pairs_are_moved_alike() -> None:
    """A picture and its window go the same way, never far; without jitter nothing moves."""
    ramp = torch.linspace(-0.5, 0.5, 64).expand(6, 3, 64, 64)
    real = ramp + 0.1
    dice = np.random.default_rng(3)
    moved, picture = renderer.jittered(torch.cat([ramp, ramp.transpose(2, 3)], dim=1), real, 1.0, dice)

    assert (moved[:, :3] + 0.1 - picture).abs().max() < 1e-5
    inside = moved[:, 0, 24:40, 24:40].mean(dim=(1, 2))
    assert 0.0 < inside.abs().max() < 0.15 and (moved[:, :3] - ramp).abs().mean() > 0.01
    across = moved[:, 0, 32, 40] - moved[:, 0, 32, 24]
    assert (across < 0).any() and (across > 0).any()
    assert renderer.jittered(ramp, real, 0.0, dice) == (ramp, real)


def test_the_renderer_comes_nearer_to_the_pictures(actor: SyntheticActor, trained: TrainedAudioDvp) -> None:
    """On frames it has not seen, the trained renderer beats the bare drawing, and leaves all else alone."""
    frames = np.arange(LEARNT, N_FRAMES)
    real = actor.frames(LEARNT, N_FRAMES).astype(np.float64)
    ours = np.stack(list(perform(actor, trained, actor.expression[frames], frames)))
    bare = np.stack(list(perform(actor, trained, actor.expression[frames], frames, neural=False)))
    masks = np.stack([actor.mask(int(t)) for t in frames])

    assert np.array_equal(ours[~masks], real.astype(np.uint8)[~masks])
    assert np.abs(ours[masks] - real[masks]).mean() < np.abs(bare[masks] - real[masks]).mean()


@pytest.mark.parametrize("first", [1, 4, LEARNT])
def test_a_film_may_begin_anywhere(actor: SyntheticActor, trained: TrainedAudioDvp, first: int) -> None:
    """Pictures from one on are those that a film from its beginning has there."""
    frames = np.arange(N_FRAMES)
    whole = np.stack(list(perform(actor, trained, actor.expression[frames], frames)))
    rest = np.stack(list(perform(actor, trained, actor.expression[frames], frames, first=first)))
    assert np.array_equal(rest, whole[first:])


def test_a_training_killed_between_its_networks_ends_alike(
    actor: SyntheticActor, features: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed when the generator is written and its discriminator is not, it ends at the bits of one go."""
    settings = read_settings("tiny")
    save = checkpoint.save
    seen = list[str]()

    def mortal(folder: Path, name: str, *rest: object) -> None:
        seen.append(name)
        if seen.count("critic") == 2:
            raise KeyboardInterrupt
        save(folder, name, *rest)  # type: ignore[arg-type]

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(checkpoint, "save", mortal)
        train(actor, features, "made up", settings, tmp_path / "twice", LEARNT)
    assert seen.count("generator") == 2
    resumed = train(actor, features, "made up", settings, tmp_path / "twice", LEARNT)
    once = train(actor, features, "made up", settings, tmp_path / "once", LEARNT)
    for name, weight in once.generator.state_dict().items():
        assert torch.equal(weight, resumed.generator.state_dict()[name]), name
    assert len(list((tmp_path / "twice" / "previews").glob("*.png"))) == 2


def test_a_folder_of_another_training_is_left_alone(
    actor: SyntheticActor, features: np.ndarray, tmp_path: Path
) -> None:
    """Other settings on the same folder are refused, as is a folder without a training."""
    settings = replace(read_settings("tiny"), renderer=replace(read_settings("tiny").renderer, epochs=1))
    train(actor, features, "made up", settings, tmp_path, LEARNT)

    with pytest.raises(PortraitError, match="other settings"):
        train(actor, features, "made up", replace(settings, seed=1), tmp_path, LEARNT)
    with pytest.raises(PortraitError, match="no training"):
        read_trained(tmp_path / "nowhere")


def test_too_short_a_clip_is_refused(actor: SyntheticActor, features: np.ndarray, tmp_path: Path) -> None:
    """Three frames of sound are too few to learn from."""
    with pytest.raises(PortraitError, match="3 frames"):
        train(actor, features[:3], "made up", read_settings("tiny"), tmp_path / "run")


def test_evaluation_compares_like_table_3(actor: SyntheticActor, trained: TrainedAudioDvp) -> None:
    """The renderer scores above the bare drawing, and lips that are told late are found to be late."""
    late = np.concatenate([actor.expression[:1], actor.expression[:-1]])
    jaw = ARKIT_NAMES.index("jawOpen")

    scores = evaluation.evaluate(
        actor, trained, late, lambda rows: np.asarray(rows[:, jaw]), np.arange(LEARNT, N_FRAMES)
    )

    assert scores.n_frames == N_FRAMES - LEARNT
    assert scores.bare.mask_difference > scores.ours.mask_difference > scores.given.mask_difference
    assert scores.ours.ssim > scores.bare.ssim
    assert scores.lips.lag_frames == 1 and scores.lips.best > 0.99 and scores.real_flicker > 0.0


def test_a_late_sound_is_put_in_step(actor: SyntheticActor) -> None:
    """Lips that follow two frames late are found to, and brought forward; the end is held."""
    jaw = ARKIT_NAMES.index("jawOpen")
    late = np.concatenate([actor.expression[:1], actor.expression[:1], actor.expression[:-2]])
    found = evaluation.sound_late(actor, late, lambda rows: np.asarray(rows[:, jaw]), LEARNT)

    assert found == 2
    np.testing.assert_array_equal(lips.in_step(late, found)[:-2], actor.expression[:-2])
    np.testing.assert_array_equal(lips.in_step(late, found)[-2:], late[[-1, -1]])


def test_evaluation_needs_frames(actor: SyntheticActor, trained: TrainedAudioDvp) -> None:
    """A training on every frame leaves none to evaluate on, which is told."""
    with pytest.raises(PortraitError, match="no frame is left"):
        evaluation.evaluate(actor, trained, actor.expression, lambda rows: rows[:, 0], np.arange(0))


def test_a_take_drives_the_face() -> None:
    """Rig curves become the model's ARKit weights, at the video's rate."""
    weights = np.zeros((60, 52), np.float32)
    jaw = ARKIT_NAMES.index("jawOpen")
    weights[:, jaw] = np.linspace(0.0, 0.8, 60)
    take = Take(rig.arkit.from_arkit(weights), Fraction(60))

    driven = from_take(take, RATE, open_face().model)

    assert np.allclose(driven[:, jaw], np.arange(len(driven)) / 25.0 * 60.0 / 59.0 * 0.8, atol=2e-3)
    assert np.abs(np.delete(driven, jaw, axis=1)).max() < 0.02


def test_a_sound_is_heard_as_its_take(tiny_model: Path, tmp_path: Path) -> None:
    """What is heard is the generated take's expression on the face model, without blinks."""
    import soundfile

    models = inference.load(tiny_model)
    face = open_face().model
    soundfile.write(tmp_path / "a.wav", np.random.default_rng(4).normal(0, 0.1, 16_000), 16_000)
    said = render.heard(tmp_path / "a.wav", RATE, "take", face, models)
    take = generate(tmp_path / "a.wav", GenerateOptions(blink=False, gaze=False, head=False), models).take

    np.testing.assert_array_equal(said, from_take(take, RATE, face))
    assert abs(len(said) - 25) <= 1 and said.std() > 0.0


def test_sound_is_heard_as_visemes_and_arkit_weights(tiny_model: Path, tmp_path: Path) -> None:
    """A second of sound gives a row a frame, of probabilities and weights."""
    import soundfile

    models = inference.load(tiny_model)
    soundfile.write(tmp_path / "a.wav", np.random.default_rng(4).normal(0, 0.1, 16_000), 16_000)
    heard = audio_features.hear(audio.read(tmp_path / "a.wav"), RATE, "speech_mel", models)

    assert heard.shape == (25, audio_features.WIDTHS["speech_mel"])
    assert np.allclose(heard[:, :16].sum(axis=1), 1.0, atol=1e-4)
    assert heard[:, 16:68].min() >= 0.0 and heard[:, 16:68].max() <= 1.0
