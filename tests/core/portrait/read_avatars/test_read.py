"""READ Avatars on a made-up actor with moods: everything from clips to pictures, trained for seconds."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
import torch
from moody import moody
from numpy.typing import NDArray
from scipy import ndimage
from scipy.fft import dct

from facetake import audio, emotion, inference
from facetake.arrays import F32, U8
from facetake.errors import ConfigError, PortraitError
from facetake.networks.siren import Siren, SirenSize
from facetake.portrait import sharpening
from facetake.portrait.audio_features import log_mel
from facetake.portrait.capture.clip_list import LABELS, ActorClip, read_clips
from facetake.portrait.metrics import affect
from facetake.portrait.metrics.style import Style
from facetake.portrait.read_avatars import audio_features, audio_to_parameters, evaluation, render, training
from facetake.portrait.read_avatars.audio_to_parameters import over_time
from facetake.portrait.read_avatars.checkpoint import LEFT_OUT, SHARPENING, TrainedReadAvatars, read_trained
from facetake.portrait.read_avatars.render import perform
from facetake.portrait.read_avatars.renderer import Renderer, RendererInput
from facetake.portrait.read_avatars.settings import ParameterSize, ParameterTraining, ReadAvatarsSettings, read_settings
from facetake.portrait.read_avatars.surface import ActorSurface, open_surface, ringed
from facetake.portrait.read_avatars.training import SHARPENED, TrainingClip, train
from facetake.portrait.training.presets import PRESETS  # noqa: E402
from facetake.portrait.video.compositing import Region
from facetake.portrait.video.playback import there_and_back
from facetake.rig import ARKIT_NAMES

LINE = Path(__file__).parents[4] / "examples" / "line.wav"
MOODS = (("neutral", 1.0), ("happy", 0.5), ("happy", 1.0))
LEARNT = 12


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three clips of one actor, laid out as MEAD's are."""
    top = tmp_path_factory.mktemp("actor")
    for (name, intensity), level in zip(MOODS, ("level_1", "level_2", "level_3"), strict=True):
        moody(top / name / level / "001", name, intensity)
    return top


@pytest.fixture(scope="module")
def lessons(folder: Path, tiny_model: Path) -> list[TrainingClip]:
    """The clips as training wants them."""
    models = inference.load(tiny_model)
    return [_lesson(clip, models) for clip in read_clips(folder)[0]]


def _lesson(clip: ActorClip, models: inference.Models) -> TrainingClip:
    surface = open_surface(clip.path, "face")
    assert surface.sound is not None
    heard = (
        audio_features.cepstra(surface.sound, surface.rate),
        audio_features.phonemes(surface.sound, surface.rate, models.ear),
    )
    return TrainingClip(surface, clip.emotion, clip.intensity, clip.label, *heard, LEARNT)


@pytest.fixture(scope="module")
def trained(lessons: list[TrainingClip], tmp_path_factory: pytest.TempPathFactory) -> TrainedReadAvatars:
    """The actor learnt by the tiny preset."""
    return train(lessons, read_settings("tiny"), tmp_path_factory.mktemp("trained") / "run")


@pytest.mark.parametrize("seconds", [0.01, 2.0])
def test_cepstra_are_cosines_of_the_log_mel(seconds: float, tmp_path: Path) -> None:
    """Coefficients are an orthonormal cosine transform and slopes central differences, of a line of any length."""
    sound = audio.read(LINE)[: round(seconds * 16_000)]
    sf.write(tmp_path / "a.wav", sound, 16_000, subtype="FLOAT")
    found = audio_features.cepstra(tmp_path / "a.wav", Fraction(30))  # four steps a frame: those of the log-mel
    mel = np.concatenate(log_mel(sound))
    slow = audio_features.SCALE * dct(mel, type=2, norm="ortho", axis=1)[:, : audio_features.CEPSTRA]
    rows = np.concatenate([slow, np.gradient(slow, axis=0)], axis=1)
    steps = min(len(rows), 4 * len(found))

    assert found.shape == (max(1, round(30 * seconds)), audio_features.FEATURES)
    assert np.allclose(found.reshape(-1, 26)[1 : steps - 1], rows[1 : steps - 1], atol=1e-6)


def test_the_presets_are_valid_and_the_paper_is_the_paper(tmp_path: Path) -> None:
    """All three files fit the structs, the paper's one says what the defaults say, and impossible sides are refused."""
    assert {name: read_settings(name).radius for name in PRESETS} == {"quick": 3, "paper": 3, "tiny": 1}
    assert read_settings("paper") == ReadAvatarsSettings()
    assert ReadAvatarsSettings().inputs == 16 + 2 * 7
    (tmp_path / "own.toml").write_text("side = 100", encoding="utf-8")
    with pytest.raises(ConfigError, match="multiple of 32"):
        read_settings(str(tmp_path / "own.toml"))
    (tmp_path / "own.toml").write_text("half_window = 2", encoding="utf-8")
    with pytest.raises(ConfigError, match="half_window must be 8 or more for the 4 layers"):
        read_settings(str(tmp_path / "own.toml"))


def test_sines_are_as_fast_as_asked_and_learn_edges() -> None:
    """A small network of sines learns a square wave of a place that is far too steep for a line."""
    torch.manual_seed(0)
    network = Siren(1, 1, SirenSize(32, 2, 30.0))
    place = torch.linspace(-1.0, 1.0, 200)[:, None]
    wanted = torch.sign(torch.sin(12.0 * place))
    adam = torch.optim.Adam(network.parameters(), 1e-3)
    for _ in range(100):
        loss = (network(place) - wanted).square().mean()
        adam.zero_grad()
        torch.autograd.backward(loss)
        adam.step()

    assert float(loss.detach()) < 0.2


def test_clips_are_read_from_meads_folders(folder: Path, tmp_path: Path) -> None:
    """Emotions and levels become labels without neutral, and an emotion that Facetake lacks is told."""
    (folder / "contempt" / "level_1").mkdir(parents=True, exist_ok=True)
    clips, told = read_clips(folder)

    assert [(clip.emotion, round(clip.intensity, 2)) for clip in clips] == [
        ("happy", 0.67),
        ("happy", 1.0),
        ("neutral", 0.33),
    ]
    assert np.allclose(clips[0].label, [2 / 3, 0, 0, 0, 0, 0]) and not clips[2].label.any()
    assert len(told) == 1 and "contempt" in told[0]
    with pytest.raises(PortraitError, match="laid out like MEAD"):
        read_clips(tmp_path)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("clip,emotion\n", "must begin with the line"),
        ("clip,emotion,intensity\na,angy,1\n", 'no emotion "angy"'),
        ("clip,emotion,intensity\na,angry,2\n", "from 0 to 1"),
        ("clip,emotion,intensity\na,,1\n", "line 2"),
        ("clip,emotion,intensity\n", "names no clip"),
    ],
)
def test_wrong_lists_of_clips_are_told_by_line(tmp_path: Path, text: str, told: str) -> None:
    """A missing label, an unknown emotion and an intensity out of range are named."""
    (tmp_path / "clips.csv").write_text(text, encoding="utf-8")
    with pytest.raises(PortraitError, match=told):
        read_clips(tmp_path / "clips.csv")


def test_a_list_names_folders_beside_it(tmp_path: Path) -> None:
    """Paths in a CSV are relative to it."""
    (tmp_path / "clips.csv").write_text("clip,emotion,intensity\na/b,sad,0.25\n", encoding="utf-8")
    assert read_clips(tmp_path / "clips.csv") == ([ActorClip(tmp_path / "a/b", "sad", 0.25)], [])


def test_a_label_changes_over_time_without_a_jump() -> None:
    """Neutral is none, and between two cues a label rises evenly."""
    rows = np.stack([emotion.weights("neutral", "x"), emotion.weights("angry:0.8", "x")])
    label = over_time(emotion.EmotionTrack(np.array([0.0, 1.0]), rows), np.linspace(0.0, 1.0, 5))

    assert label.shape == (5, LABELS)
    assert np.allclose(label[:, 2], np.linspace(0.0, 0.8, 5)) and not np.delete(label, 2, axis=1).any()


def test_windows_of_phonemes_are_centred() -> None:
    """Frame t hears rows 2t - W to 2t + W - 1, and the ends are held."""
    rows = np.arange(8, dtype=np.float32)[:, None]
    assert audio_features.windows(rows, 2)[:, :, 0].tolist() == [[0, 0, 0, 1], [0, 1, 2, 3], [2, 3, 4, 5], [4, 5, 6, 7]]


def test_maps_say_where_the_surface_is_seen(lessons: list[TrainingClip]) -> None:
    """The face alone is seen, its coordinates run across it, and an opening mouth changes what is seen inside."""
    surface = lessons[0].surface
    region = lessons[0].surface.whole()
    uv, alpha, _ = surface.maps(surface.expression[0], 0, region)
    whole = ActorSurface(surface.actor, surface.model, "head").maps(surface.expression[0], 0, region)[1]
    wide = surface.maps(
        surface.expression[int(surface.expression[:, ARKIT_NAMES.index("jawOpen")].argmax())], 0, region
    )

    assert 0.05 < alpha.mean() < whole.mean() < 0.9
    assert not uv[alpha == 0].any() and np.abs(uv).max() <= 1.0
    row = np.flatnonzero(alpha.any(axis=1))[5]
    assert np.abs(np.diff(uv[row, alpha[row] > 0, 0].astype(np.float32))).max() < 1.0
    assert np.abs(wide[0].astype(np.float32) - uv).max() > 0.1


def test_texture_is_worked_out_only_where_the_face_is() -> None:
    """Elsewhere it is 0; sound changes an audio texture, all of it or what is near the lips, but not a static one."""
    size = read_settings("tiny")
    alpha = torch.zeros(1, 32, 32, dtype=torch.bool)
    alpha[:, 8:20, 8:20] = True
    lips = torch.zeros_like(alpha)
    lips[:, 16:18, 10:14] = True
    quiet = RendererInput(
        torch.rand(1, 3, 2, 32, 32), alpha, lips, alpha, torch.zeros(1, 8, 16), torch.rand(1, 3, 32, 32)
    )
    loud = replace(quiet, phonemes=torch.rand(1, 8, 16))
    static = Renderer(16, replace(size, texture="static")).eval()
    changed = {}
    for hears in ("face", "mouth"):
        audio = Renderer(16, replace(size, hears=hears)).eval()
        assert not audio.textured(quiet).permute(0, 2, 3, 1)[~alpha].any()
        changed[hears] = (audio.textured(quiet) != audio.textured(loud)).any(dim=1)

    assert torch.equal(changed["face"], alpha)
    assert changed["mouth"][lips].all() and not changed["mouth"][:, :14].any() and not changed["mouth"][:, :, 18:].any()
    assert torch.equal(static(quiet)[0], static(loud)[0])


def test_style_tells_texture_apart_and_not_equal_pictures() -> None:
    """Nothing between equal pictures, more between noise and grey than between two greys."""
    grey = torch.zeros(1, 3, 32, 32)
    noise = torch.rand(1, 3, 32, 32)
    style = Style()

    assert float(style(noise, noise)) == 0.0
    assert float(style(noise, grey)) > 10.0 * float(style(grey + 0.1, grey))


@pytest.mark.parametrize("gan", [0.0, 0.02])
def test_parameters_follow_sound_and_label(gan: float) -> None:
    """With and without the discriminator, loudness opens the mouth and intensity moves the smile, in between too."""
    dice = np.random.default_rng(0)
    clips = []
    for intensity in (0.0, 0.5, 1.0):
        features = dice.uniform(size=(60, 3)).astype(np.float32)
        label = np.zeros((60, LABELS), np.float32)
        label[:, 0] = intensity
        parameters = np.stack([features[:, 0], label[:, 0]], axis=1)
        clips.append(audio_to_parameters.SpokenClip(features, label, parameters, np.ones(len(features), np.bool_)))
    how = ParameterTraining(ParameterSize(16, 1, 1, 16, True), 60, 8, 1e-2, gan, 1.0, 20, 5)
    network = audio_to_parameters.learn(clips, how, 0)
    smiles = []
    for intensity in (0.0, 0.25, 0.5, 0.75, 1.0):
        label = np.zeros((60, LABELS), np.float32)
        label[:, 0] = intensity
        made = audio_to_parameters.predict(network, clips[0].features, label)
        smiles.append(float(made[:, 1].mean()))

    assert np.corrcoef(made[:, 0], clips[0].features[:, 0])[0, 1] > 0.8
    assert np.all(np.diff(smiles) > 0.05)


def test_training_goes_on_where_it_stopped(
    lessons: list[TrainingClip], trained: TrainedReadAvatars, tmp_path: Path
) -> None:
    """Stopped among the parameters and among the pictures, it ends at the weights of one go, with previews."""

    def halfway(stage: str, share: float) -> None:
        if stage == "parameters" and share > 0.5:
            raise KeyboardInterrupt

    def stop(epoch: int, losses: object) -> None:
        if epoch == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(lessons, read_settings("tiny"), tmp_path, halfway)
    assert len(list(tmp_path.glob("kept-generator-*"))) == 1
    with pytest.raises(KeyboardInterrupt):
        train(lessons, read_settings("tiny"), tmp_path, log=stop)
    resumed = train(lessons, read_settings("tiny"), tmp_path)

    assert not list(tmp_path.glob("kept-generator*"))
    for whole, again in ((trained.renderer, resumed.renderer), (trained.predictor, resumed.predictor)):
        for name, weight in whole.state_dict().items():
            assert torch.equal(weight, again.state_dict()[name]), name
    assert len(list((tmp_path / "previews").glob("*.png"))) == 2
    with pytest.raises(PortraitError, match="other settings"):
        train(lessons, replace(read_settings("tiny"), seed=1), tmp_path)


def test_pictures_are_sharpened_once_all_is_learnt(
    lessons: list[TrainingClip], trained: TrainedReadAvatars, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With `sharpen` the same networks come with what was found on frames that were learnt from; it changes what is
    painted and not the video around it, and is found again where its file is gone.
    """
    asked = []

    def fitted(made: torch.Tensor, real: list[U8], weights: list[F32], most: float) -> float:
        asked.append((made.shape, len(real), len(weights), most))
        return 1.5

    monkeypatch.setattr(sharpening, "fitted", fitted)
    settings = read_settings("tiny")
    settings = replace(settings, renderer=replace(settings.renderer, sharpen=3.0))
    found = train(lessons, settings, tmp_path)
    surface = lessons[0].surface
    frames = np.arange(LEARNT, 14)
    line = surface.expression[frames], lessons[0].phonemes[2 * LEARNT : 28], frames
    plain, sharp = (np.stack(list(perform(surface, each, *line))).astype(int) for each in (trained, found))

    assert (trained.sharpening, found.sharpening) == (0.0, 1.5)
    assert all(
        torch.equal(*both) for both in zip(trained.renderer.parameters(), found.renderer.parameters(), strict=True)
    )
    assert np.abs(sharp - plain).max() > 1 and np.array_equal(plain[:, :3], sharp[:, :3])
    (tmp_path / SHARPENING).unlink()
    assert read_trained(tmp_path).sharpening == 0.0
    assert train(lessons, settings, tmp_path).sharpening == train(lessons, settings, tmp_path).sharpening == 1.5
    shape = (SHARPENED, 3, settings.side, settings.side)
    assert asked == [(shape, SHARPENED, SHARPENED, 3.0)] * 2
    (tmp_path / SHARPENING).write_text('{"amount": -1}')
    with pytest.raises(PortraitError, match="sharpening.json: amount .*let `facetake portrait train` go on"):
        read_trained(tmp_path)
    with pytest.raises(ValueError, match="sharpen is 0 or more"):
        replace(settings, renderer=replace(settings.renderer, sharpen=-1.0))


def test_the_renderer_comes_nearer_to_the_pictures(lessons: list[TrainingClip], trained: TrainedReadAvatars) -> None:
    """On frames it has not seen the face is nearer to the video than a grey hole, and the rest is the video's own."""
    surface = lessons[0].surface
    frames = np.arange(LEARNT, 16)
    heard = lessons[0].phonemes[2 * LEARNT : 32]
    made = np.stack(list(perform(surface, trained, surface.expression[frames], heard, frames))).astype(float)
    real = surface.frames(LEARNT, 16)
    face = np.stack([surface.maps(surface.expression[t], int(t), surface.whole())[1] > 0 for t in frames])

    away = np.abs(made - real)[face].mean()
    assert away < 0.5 * np.abs(real[face] - real[face].mean()).mean() + 8.0
    assert np.array_equal(made[:, :3], real[:, :3])


def test_what_is_left_out_is_kept_with_the_training_and_stays_the_videos(
    lessons: list[TrainingClip], trained: TrainedReadAvatars, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Triangles found once are not drawn when it goes on, nor in films; in one of a time that had none all are."""
    surface = lessons[0].surface
    faces = surface.model.topology.faces
    upper = surface.drawn_triangles & (surface.at_rest()[faces].mean(axis=1)[:, 1] < surface.at_rest()[:, 1].mean())
    chosen = tuple(map(int, np.flatnonzero(upper)))
    monkeypatch.setattr(training, "loose_rim", lambda surfaces, counts: chosen)
    less = train(lessons, read_settings("tiny"), tmp_path)
    monkeypatch.setattr(training, "loose_rim", lambda surfaces, counts: ())
    frames = np.arange(LEARNT, 16)
    line = surface.expression[frames], lessons[0].phonemes[2 * LEARNT : 32], frames
    made = np.stack(list(perform(surface, less, *line)))
    real = surface.frames(LEARNT, 16)
    hole = np.stack([surface.without(chosen).maps(surface.expression[t], int(t), surface.whole())[1] for t in frames])
    far = ~ndimage.binary_dilation(hole > 0, np.ones((1, 3, 3), np.bool_), iterations=4)

    assert trained.left_out == () and less.left_out == chosen and 0 < len(chosen) < surface.drawn_triangles.sum()
    assert np.array_equal(made[far], real[far]) and not np.array_equal(made, real)
    assert train(lessons, read_settings("tiny"), tmp_path).left_out == chosen
    (tmp_path / LEFT_OUT).unlink()
    assert read_trained(tmp_path).left_out == ()


def test_lids_and_gaze_are_the_videos_where_sound_moves_the_face(lessons: list[TrainingClip]) -> None:
    """A face that is told from sound blinks and looks as that of the frames that it is shown in, and does all else as
    told.
    """
    filmed = lessons[0].surface
    frames = np.array([3, 4, 5, 4])
    told = 0.5 * filmed.expression[:4]
    blinks = [ARKIT_NAMES.index(name) for name in ("eyeBlinkLeft", "eyeBlinkRight")]
    shut = torch.zeros(len(filmed.expression), len(ARKIT_NAMES))
    shut[3:5, blinks] = 0.8
    with torch.no_grad():
        fit = replace(filmed.actor.fit, expression=filmed.expression + filmed.model.from_arkit(shut).numpy())
        surface = ActorSurface(replace(filmed.actor, fit=fit), filmed.model, "face")
        made = render.with_own_eyes(surface, told, frames)
        rows = made, surface.expression[frames], told
        found, own, wanted = (surface.model.to_arkit(torch.from_numpy(each)) for each in rows)

    others = [place for place in range(len(ARKIT_NAMES)) if place not in render.EYES]
    assert np.ptp(own[:, blinks[0]].numpy()) > 0.5
    assert torch.allclose(found[:, render.EYES], own[:, render.EYES], atol=1e-4)
    assert torch.allclose(found[:, others], wanted[:, others], atol=1e-4)


def test_evaluation_finds_moods_and_lips(lessons: list[TrainingClip], trained: TrainedReadAvatars) -> None:
    """With the captured line given, moods agree; scores of both rows are there and finite where mouths open."""
    lesson = lessons[1]
    line = render.DrivenExpression(lesson.surface.expression, lesson.phonemes)
    scores = evaluation.evaluate(lesson.surface, trained, line, np.arange(LEARNT))

    assert scores.affect.valence == scores.affect.arousal == 0.0
    assert scores.ours == scores.given and scores.ours.mouth > 0.0
    assert scores.real_jitter > 0.0 and scores.aperture.best > 0.99
    with pytest.raises(PortraitError, match="no frame is left"):
        evaluation.evaluate(lesson.surface, trained, line, np.arange(0))


def test_the_inside_of_a_ring_is_found() -> None:
    """A square's pixels, by their centres."""
    ring = np.array([[2, 2], [6, 2], [6, 5], [2, 5]], np.float32)
    found = ringed(ring, 8)
    assert found.sum() == 12 and found[2:5, 2:6].all()


def test_the_mouth_lies_inside_the_lips_and_they_on_the_face(lessons: list[TrainingClip]) -> None:
    """In every frame, and lips are a small part of it."""
    surface = lessons[1].surface
    for frame in range(surface.n_frames):
        face, lips = (mask > 0 for mask in surface.maps(surface.expression[frame], frame, surface.whole())[1:])
        mouth = surface.mouth(frame)
        assert not (mouth & ~lips).any() and not (lips & ~face).any()
        assert 0.005 < lips.sum() / face.sum() < 0.1


def test_moods_lie_where_faces_show_them() -> None:
    """A smile is pleasant, lowered brows are not, wide eyes arouse; the stronger, the further; distances add up."""
    rows = np.zeros((4, 52), np.float32)
    for row, name, weight in ((1, "mouthSmile", 0.5), (2, "mouthSmile", 1.0), (3, "browDown", 1.0)):
        rows[row, [ARKIT_NAMES.index(name + side) for side in ("Left", "Right")]] = weight
    found = affect.of_expression(rows)

    assert found[3, 0] < found[0, 0] == 0.0 < found[1, 0] < found[2, 0]
    moved = affect.distance(found + np.float32(0.25), found)
    assert moved.arousal == pytest.approx(0.25) and moved.valence == pytest.approx(0.25)


def test_clips_of_different_people_are_refused(lessons: list[TrainingClip], tmp_path: Path) -> None:
    """Another identity, and too few frames, are told with the folder."""
    moody(tmp_path / "other", "happy", 1.0, stretch=1.0)
    other = replace(lessons[0], surface=open_surface(tmp_path / "other", "face"))
    with pytest.raises(PortraitError, match="another face"):
        train([lessons[0], other], read_settings("tiny"), tmp_path / "run")
    about = replace(lessons[1].surface.actor.about, face_sha256="another")
    strange = ActorSurface(replace(lessons[1].surface.actor, about=about), lessons[1].surface.model, "face")
    with pytest.raises(PortraitError, match="another face model than"):
        train([lessons[0], replace(lessons[1], surface=strange)], read_settings("tiny"), tmp_path / "run")
    with pytest.raises(PortraitError, match="3 frames"):
        train([replace(lessons[0], n_frames=3)], read_settings("tiny"), tmp_path / "run")
    with pytest.raises(PortraitError, match="no training of read"):
        read_trained(tmp_path)


def test_a_turn_of_the_video_leaves_the_line_as_it_is(
    lessons: list[TrainingClip], trained: TrainedReadAvatars, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the video slows down and turns, every row of the new line is drawn once, in order, on the frame shown."""
    surface = lessons[0].surface
    maps = ActorSurface.maps
    drawn: list[tuple[F32, int]] = []

    def watched(row: F32, frame: int, region: Region) -> tuple[NDArray[np.float16], U8, U8]:
        drawn.append((row, frame))
        return maps(surface, row, frame, region)

    monkeypatch.setattr(surface, "maps", watched)
    frames = there_and_back(24, 16)
    line = np.tile(surface.expression[:1], (24, 1))
    line[:, ARKIT_NAMES.index("jawOpen")] = np.linspace(0.0, 0.5, 24)
    made = list(perform(surface, trained, line, np.zeros((48, lessons[0].phonemes.shape[1]), np.float32), frames))

    own = {row.tobytes() for row in surface.expression}
    said = [(row, frame) for row, frame in drawn if row.tobytes() not in own]
    assert len(made) == 24 and len(set(frames.tolist())) < 24
    wanted = [(row, frame) for row, frame in zip(line, frames, strict=True) if row.tobytes() not in own]
    assert [frame for _, frame in said] == [frame for _, frame in wanted] and len(wanted) >= 23
    assert np.array_equal(np.stack([row for row, _ in said]), np.stack([row for row, _ in wanted]))


@pytest.mark.parametrize("first", [1, 5, LEARNT])
def test_a_film_may_begin_anywhere(lessons: list[TrainingClip], trained: TrainedReadAvatars, first: int) -> None:
    """Pictures from one on are those that a film from its beginning has there."""
    surface = lessons[0].surface
    frames = np.arange(surface.n_frames)
    said = surface, trained, surface.expression, lessons[0].phonemes[: 2 * len(frames)], frames
    whole = np.stack(list(perform(*said)))
    assert np.array_equal(np.stack(list(perform(*said, first))), whole[first:])
