"""Tests of the labelling of real speech: times against a synthesiser's own, resuming, and what it refuses."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from facetake.audio import SAMPLE_RATE_HZ, read
from facetake.errors import AudioError, ConfigError
from facetake.phones import PHONES, base, from_festival, viseme_of
from facetake_training.align import LabelledLine, Labeller, SpeechSet, label_folder
from facetake_training.align.engine import PhoneSegment
from facetake_training.align.lexicon import Lexicon, words_of
from facetake_training.align.line import DOUBTED, agreements
from facetake_training.align.orders import write_transcripts

pytest.importorskip("pocketsphinx", reason="pocketsphinx is not installed: pip install 'facetake[train]'")

SENTENCE = "Before the boat could move, a very small bird came to visit my garden."


@pytest.fixture(scope="session", autouse=True)
def espeak() -> None:
    """Skip where the program that gives pronunciations is missing."""
    if shutil.which("espeak-ng") is None:
        pytest.skip("espeak-ng is not installed: apt-get install espeak-ng")


@pytest.fixture(scope="session")
def labeller() -> Labeller:
    """Load the English recognisers once."""
    return Labeller("en")


@pytest.fixture(scope="session")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Speak the sentence with flite; the exact phone times lie beside it as JSON."""
    if shutil.which("flite") is None:
        pytest.skip("flite is not installed: apt-get install flite")
    wav = tmp_path_factory.mktemp("flite") / "line.wav"
    command = ["flite", "-voice", "slt", "-psdur", "-t", SENTENCE, "-o", str(wav)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    ends = [(from_festival(name), float(end)) for name, end in re.findall(r"(\S+):([\d.]+)", told)]
    wav.with_suffix(".json").write_text(json.dumps(ends))
    return wav


def folder_of(spoken: Path, folder: Path, names: str) -> SpeechSet:
    """Make a set with a recording, and the transcript, for each letter of `names`."""
    folder.mkdir()
    for name in names:
        shutil.copy(spoken, folder / f"{name}.wav")
    texts = folder / "texts.tsv"
    texts.write_text("".join(f"{name}\t{SENTENCE}\n" for name in names))
    return SpeechSet(folder, "slt", transcripts=texts, licence="BSD", valid=1)


def test_boundaries_agree_with_the_synthesiser(spoken: Path, labeller: Labeller) -> None:
    """On flite speech the phones lie where flite put them: the median boundary is within 40 ms."""
    line = labeller.label(read(spoken), SENTENCE)
    assert isinstance(line, LabelledLine)
    exact: list[tuple[str, float]] = json.loads(spoken.with_suffix(".json").read_text())
    times_s = np.arange(0, exact[-1][1], 0.005)
    ends = np.array([end for _, end in exact])
    truth = [viseme_of(base(exact[i][0])) for i in np.searchsorted(ends, times_s).clip(0, len(exact) - 1)]
    found_ends = np.array([end for _, _, end, _ in line.phones])
    places = np.searchsorted(found_ends, times_s).clip(0, len(line.phones) - 1)
    found = [viseme_of(base(line.phones[i][0])) for i in places]
    assert np.mean(np.array(truth) == np.array(found)) > 0.75
    nearest = [np.abs(found_ends - end).min() for end in ends]
    assert np.median(nearest) < 0.04


def test_a_labelled_line_covers_the_audio_without_gaps(spoken: Path, labeller: Labeller) -> None:
    """Phones follow each other from zero to the end, all of the alphabet, all fully trusted for a known text."""
    samples = read(spoken)
    line = labeller.label(samples, SENTENCE)
    assert isinstance(line, LabelledLine)
    starts = [start for _, start, _, _ in line.phones]
    ends = [end for _, _, end, _ in line.phones]
    assert starts[0] == 0
    assert starts[1:] == ends[:-1]
    assert ends[-1] == pytest.approx(len(samples) / SAMPLE_RATE_HZ, abs=1e-3)
    assert {base(phone) for phone, *_ in line.phones} <= set(PHONES)
    assert np.mean([trust for *_, trust in line.phones]) > 0.9


def test_speech_without_text_is_recognised(spoken: Path, labeller: Labeller) -> None:
    """Without a transcript most of the words are heard, and doubt shows as a trust below one."""
    line = labeller.label(read(spoken), None)
    assert isinstance(line, LabelledLine)
    assert len(set(line.text.split()) & set(" ".join(words[0][0] for words in words_of(SENTENCE)).split())) > 6
    assert {trust for *_, trust in line.phones} != {1.0}
    assert min(trust for *_, trust in line.phones) >= DOUBTED


def test_the_option_that_was_said_is_chosen(spoken: Path, labeller: Labeller) -> None:
    """Of the alternatives in a transcript the text keeps those that the audio has."""
    text = "{after|before the} {ship|boat} could move {very slowly|} a very small {bird|dog} came to visit my garden"
    line = labeller.label(read(spoken), text)
    assert isinstance(line, LabelledLine)
    assert line.text == "before the boat could move a very small bird came to visit my garden"


def test_a_wrong_text_is_refused(spoken: Path, labeller: Labeller) -> None:
    """A line whose words were not said is not labelled, and the reason quotes it."""
    reason = labeller.label(read(spoken), "Yes, of course. " * 40)
    assert isinstance(reason, str)
    assert "yes" in reason.lower()


@pytest.mark.parametrize("seconds", [0.05, 2.0])
def test_silence_is_refused(labeller: Labeller, seconds: float) -> None:
    """Audio too short or silent gives a reason and no labels."""
    reason = labeller.label(np.zeros(int(seconds * SAMPLE_RATE_HZ), np.float32), "hello")
    assert isinstance(reason, str)


def test_german_vowels_keep_their_rounding() -> None:
    """The front rounded vowels, which English lacks, reach the labels as UY and OE."""
    tokens = [token for slot in Lexicon("de").slots("Bücher schön") for token in slot[0]]
    assert "UY1" in tokens
    assert "OE1" in tokens


def test_stress_comes_with_english_pronunciations() -> None:
    """Vowels of dictionary words carry a stress digit; a function word is unstressed."""
    slots = Lexicon("en").slots("the banana")
    assert set(slots[0]) == {("DH", "AH0"), ("DH", "IY0")}
    assert slots[1][0] == ("B", "AH0", "N", "AE1", "N", "AH0")


def test_agreement_is_one_for_the_same_and_low_for_other_phones() -> None:
    """A segment that both recognisers hear is agreed on; one that the other hears as another mouth shape is not."""
    mine = [PhoneSegment("AA1", 0.0, 0.3, 0.0), PhoneSegment("M", 0.3, 0.6, 0.0)]
    heard = [PhoneSegment("AA", 0.0, 0.3, 0.0), PhoneSegment("S", 0.3, 0.6, 0.0)]
    assert agreements(mine, mine) == [1.0, 1.0]
    assert agreements(mine, heard)[0] == 1.0
    assert agreements(mine, heard)[1] < 0.2


def test_a_folder_resumes_where_it_stopped(spoken: Path, tmp_path: Path) -> None:
    """After an interruption, even in the middle of a row, only the missing recordings are labelled again."""
    speech = folder_of(spoken, tmp_path / "in", "abc")
    out = tmp_path / "out"
    rows = list(label_folder(speech, out))
    assert [row["id"] for row in rows] == ["slt/a", "slt/b", "slt/c"]
    assert sorted(row["split"] for row in rows) == ["train", "train", "valid"]
    assert all((out / row["audio"]).is_file() for row in rows)
    written = "".join(json.dumps(row) + "\n" for row in rows)
    (out / "lines.jsonl").write_text(written[: len(written) - 20])
    again = list(label_folder(speech, out))
    assert again == rows[2:]


def test_a_recording_without_a_transcript_is_recognised(spoken: Path, tmp_path: Path) -> None:
    """Transcripts may be known of some recordings only."""
    speech = folder_of(spoken, tmp_path / "in", "a")
    out = tmp_path / "out"
    shutil.copy(spoken, speech.folder / "c.wav")

    assert [row["id"] for row in label_folder(speech, out)] == ["slt/a", "slt/c"]


def test_what_fails_is_noted_once(spoken: Path, tmp_path: Path) -> None:
    """A damaged file and one with an empty transcript are noted with a reason and not tried again."""
    speech = folder_of(spoken, tmp_path / "in", "a")
    out = tmp_path / "out"
    (speech.folder / "b.wav").write_bytes(b"not a sound")
    shutil.copy(spoken, speech.folder / "c.wav")
    assert speech.transcripts is not None
    with speech.transcripts.open("a") as file:
        file.write("c\t\n")
    assert [row["id"] for row in label_folder(speech, out)] == ["slt/a"]
    failed = [json.loads(line) for line in (out / "failed.jsonl").read_text().splitlines()]
    assert [row["id"] for row in failed] == ["slt/b", "slt/c"]
    assert "transcript" in failed[1]["reason"]
    (out / "lines.jsonl").write_text('{"id": "slt/a"}\n')
    assert list(label_folder(speech, out)) == []
    assert len((out / "failed.jsonl").read_text().splitlines()) == 2


def test_a_folder_without_recordings_is_refused(tmp_path: Path) -> None:
    """An empty folder and one that is not there are errors that name the folder."""
    for folder, error in ((tmp_path, AudioError), (tmp_path / "nowhere", ConfigError)):
        with pytest.raises(error, match=re.escape(str(folder))):
            list(label_folder(SpeechSet(folder, "none"), tmp_path / "out"))


def test_bad_configurations_are_refused(spoken: Path, tmp_path: Path) -> None:
    """A transcript without tabs or of no file, an unknown language and too many held out are told apart."""
    folder = tmp_path / "in"
    folder_of(spoken, folder, "ab")
    prose = tmp_path / "prose.tsv"
    prose.write_text("a sentence without a tab\n")
    bad = {
        "no tab": SpeechSet(folder, "x", transcripts=prose),
        "cannot read": SpeechSet(folder, "x", transcripts=tmp_path / "none.tsv"),
        "language 'xx'": SpeechSet(folder, "x", language="xx"),
        "valid = 2": SpeechSet(folder, "x", valid=2),
    }
    for words, speech in bad.items():
        with pytest.raises(ConfigError, match=words):
            list(label_folder(speech, tmp_path / "out"))


def test_an_order_becomes_a_transcript_with_its_open_places(tmp_path: Path) -> None:
    """Labels of an order give every order of its words, and labels of another kind are refused."""
    slots = {"size": "small", "roast": " dark roast", "coffeeDrink": "latte", "milkAmount": "some milk"}
    labels = tmp_path / "label.json"
    out = tmp_path / "texts.tsv"
    labels.write_text(json.dumps({"x.wav": {"intent": "orderDrink", "slots": slots}}))
    assert write_transcripts(labels, out) == 1
    name, _, text = out.read_text().strip().partition("\t")
    assert name == "x"
    assert text.endswith("{a|an|} {small dark roast|dark roast small} latte with some milk {please|}")
    labels.write_text('["x.wav"]')
    with pytest.raises(ConfigError, match=r"label\.json"):
        write_transcripts(labels, out)


def test_digital_silence_draws_no_words(spoken: Path, labeller: Labeller) -> None:
    """Two seconds of zeros before a line stay silent in its labels."""
    samples = np.pad(read(spoken), (2 * SAMPLE_RATE_HZ, 0))
    line = labeller.label(samples, SENTENCE)
    assert isinstance(line, LabelledLine)
    early = [phone for phone, start, _, trust in line.phones if start < 1.9 and trust > DOUBTED]
    assert early == ["SIL"]
