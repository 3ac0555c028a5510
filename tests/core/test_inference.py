"""Verified models and their windows over sound of any length."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from facetake import cli, inference, rig
from facetake.arrays import F32
from facetake.emotion import EMOTIONS
from facetake.errors import ModelError, Notice
from facetake.files import hash_of
from facetake.inference import AudioToRig, Ear, verified
from facetake.inference.verified import Opened


def echoing_ear() -> Ear:
    """An ear whose one feature is the mean level of each frame."""

    def run(audio: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        count = round(audio.shape[1] * 60 / 16_000)
        edges = (np.arange(count + 1) * 16_000 + 30) // 60
        level = [audio[0, a:b].mean() if b > a else 0 for a, b in zip(edges, edges[1:], strict=False)]
        return np.array(level, np.float32)[None, :, None], np.full((1, count, 16), np.log(1 / 16), np.float32)

    return Ear(run, 1, "none")


def echoing_performer() -> AudioToRig:
    """A network whose first control is the feature and whose second is the emotion's second weight."""

    def run(features: np.ndarray, emotion: np.ndarray) -> np.ndarray:
        curves = np.zeros((1, emotion.shape[1], 174), np.float32)
        curves[0, :, 0] = features[0, :, 0]
        curves[0, :, 1] = emotion[0, :, 1]
        return curves

    return AudioToRig(run, "none")


def blocks(sound: np.ndarray, size: int) -> Iterator[np.ndarray]:
    """The sound in blocks of a size."""
    yield from np.split(sound, range(size, len(sound), size))


@pytest.mark.parametrize("n_frames", [1, 7, 29, 299, 300, 301, 540, 541, 1000])
@pytest.mark.parametrize("size", [100, 48_000])
def test_every_frame_comes_once_and_in_place(n_frames: int, size: int) -> None:
    """Windows cover the line once, in order, and each frame hears its own sound and emotion, whatever the blocks."""
    level = np.linspace(0.1, 0.9, n_frames, dtype=np.float32)
    sound = np.repeat(level, 267)[: n_frames * 16_000 // 60]

    def emotion(times_s: np.ndarray) -> np.ndarray:
        return np.stack([1 - times_s / 100, times_s / 100, *[0 * times_s] * 5], axis=1).astype(np.float32)

    whole = np.pad(sound, (0, 400))
    edges = (np.arange(n_frames + 1) * 16_000 + 30) // 60
    expected = np.array([whole[a:b].mean() for a, b in zip(edges, edges[1:], strict=False)])
    heard = echoing_ear().hear(blocks(sound, size), n_frames)
    found = list(echoing_performer().windows(heard.features, emotion))

    assert [first for first, _ in found] == list(np.cumsum([0, *[len(curves) for _, curves in found][:-1]]))
    curves = np.concatenate([curves for _, curves in found])
    assert curves.shape == (n_frames, 174)
    assert heard.features.shape == (n_frames, 1) and heard.features.dtype == np.float16
    assert np.allclose(curves[: n_frames - 2, 0], expected[: n_frames - 2], atol=1e-3)
    assert np.allclose(curves[:, 1], np.arange(n_frames) / 6000, atol=1e-5)
    assert np.allclose(heard.visemes, 1 / 16)


def test_seams_are_cross_faded() -> None:
    """Where two windows disagree, what is heard and what is performed pass from one to the other without a step."""
    heard: list[int] = []
    performed: list[int] = []

    def hear(audio: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        heard.append(audio.shape[1])
        count = round(audio.shape[1] * 60 / 16_000)
        return np.full((1, count, 2), float(len(heard)), np.float32), np.zeros((1, count, 16), np.float32)

    def perform(features: np.ndarray, emotion: np.ndarray) -> np.ndarray:
        performed.append(features.shape[1])
        return np.full((1, features.shape[1], 174), float(len(performed)), np.float32)

    features = Ear(hear, 2, "none").hear([np.zeros(160_000, np.float32)], 600).features
    flat = AudioToRig(perform, "none").windows(features, lambda t: np.zeros((len(t), 7), np.float32))
    curve = np.concatenate([curves for _, curves in flat])[:, 0]

    assert len(heard) == len(performed) == 3
    assert np.abs(np.diff(features[:, 0].astype(np.float32))).max() < 0.05
    assert np.abs(np.diff(curve)).max() < 0.05


def test_the_tiny_model_loads_and_tells_its_rest(tiny_model: Path) -> None:
    """A model folder loads; its seven rest poses are still."""
    models = inference.load(tiny_model)

    assert models.rests.shape == (7, 174)
    assert np.array_equal(models.rests[EMOTIONS.index("neutral")], rig.NEUTRAL)
    assert not np.allclose(models.rests[EMOTIONS.index("happy")], rig.NEUTRAL)
    assert np.array_equal(models.rests, inference.load(tiny_model).rests)
    assert len(models.audio2rig.sha256) == len(models.ear.sha256) == 64


def test_a_performer_of_another_ear_is_refused(tiny_model: Path, tmp_path: Path) -> None:
    """An ear that was changed after its performer was exported is not used with it."""
    onnx = pytest.importorskip("onnx")
    folder = tmp_path / "model"
    shutil.copytree(tiny_model, folder)
    model = onnx.load(folder / "ear.onnx")
    model.doc_string = "another"
    onnx.save(model, folder / "ear.onnx")
    before = inference.declarations(folder)["ear"].sha256
    table = (folder / "models.toml").read_text(encoding="utf-8")
    (folder / "models.toml").write_text(table.replace(before, hash_of(folder / "ear.onnx")), encoding="utf-8")

    with pytest.raises(ModelError, match="made for another ear; export both again"):
        inference.load(folder)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "models.toml is missing"),
        ("not toml [", "not valid TOML"),
        ("[ear]\n", "malformed"),
        ("[audio2rig]\nfile='x'\nsha256='y'\n", "declares no model named ear; export one"),  # of a former version
        ("[ear]\nfile='x.onnx'\nsha256='y'\n", "is missing"),
    ],
)
def test_broken_model_folders_are_named(tmp_path: Path, text: str | None, says: str) -> None:
    """Each way a model folder can be broken gets its sentence."""
    if text is not None:
        (tmp_path / "models.toml").write_text(text)

    with pytest.raises(ModelError, match=says):
        inference.load(tmp_path)


def test_a_folder_without_a_listener_uses_the_shipped_ones(tiny_model: Path) -> None:
    """A studio's folder that has no audio_emotion model hears moods with the shipped one and the ear that one knows."""
    models = inference.load(tiny_model)
    found = models.audio_emotion

    assert found.sha256 == inference.declarations(inference.SHIPPED)["audio_emotion"].sha256
    assert found.ear.sha256 == inference.declarations(inference.SHIPPED)["ear"].sha256 != models.ear.sha256
    assert 0.3 <= found.threshold <= 0.9
    assert found.run(found.usual[None]).sum() == pytest.approx(1.0, abs=1e-5)


def telling_ear() -> Ear:
    """The echoing ear, which tells two channels of the voice: the level and its number of frames."""
    run = echoing_ear().run

    def run_voice(audio: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        features, visemes = run(audio)
        return features, visemes, np.concatenate([features, np.ones_like(features)], axis=2)

    return Ear(run, 1, "none", run_voice, 2)


def test_shipped_networks_that_can_be_exported_again_name_the_shipped_ear() -> None:
    """Exported from its weights, what hears an emotion would be refused beside an ear that it does not name."""
    shape = json.loads((inference.SHIPPED / "audio_emotion.json").read_text("utf-8"))
    assert shape["ear_sha256"] == hash_of(inference.SHIPPED / "ear.onnx", ModelError)


@pytest.mark.parametrize("n_frames", [1, 29, 31, 300, 301, 1000])
def test_a_voice_is_summed_up_over_half_seconds(n_frames: int) -> None:
    """Each half second counts its own frames once, wherever windows join, and gives their mean and spread."""
    level = np.linspace(0.1, 0.9, n_frames, dtype=np.float32)
    sound = np.repeat(level, 267)[: n_frames * 16_000 // 60]
    heard = telling_ear().hear([sound], n_frames, with_voice=True)
    assert heard.voice is not None
    features = heard.features[:, 0].astype(np.float64)
    blocks = [features[first : first + 30] for first in range(0, n_frames, 30)]

    assert heard.voice.counts.tolist() == [len(block) for block in blocks]
    for place, block in enumerate(blocks):
        mean, one, spread, none = heard.voice.statistics(np.array([place]))
        assert (one, none) == pytest.approx((1.0, 0.0), abs=1e-3)
        assert (mean, spread) == pytest.approx((block.mean(), block.std()), abs=2e-3)
    last = heard.voice.statistics(np.arange(len(blocks)))
    assert last[0] == pytest.approx(features.mean(), abs=2e-3)


@pytest.mark.parametrize("with_voice", [False, True])
def test_lips_are_read_beside_all_else(with_voice: bool) -> None:
    """What the ear reads of the lips comes frame by frame, across windows, with the voice and without."""
    level = np.linspace(0.1, 0.9, 700, dtype=np.float32)
    told = telling_ear()
    assert told.run_voice is not None

    def reading(run: Callable[[F32], tuple[F32, ...]]) -> Callable[[F32], tuple[F32, ...]]:
        return lambda audio: (*run(audio), np.repeat(run(audio)[0], 2, axis=2))

    ear = Ear(reading(told.run), 1, "none", reading(told.run_voice), 2, reads_lips=True)
    heard = ear.hear([np.repeat(level, 267)[: 700 * 16_000 // 60]], 700, with_voice=with_voice)

    assert heard.lips is not None and heard.lips.shape == (700, 2)
    assert np.abs(heard.lips[:, 0] - heard.features[:, 0]).max() < 1e-3
    assert (heard.voice is not None) == with_voice
    assert telling_ear().hear([np.zeros(16_000, np.float32)], 60).lips is None


def ear_with_lips(folder: Path, *steps: tuple[str, str, str, str], **more: int) -> Path:
    """A folder with the shipped ear, from whose "read" steps (operation, two inputs, output) make "lips"."""
    onnx = pytest.importorskip("onnx")
    model = onnx.load(inference.SHIPPED / "ear.onnx")
    for node in model.graph.node:
        node.output[:] = ["read" if name == "lips" else name for name in node.output]
    model.graph.node.extend(onnx.helper.make_node(step[0], step[1:3], step[3:], **more) for step in steps)
    onnx.save(model, folder / "ear.onnx")
    row = f"[ear]\nfile='ear.onnx'\nsha256='{hash_of(folder / 'ear.onnx')}'\n"
    (folder / "models.toml").write_text(row, encoding="utf-8")
    return folder


def test_an_ear_that_reads_other_lips_is_refused(tmp_path: Path) -> None:
    """Lips of another width are told in one sentence, and not passed over as if the ear read none."""
    folder = ear_with_lips(tmp_path, ("Concat", "read", "read", "lips"), axis=-1)

    with pytest.raises(ModelError, match="reads 4 measures of the lips where opening and rounding are two; export"):
        inference.load_ear(folder)


def test_lips_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    """An ear whose lips are not finite stops the line in one sentence."""
    ear = inference.load_ear(ear_with_lips(tmp_path, ("Sub", "read", "read", "none"), ("Div", "none", "none", "lips")))

    with pytest.raises(ModelError, match="gives lips that are no numbers; export it again"):
        ear.hear([np.zeros(16_000, np.float32)], 60)


def test_an_ear_that_tells_no_voice_says_so() -> None:
    """An ear exported by a former version hears as ever; asked how the voice sounds, it gives one sentence."""
    sound = [np.zeros(16_000, np.float32)]

    assert echoing_ear().hear(sound, 60).voice is None
    with pytest.raises(ModelError, match="does not tell how a voice sounds; export it again"):
        echoing_ear().hear(sound, 60, with_voice=True)


@pytest.mark.parametrize("with_voice", [False, True])
def test_phones_come_beside_all_else(with_voice: bool) -> None:
    """The shipped ear tells phones in every frame of a line of several windows, and nothing else is told otherwise."""
    sound = np.random.default_rng(5).normal(0, 0.1, 16_000 * 9).astype(np.float32)
    ear = inference.load_ear(inference.SHIPPED)
    heard = ear.hear(blocks(sound, 5000), 540, with_voice=with_voice, with_phones=True)
    usual = ear.hear([sound], 540, with_voice=with_voice)

    assert heard.phones is not None and heard.phones.shape == (540, 42)
    assert np.exp(heard.phones).sum(axis=1) == pytest.approx(1.0, abs=0.1)  # seams fade in the logarithm
    assert np.array_equal(heard.features, usual.features) and np.array_equal(heard.visemes, usual.visemes)
    assert heard.lips is not None and usual.lips is not None and np.array_equal(heard.lips, usual.lips)
    assert (heard.voice is not None) == with_voice and usual.phones is None


def test_an_ear_that_tells_no_phones_says_so() -> None:
    """An ear without phones hears as ever; asked for them, it gives one sentence."""
    with pytest.raises(ModelError, match="does not tell phones; export it again"):
        echoing_ear().hear([np.zeros(16_000, np.float32)], 60, with_phones=True)


def test_an_installation_without_ears_says_so(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Models from before audio_emotion.onnx generate as ever; asked to hear, they give one sentence."""
    monkeypatch.setattr(inference.ear, "SHIPPED", tiny_model)
    models = inference.load(tiny_model)

    with pytest.raises(ModelError, match="declares no model named audio_emotion; export one"):
        _ = models.audio_emotion


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    """A file with the right hash that ONNX Runtime cannot read is refused."""
    (tmp_path / "a.onnx").write_bytes(b"junk")
    digest = hash_of(tmp_path / "a.onnx")
    (tmp_path / "models.toml").write_text(f"[ear]\nfile='a.onnx'\nsha256='{digest}'\n")

    with pytest.raises(ModelError, match="not a model"):
        inference.load(tmp_path)


class CardlessRuntime:
    """Stands for ONNX Runtime's package for cards on a machine without one: it offers what it then cannot open."""

    class InferenceSession:
        """Falls back to the processor, as the real one does."""

        def __init__(self, path: str, options: object, providers: list[str]) -> None:
            assert providers == ["CUDAExecutionProvider", "CPUExecutionProvider"]

        def get_providers(self) -> list[str]:
            """What runs."""
            return ["CPUExecutionProvider"]

    SessionOptions = onnxruntime.SessionOptions

    @staticmethod
    def get_available_providers() -> list[str]:
        """What the package was built with."""
        return ["TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"]


def test_without_a_card_the_processor_serves_and_it_is_told_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the package for cards the networks run, and the devices told are the real ones."""
    monkeypatch.setattr(verified, "_runtime", lambda: CardlessRuntime)
    with pytest.warns(Notice, match="^no NVIDIA card can be used here; the processor runs the networks$"):
        assert verified.devices() == ("CPU",)

    class Command:
        NAME = "look"
        ABOUT = "looks at devices"
        EXAMPLES = ()

        @staticmethod
        def add_arguments(parser: object) -> None: ...

        @staticmethod
        def run(_arguments: object, _report: object) -> int:
            return len({verified.devices(), verified.devices()}) - 1

    monkeypatch.setattr(cli, "COMMANDS", (Command,))
    assert cli.main(["look"]) == 0
    assert capsys.readouterr().err == (
        "facetake: warning: no NVIDIA card can be used here; the processor runs the networks\n"
    )


def test_movement_is_verified(tmp_path: Path) -> None:
    """A folder's movement is used only whole, unaltered and for this rig; a folder without one has none."""
    movement = inference.open_motion(inference.SHIPPED)
    assert movement is not None and movement.tracks.shape[1] == len(movement.modes) == len(movement.mirror)
    (tmp_path / "models.toml").write_text("", encoding="utf-8")
    assert inference.open_motion(tmp_path) is None
    whole = (inference.SHIPPED / "motion.npz").read_bytes()

    def declared(content: bytes) -> Path:
        (tmp_path / "motion.npz").write_bytes(content)
        row = f'[motion]\nfile = "motion.npz"\nsha256 = "{hash_of(tmp_path / "motion.npz")}"\n'
        (tmp_path / "models.toml").write_text(row, encoding="utf-8")
        return tmp_path

    assert inference.open_motion(declared(whole)) is not None
    (tmp_path / "motion.npz").write_bytes(whole[:-1] + b"x")
    with pytest.raises(ModelError, match="altered"):
        inference.open_motion(tmp_path)
    for damaged in (whole[:1000], b"", b"no zip at all"):
        with pytest.raises(ModelError, match="damaged"):
            inference.open_motion(declared(damaged))
    (tmp_path / "motion.npz").unlink()
    with pytest.raises(ModelError, match="missing"):
        inference.open_motion(tmp_path)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("controls", lambda a: a[::-1]),
        ("ends", lambda a: a[::-1]),
        ("modes", lambda a: a[:, :-1]),
        ("mirror", lambda a: a * 0),
        ("voice", lambda a: a[:-1]),
        ("tracks", lambda a: a * np.float16(np.nan)),
    ],
)
def test_movement_that_does_not_fit_is_refused(
    name: str, change: Callable[[np.ndarray], np.ndarray], tmp_path: Path
) -> None:
    """Arrays that do not go together, or belong to another rig, are refused in one sentence."""
    with np.load(inference.SHIPPED / "motion.npz", allow_pickle=False) as stored:
        arrays = {key: stored[key] for key in stored.files}
    np.savez(tmp_path / "motion.npz", **(arrays | {name: change(arrays[name])}))
    row = f'[motion]\nfile = "motion.npz"\nsha256 = "{hash_of(tmp_path / "motion.npz")}"\n'
    (tmp_path / "models.toml").write_text(row, encoding="utf-8")
    with pytest.raises(ModelError, match="does not fit"):
        inference.open_motion(tmp_path)


class Session:
    """What onnxruntime would give, made up."""

    def __init__(self, *made: object) -> None:
        self._made = made

    def run(self, _names: list[str], _inputs: dict[str, np.ndarray]) -> list[object]:
        """The arrays that it was made of."""
        if isinstance(self._made[0], Exception):
            raise self._made[0]
        return list(self._made)


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (np.zeros((1, 3, 174), np.float32), r"curves as float32 \(1, 3, 174\), not float32 \(1, 5, 174\)"),
        (np.zeros((5, 174), np.float32), r"float32 \(5, 174\)"),
        (np.float32(1.0), "no array"),
        (np.zeros((1, 5, 174), np.float64), "float64"),
        (np.full((1, 5, 174), np.nan, np.float32), "no numbers"),
        (np.full((1, 5, 174), np.inf, np.float32), "no numbers"),
        ([["a"]], "no array"),
        (RuntimeError("[ONNXRuntimeError]\n" + "x" * 5000), "cannot be run .*ONNXRuntimeError"),
    ],
)
def test_what_a_graph_gives_is_looked_at(made: object, says: str) -> None:
    """A graph that opens and does something else than it declares is refused where it runs, in one sentence."""
    model = Opened(Path("a.onnx"), Session(made), "1", {})
    with pytest.raises(ModelError, match=says) as caught:
        model.run({"features": np.zeros((1, 5, 4), np.float32)}, curves=(1, 5, 174))
    assert len(str(caught.value)) < 400
    whole = np.ones((1, 5, 174), np.float32)
    (found,) = Opened(Path("a.onnx"), Session(whole), "1", {}).run({}, curves=(1, 5, 174))
    assert found is whole


@pytest.mark.parametrize("name", ["controls", "ends", "mirror", "modes", "tracks", "voice"])
def test_movement_of_single_values_is_refused(name: str, tmp_path: Path) -> None:
    """An array without a length, or with numbers beyond measure, is no movement."""
    with np.load(inference.SHIPPED / "motion.npz", allow_pickle=False) as stored:
        arrays = {key: stored[key] for key in stored.files}
    others = [np.asarray(arrays[name].reshape(-1)[0])]
    if arrays[name].dtype.kind == "f":
        others.append(np.full(arrays[name].shape, 1e30, np.float32))
    for other in others:
        np.savez(tmp_path / "motion.npz", **(arrays | {name: other}))
        row = f'[motion]\nfile = "motion.npz"\nsha256 = "{hash_of(tmp_path / "motion.npz")}"\n'
        (tmp_path / "models.toml").write_text(row, encoding="utf-8")
        with pytest.raises(ModelError, match="damaged|does not fit"):
            inference.open_motion(tmp_path)
