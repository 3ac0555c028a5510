"""An approved take to another recording, with the models that ship."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
import soxr

from facetake import inference, mouth, phrases, rig
from facetake.emotion import EMOTIONS
from facetake.generate import GenerateOptions, generate
from facetake.inference import Models
from facetake.localise import LocaliseOptions, emotion_of, localise
from facetake.localise.matching import Match, match
from facetake.postprocess import lip_closure
from facetake.take import Take, resample

LINE = Path(__file__).parents[3] / "examples" / "line.wav"
UPPER = rig.region_mask("upper")
LIPS = rig.region_mask("mouth", "jaw", "teeth", "tongue")


@pytest.fixture(scope="module")
def models() -> Models:
    """The models that ship."""
    return inference.load(None, 1)


@pytest.fixture(scope="module")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A line of three phrases, and three of other words, lengths and pauses in its place."""
    folder = tmp_path_factory.mktemp("sounds")
    sound, rate = sf.read(LINE, dtype="float32")
    words = [sound[round(a * rate) : round(b * rate)] for a, b in ((0.45, 1.9), (2.4, 4.4), (4.4, 5.45))]
    others = [
        soxr.resample(word[::-1], rate, rate * factor) for word, factor in zip(words, (1.2, 0.9, 1.3), strict=True)
    ]
    for name, parts, pause in (("line", words, 0.6), ("other", others, 0.45)):
        silence = np.random.default_rng(0).normal(0, 1e-4, round(pause * rate)).astype(np.float32)
        sf.write(
            folder / f"{name}.wav", np.concatenate([silence, *(p for part in parts for p in (part, silence))]), rate
        )
    return folder / "line.wav", folder / "other.wav"


@pytest.fixture(scope="module")
def take(sounds: tuple[Path, Path], models: Models) -> Take:
    """The line's take, happy."""
    return generate(sounds[0], GenerateOptions("happy:0.7"), models).take


def test_phrases_are_heard_where_they_are(sounds: tuple[Path, Path], models: Models) -> None:
    """Three phrases with pauses between are found, by ear to a twentieth of a second."""
    found = phrases.heard(sounds[0], models.ear).found

    assert [one.start_s for one in found] == pytest.approx([0.6, 2.65, 5.25], abs=0.1)
    assert [one.end_s for one in found] == pytest.approx([2.05, 4.65, 6.3], abs=0.15)


def test_the_same_line_gives_the_take_back(take: Take, sounds: tuple[Path, Path], models: Models) -> None:
    """Localised to its own sound a take keeps its face: nothing of brows, eyes and head moves elsewhere."""
    made = localise(take, sounds[0], LocaliseOptions(sounds[0]), models)

    assert np.abs(made.take.values[:, UPPER] - take.values[:, UPPER]).max() < 1e-3
    assert made.take.head is not None and take.head is not None
    assert np.abs(made.take.head - take.head).max() < 1e-2
    assert np.array_equal(made.take.values[:, LIPS], take.values[:, LIPS])
    assert made.report.told == ()


@pytest.mark.parametrize("by_ear", [True, False])
def test_lips_are_the_lines_and_the_face_is_the_takes(
    take: Take, sounds: tuple[Path, Path], models: Models, by_ear: bool
) -> None:
    """Lips are to the byte those of the line alone in the take's emotion; brows and head follow the take in its map."""
    made = localise(take, sounds[1], LocaliseOptions(sounds[0] if by_ear else None), models)
    alone = generate(sounds[1], GenerateOptions("happy:0.7"), models)

    assert np.array_equal(made.take.values[:, LIPS], alone.take.values[:, LIPS])
    assert not lip_closure.check_seals(made.take.values, alone.closures)
    at_s = made.time_map.at(made.take.times_s)
    brow = rig.columns("L_brow_raiseIn", "L_brow_down", "R_brow_lateral")
    for column in brow:
        kept = np.interp(at_s, take.times_s, take.values[:, column])
        assert np.corrcoef(kept, made.take.values[:, column])[0, 1] > 0.97
    assert made.take.n_frames == alone.take.n_frames and made.take.rate == take.rate


def test_phrases_fall_on_their_partners(take: Take, sounds: tuple[Path, Path], models: Models) -> None:
    """Each phrase of the line shows the phrase of the take that belongs to it."""
    made = localise(take, sounds[1], LocaliseOptions(sounds[0]), models)

    assert len(made.report.fits) == 3
    for one in made.report.fits:
        assert one.take_s and one.line_s and one.stretch
        assert made.time_map.at(np.array(one.line_s)) == pytest.approx(one.take_s, abs=1e-6)
    assert [round(one.stretch or 0, 1) for one in made.report.fits] == pytest.approx([1.2, 0.9, 1.3], abs=0.15)


def test_the_same_input_gives_the_same_take(take: Take, sounds: tuple[Path, Path], models: Models) -> None:
    """Nothing is drawn anew: two runs are the same, byte for byte, and so is what is noted of them."""
    one, other = (localise(take, sounds[1], LocaliseOptions(sounds[0]), models).take for _ in range(2))

    assert one.values.tobytes() == other.values.tobytes() and one.origin == other.origin
    assert one.origin["made_by"] == "facetake localise" and one.origin["parent"] == take.origin
    assert one.origin["emotion"] == "as in the take"


@pytest.mark.parametrize("rate", [Fraction(24000, 1001), Fraction(30)])
def test_the_takes_rate_stays(take: Take, sounds: tuple[Path, Path], models: Models, rate: Fraction) -> None:
    """A take of film or television stays one, its lips closed where they have to."""
    made = localise(resample(take, rate), sounds[1], LocaliseOptions(sounds[0]), models)

    assert made.take.rate == rate
    assert not lip_closure.check_seals(made.take.values, made.performance.closures, float(rate))


def test_a_take_without_a_head_or_a_past_has_none(take: Take, sounds: tuple[Path, Path], models: Models) -> None:
    """What was keyed by hand tells no emotion, which is said, and gets no head that it had not."""
    made = localise(replace(take, head=None, origin={}), sounds[1], LocaliseOptions(), models)

    assert made.take.head is None
    assert "does not tell its emotion" in made.report.told[0]


SENTENCES = {
    "en": "The gate is closed. Nobody passes before the sun is up, not even you, my lord. Go home! Tomorrow we will "
    "talk about the horses and the men you have lost.",
    "de": "Das Tor ist geschlossen. Niemand kommt hier durch, bevor die Sonne aufgegangen ist, nicht einmal Ihr, mein "
    "Herr. Geht nach Hause! Morgen werden wir über die Pferde und die Männer reden, die Ihr verloren habt.",
    "fr": "La porte est fermée. Personne ne passe avant le lever du soleil, pas même vous, monseigneur. Rentrez chez "
    "vous! Demain nous parlerons des chevaux et des hommes que vous avez perdus.",
    "es": "La puerta está cerrada. Nadie pasa antes de que salga el sol, ni siquiera usted, mi señor. ¡Váyase a casa! "
    "Mañana hablaremos de los caballos y de los hombres que ha perdido.",
}


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="speaking a translation needs espeak-ng")
@pytest.mark.parametrize("language", ["de", "fr", "es"])
def test_each_sentence_finds_its_translation(models: Models, tmp_path: Path, language: str) -> None:
    """Of one text in two languages, sentence falls on sentence."""
    found = []
    for one in ("en", language):
        path = tmp_path / f"{one}.wav"
        subprocess.run(["espeak-ng", "-v", one, "-w", str(path), SENTENCES[one]], check=True)
        found.append(phrases.heard(path, models.ear).found)

    assert match(*found) == tuple(Match((n, n + 1), (n, n + 1)) for n in range(4))


@pytest.mark.parametrize("which", ["take", "line", "both"])
def test_where_nobody_speaks_the_face_is_stretched(
    take: Take, sounds: tuple[Path, Path], models: Models, tmp_path: Path, which: str
) -> None:
    """A silent line or a mouth that never moves is told, and the face covers the whole."""
    quiet = tmp_path / "quiet.wav"
    sf.write(quiet, np.zeros(64_000), 16_000)
    still = replace(take, values=np.tile(rig.NEUTRAL, (take.n_frames, 1)))
    made = localise(
        take if which == "line" else still, sounds[1] if which == "take" else quiet, LocaliseOptions(), models
    )

    assert "never speaks" in " ".join(made.report.told)
    if which != "take":
        assert mouth.aperture(made.take.values).max() < 0.05


def test_a_single_frame_is_held(sounds: tuple[Path, Path], models: Models) -> None:
    """A pose is a face too: it is held over the line."""
    pose = np.tile(rig.NEUTRAL, (1, 1))
    pose[:, rig.columns("L_brow_raiseIn")] = 0.5
    made = localise(Take(pose, Fraction(60)), sounds[1], LocaliseOptions(), models)

    assert np.allclose(made.take.values[:, rig.columns("L_brow_raiseIn")], 0.5)


def test_another_original_is_told(take: Take, sounds: tuple[Path, Path], models: Models) -> None:
    """A recording that the take was not made from is used, and named."""
    made = localise(take, sounds[1], LocaliseOptions(sounds[1]), models)

    assert made.report.told[0] == "other.wav is not the sound that the take was made from"


@pytest.mark.parametrize(
    ("origin", "emotion", "weight"),
    [
        ({"emotion": "sad:0.4"}, "sad", 0.4),
        ({"emotion": "happy:0.5+fear:0.25"}, "fear", 0.25),
        ({"style": {"angry": 0.6}, "only": [], "parent": {"emotion": "sad"}}, "angry", 0.6),
        ({"made_by": "facetake convert", "parent": {"emotion": "surprise"}}, "surprise", 1.0),
        ({"emotion": "auto", "heard": {"cues": ["0.00 sad:0.5", "2.00 neutral"]}}, "sad", 0.5),
    ],
)
def test_an_origin_tells_the_emotion(origin: dict[str, object], emotion: str, weight: float) -> None:
    """Written out, blended, restyled, inherited or heard: the emotion of a take is known."""
    track = emotion_of(origin)

    assert track is not None and track.sample(np.zeros(1))[0, EMOTIONS.index(emotion)] == pytest.approx(weight)


@pytest.mark.parametrize("origin", [{}, {"emotion": "mood.txt"}, {"emotion": "happy:9"}, {"heard": {"cues": ["x"]}}])
def test_what_an_origin_does_not_tell_is_none(origin: dict[str, object]) -> None:
    """A file of cues that is elsewhere, or words of somebody else, are no emotion and no crash."""
    assert emotion_of(origin) is None
