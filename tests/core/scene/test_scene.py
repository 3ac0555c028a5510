"""Scenes from recordings, with the models that ship."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
import soxr

from facetake import formats, inference, mouth, rig
from facetake.cli import main
from facetake.errors import AudioError, ConfigError
from facetake.generate import GenerateOptions, generate
from facetake.inference import Models
from facetake.scene import Scene, SceneOptions, Voice, perform, split

LINE = Path(__file__).parents[3] / "examples" / "line.wav"


@pytest.fixture(scope="module")
def models() -> Models:
    """The models that ship."""
    return inference.load(None, 1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Recordings of Anna, and of Bert, who is lower, at another rate, and says other words."""
    place = tmp_path_factory.mktemp("voices")
    sound, rate = sf.read(LINE, dtype="float32")
    anna = sound[round(0.3 * rate) : round(3.2 * rate)]
    bert = soxr.resample(sound[round(3.2 * rate) : round(5.6 * rate)][::-1], rate, rate * 1.15)
    sf.write(place / "anna.wav", anna, rate)
    sf.write(place / "bert.wav", soxr.resample(bert, rate, 22_050), 22_050)
    sf.write(place / "silence.wav", np.zeros(32_000), 16_000)
    return place


def lay(folder: Path, voices: dict[str, float], leak: float = 0.0) -> np.ndarray:
    """Recordings laid on tracks (S, N) at 16 kHz from instants on, each hearing the others a little."""
    tracks = np.random.default_rng(1).normal(0, 1e-4, (round(6.5 * 16_000), len(voices)))
    for n, (name, start_s) in enumerate(voices.items()):
        sound, rate = sf.read(folder / f"{name}.wav")
        sound = soxr.resample(sound, rate, 16_000)[: len(tracks) - round(start_s * 16_000)]
        tracks[round(start_s * 16_000) : round(start_s * 16_000) + len(sound), n] += sound
    later = np.roll(tracks, 40, axis=0)
    return np.asarray(tracks + leak * (later.sum(axis=1, keepdims=True) - later))


@pytest.fixture(scope="module")
def scene(folder: Path, models: Models) -> Scene:
    """Anna, happy, and then Bert."""
    voices = [
        Voice("anna", folder / "anna.wav", Fraction(1, 2), "happy:0.8"),
        Voice("bert", folder / "bert.wav", Fraction(37, 10)),
    ]
    return perform(voices, SceneOptions(), models)


def test_takes_are_in_step(scene: Scene, folder: Path) -> None:
    """Recordings of other lengths and rates that begin at other times become takes of one length, rate and start."""
    one, other = scene.takes

    assert (one.n_frames, one.rate, one.start) == (other.n_frames, other.rate, other.start)
    assert float(one.duration_s) == pytest.approx(3.7 + sf.info(folder / "bert.wav").duration, abs=1 / 60)
    assert [turn.who for turn in scene.talk.turns if not turn.is_backchannel][0] == 0
    assert scene.told == ()


def test_a_speakers_lips_are_those_of_the_line(scene: Scene, folder: Path, models: Models) -> None:
    """What Bert says looks as it does without a scene, later by when he begins."""
    alone = mouth.aperture(generate(folder / "bert.wav", GenerateOptions(), models).take.values)
    among = mouth.aperture(scene.takes[1].values)[round(3.7 * 60) :][: len(alone)]

    assert np.corrcoef(alone[: len(among)], among)[0, 1] > 0.9


def test_a_listeners_mouth_is_closed_and_calm(scene: Scene) -> None:
    """While the other speaks, lips touch and nearly nothing of them moves."""
    for take, rows in zip(scene.takes, (slice(round(6.0 * 60), None), slice(0, round(3.2 * 60))), strict=True):
        heard = take.values[rows]
        assert mouth.is_sealed(heard).mean() > 0.95
        assert np.abs(np.diff(mouth.aperture(heard))).max() < 0.02


def test_speakers_face_each_other(scene: Scene) -> None:
    """Anna looks to her left, Bert to his right, with eyes and head."""
    side = rig.columns("C_eye.X")[0]
    for take, sign in zip(scene.takes, (1.0, -1.0), strict=True):
        assert take.head is not None
        assert sign * np.median(take.head[:, 0]) > 8.0
        assert sign * np.median(take.values[:, side]) > 0.2


def test_a_listener_smiles_back(scene: Scene) -> None:
    """While Anna is happy, Bert smiles a little, which he does not while he speaks."""
    smile = scene.takes[1].values[:, rig.both("mouth_cornerPull")].mean(axis=1)

    assert smile[round(2.0 * 60) : round(3.0 * 60)].mean() > 0.1
    assert smile[round(5.0 * 60) : round(5.5 * 60)].mean() < 0.1


def test_the_same_scene_is_the_same(scene: Scene, models: Models) -> None:
    """Two runs give the same bytes and origins; another seed gives another performance."""
    again = perform(scene.voices, SceneOptions(), models)
    other = perform(scene.voices, SceneOptions(GenerateOptions(seed=1)), models)

    for one, same, changed in zip(scene.takes, again.takes, other.takes, strict=True):
        assert one.values.tobytes() == same.values.tobytes() and one.origin == same.origin
        assert one.values.tobytes() != changed.values.tobytes()
        assert one.origin["made_by"] == "facetake scene"


def test_a_voice_that_leaks_moves_no_other_mouth(folder: Path, models: Models, tmp_path: Path) -> None:
    """Where each microphone hears the other, fainter, each mouth moves to its own voice alone, and that is told."""
    sf.write(tmp_path / "talk.wav", lay(folder, {"anna": 0.3, "bert": 3.6}, leak=0.25), 16_000)
    voices = [Voice(path.stem, path) for path in split(tmp_path / "talk.wav", tmp_path)]
    made = perform(voices, SceneOptions(), models)

    assert [voice.name for voice in voices] == ["talk.1", "talk.2"]
    assert sum("another's voice, heard from afar" in sentence for sentence in made.told) == 2
    assert all(turn.phrase.end_s < 3.6 for turn in made.talk.turns if turn.who == 0)
    assert all(turn.phrase.start_s > 3.2 for turn in made.talk.turns if turn.who == 1)


def test_people_who_speak_at_once_both_speak(folder: Path, models: Models, tmp_path: Path) -> None:
    """An interruption is no leak: both mouths move while both speak."""
    tracks = lay(folder, {"anna": 0.3, "bert": 2.0})
    for n, name in enumerate(("one", "two")):
        sf.write(tmp_path / f"{name}.wav", tracks[:, n], 16_000)
    made = perform([Voice(name, tmp_path / f"{name}.wav") for name in ("one", "two")], SceneOptions(), models)

    assert made.talk.overlap_s > 0.5 and made.told == ()
    for take in made.takes:
        assert mouth.aperture(take.values[round(2.1 * 60) : round(3.0 * 60)]).max() > 0.1


def test_the_same_voice_twice_is_refused(folder: Path, models: Models, tmp_path: Path) -> None:
    """One recording under two names, louder or not, is told with how alike both are."""
    sound, rate = sf.read(folder / "anna.wav")
    sf.write(tmp_path / "again.wav", 0.6 * sound, rate)

    with pytest.raises(AudioError, match=r"anna and again are one voice \(correlation 1\.00\)"):
        perform([Voice("anna", folder / "anna.wav"), Voice("again", tmp_path / "again.wav")], SceneOptions(), models)


def test_who_says_nothing_listens(folder: Path, models: Models) -> None:
    """A silent recording becomes a listener throughout, with a still mouth, and that is told."""
    made = perform([Voice(name, folder / f"{name}.wav") for name in ("anna", "silence")], SceneOptions(), models)

    assert made.told == ("silence says nothing, and listens throughout",)
    assert mouth.is_sealed(made.takes[1].values).all()


@pytest.mark.parametrize("count", [0, 1, 13])
def test_too_few_or_too_many_are_refused(folder: Path, models: Models, count: int) -> None:
    """A scene of one is a line, and of a crowd several scenes."""
    with pytest.raises(ConfigError, match="a scene has 2 to 12 voices"):
        perform([Voice(str(n), folder / "anna.wav") for n in range(count)], SceneOptions(), models)


def test_a_mono_file_has_no_channels_to_split(folder: Path, tmp_path: Path) -> None:
    """One channel is one voice, which is told."""
    with pytest.raises(AudioError, match="anna.wav has 1 channel;"):
        split(folder / "anna.wav", tmp_path)


def test_the_command_writes_a_take_each(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`facetake scene` with a list writes takes called by their speakers, and who spoke when."""
    (tmp_path / "list.csv").write_text(
        f"audio;start;name;emotion\n{folder / 'anna.wav'};0,5;Anna;happy\n{folder / 'bert.wav'};3.7;Bert;\n",
        encoding="utf-8",
    )
    out = tmp_path / "takes"

    assert main(["scene", str(tmp_path / "list.csv"), "-o", str(out), "--rate", "30", "--format", "npz"]) == 0
    takes = [formats.read(out / f"{name}.npz") for name in ("Anna", "Bert")]
    assert takes[0].rate == 30 and takes[0].n_frames == takes[1].n_frames
    assert '"who": "Bert"' in (out / "scene.json").read_text(encoding="utf-8")
    assert "signs of listening" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["anna.wav"], "a scene has 2 to 12 voices, not 1"),
        (["anna.wav", "anna.wav"], "two results of"),
        (["anna.wav", "missing.wav"], "no file"),
        (["anna.wav", "bert.wav", "--channels"], "--channels takes one recording"),
        (["anna.wav", "--channels"], "has 1 channel"),
        (["anna.wav", "bert.wav", "--emotion", "glad"], "unknown emotion"),
        (["anna.wav", "bert.wav", "--start", "1", "--start", "2", "--start", "3"], "--start is given 3 times for 2"),
        (["anna.wav", "bert.wav", "--start=-1"], "is not within 0 and 7200 s"),
        (["wrong.csv"], "column 'audio' is missing"),
        (["names.csv"], "cannot be a file's"),
        (["empty.csv"], "a scene has 2 to 12 voices, not 0"),
    ],
)
def test_mistakes_are_told_in_one_sentence(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    """What does not fit together ends with 2, says what is wrong, and writes nothing."""
    for name, text in (("wrong", "name,start\na,1\n"), ("names", "audio,name\nanna.wav,../x\n"), ("empty", "audio\n")):
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    named = [str(folder / word) if word.endswith((".wav", ".csv")) else word for word in words]

    assert main(["scene", *named, "-o", str(tmp_path / "out")]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
