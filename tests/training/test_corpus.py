"""Tests of building the corpus: same lines for the same seed, going on after a stop, splits."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import soundfile

from facetake.config import load_config
from facetake.errors import ConfigError
from facetake_training.align import SpeechSet
from facetake_training.corpus import CorpusConfig, CorpusVoices, build_corpus, speaker_of, split_of
from facetake_training.corpus_files import Lines
from facetake_training.speech import engine_of

SHIPPED = Path(__file__).parents[2] / "training" / "configs" / "corpus_shipped.toml"


def small(out: Path) -> CorpusConfig:
    """Give a corpus of about 40 seconds by two voices."""
    try:
        engine_of("espeak")
    except ConfigError as error:
        pytest.skip(str(error))
    voices = (
        CorpusVoices("espeak", ("gmw/en-US", "gmw/en+f2"), hours=0.008),
        CorpusVoices("espeak", ("gmw/de",), hours=0.003, language="de", split="test"),
    )
    return CorpusConfig(out, voices, jobs=1)


def rows(folder: Path) -> list[dict[str, object]]:
    """Read a corpus's lines."""
    return [json.loads(line) for line in (folder / "lines.jsonl").read_text(encoding="utf-8").splitlines()]


def same_lines(first: Path, second: Path) -> bool:
    """Whether two corpora say the same, with the same phones at the same times to 20 ms.

    espeak carries its noise generator from line to line, so what a process said before moves a quiet boundary a little.
    """
    pairs = list(zip(rows(first), rows(second), strict=True))
    words = all(a[key] == b[key] for a, b in pairs for key in ("id", "text", "speaker", "split", "language"))
    phones = [(p, q) for a, b in pairs for p, q in zip(a["phones"], b["phones"], strict=True)]  # type: ignore[call-overload]
    return words and all(p[0] == q[0] and abs(p[1] - q[1]) < 0.02 for p, q in phones)


def test_same_config_gives_the_same_corpus_even_after_a_stop(tmp_path: Path) -> None:
    """A run cut in the middle of a line, then finished, says the same lines with the same phones."""
    whole = build_corpus(small(tmp_path / "a"))
    stopped = build_corpus(small(tmp_path / "b"))
    assert same_lines(whole, stopped)
    table = stopped / "lines.jsonl"
    lines = table.read_bytes().splitlines(keepends=True)
    cut = lines[: len(lines) // 3]
    table.write_bytes(b"".join(cut) + lines[len(cut)][:40])
    build_corpus(small(tmp_path / "b"))
    assert same_lines(whole, stopped)


def test_lines_match_their_audio_and_splits(tmp_path: Path) -> None:
    """Every row's audio exists at 16 kHz with the length it states; held-out voices are test lines only."""
    folder = build_corpus(small(tmp_path))
    found = rows(folder)
    assert {row["speaker"] for row in found} == {"espeak_en-us", "espeak_en_f2", "espeak_de"}
    for row in found:
        info = soundfile.info(folder / str(row["audio"]))
        assert (info.samplerate, info.channels) == (16_000, 1)
        assert info.frames / 16_000 == pytest.approx(row["duration_s"], abs=1e-5)
        assert row["phones"][-1][2] == pytest.approx(row["duration_s"], abs=1e-5)  # type: ignore[index]
        assert (row["split"] == "test") == (row["language"] == "de")
    seconds = sum(float(str(row["duration_s"])) for row in found if row["speaker"] == "espeak_de")
    assert 10.8 <= seconds < 40


def test_a_sentence_is_in_one_split_whoever_says_it() -> None:
    """Validation keeps whole sentences aside, about as many as asked."""
    splits = [split_of(f"Sentence {i}.", "train", 0.1) for i in range(2000)]
    assert splits == [split_of(f"Sentence {i}.", "train", 0.1) for i in range(2000)]
    assert 150 < splits.count("valid") < 250
    assert split_of("Sentence 1.", "test", 1.0) == "test"


def test_damaged_line_is_named(tmp_path: Path) -> None:
    """A broken line before the last is reported by number and not dropped in silence."""
    (tmp_path / "lines.jsonl").write_text('{"id": 1\n{"id": "a"}\n', encoding="utf-8")
    with pytest.raises(ConfigError, match="line 1 of"):
        Lines(tmp_path)


def test_missing_speech_folder_is_named(tmp_path: Path) -> None:
    """A config that points to no folder of recordings says so before anything is labelled."""
    config = CorpusConfig(tmp_path / "out", speech=(SpeechSet(tmp_path / "gone", "someone"),))
    with pytest.raises(ConfigError, match="gone"):
        build_corpus(config)


def test_shipped_config_loads_and_keeps_voices_aside() -> None:
    """The shipped config is valid, gives espeak its limited share of English, and tests on unheard voices."""
    config = load_config(CorpusConfig, SHIPPED)
    hours = {engine: sum(v.hours for v in config.voices if v.engine == engine) for engine in ("flite", "festival")}
    english = sum(v.hours for v in config.voices if v.engine == "espeak" and v.language == "en")
    assert english <= 0.2 * (english + sum(hours.values()))
    test = {speaker_of(v.engine, name) for v in config.voices if v.split == "test" for name in v.names}
    train = {speaker_of(v.engine, name) for v in config.voices if v.split == "train" for name in v.names}
    assert {"flite_awb", "festival_ked"} <= test
    assert not test & train
