"""The corpus of spoken lines: text by speech engines with exact phone times, real speech with recognised ones.

`build` reads one config and fills a folder: ``lines.jsonl`` (one line of speech a row), ``audio/`` (16 kHz FLAC) and,
if asked, ``takes/``. It goes on where it stopped, uses every core, and the same config gives the same lines. How a
face moves is the performer's affair, how an engine speaks that of `speech`.
"""

from __future__ import annotations

import hashlib
import os
import random
import re
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from functools import cache
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

import numpy as np
import soundfile

from facetake.audio import SAMPLE_RATE_HZ
from facetake.batch.runner import MOST_JOBS
from facetake.errors import ConfigError
from facetake_training import text
from facetake_training.align import SpeechSet, label_folder
from facetake_training.corpus_files import CorpusProgress, Lines
from facetake_training.speech import SpeakingVoice, SpeechSynthesizer, SpokenLine, add_silence, engine_of

_CHUNK: Final = 20  # lines a task, by choice: every process gets some, and a stop loses few
_PEAK: Final = 0.9  # of full scale, by choice: what is louder is brought down to it, and nothing is clipped

Row = dict[str, Any]


@dataclass(frozen=True)
class CorpusVoices:
    """Some voices of one engine and how much they say together.

    Attributes:
        engine: ``flite``, ``festival`` or ``espeak``.
        names: the engine's names of the voices; each says an equal part.
        hours: length of all their speech together.
        language: ``en``, ``de`` or ``zh``.
        split: ``train``, or ``test`` to keep these voices aside.
        rate: range of speeds, 1 is a voice's own.
        pitch: range of heights, 1 is a voice's own.
        pitch_range: range of liveliness of the melody, 1 is a voice's own.
    """

    engine: str
    names: tuple[str, ...]
    hours: float
    language: str = "en"
    split: str = "train"
    rate: tuple[float, float] = (0.85, 1.2)
    pitch: tuple[float, float] = (0.85, 1.18)
    pitch_range: tuple[float, float] = (0.6, 1.5)


@dataclass(frozen=True)
class CorpusConfig:
    """What `build` makes.

    Attributes:
        out: the corpus folder.
        voices: synthetic speakers.
        speech: folders of real speech, to be labelled by recognition and alignment.
        seed: the same seed gives the same lines.
        jobs: processes; 0 is one for each core.
        written: share of lines taken from the written sentences; the rest comes from the grammar.
        valid: share of sentences (by any voice) kept for validation.
        takes: also write the performer's curves of every line; training can make them itself from the phones.
    """

    out: Path
    voices: tuple[CorpusVoices, ...] = ()
    speech: tuple[SpeechSet, ...] = ()
    seed: int = 1
    jobs: int = 0
    written: float = 0.4
    valid: float = 0.04
    takes: bool = False


@dataclass(frozen=True)
class Chunk:
    """Work for one process: some lines of one voice, numbered from `first`."""

    out: Path
    voices: CorpusVoices
    name: str
    first: int
    seed: int
    written: float
    valid: float
    takes: bool

    @property
    def speaker(self) -> str:
        """Name of the voice in the corpus, safe in file names."""
        return speaker_of(self.voices.engine, self.name)


def build(config_path: Path) -> Path:
    """Make or finish the corpus of a config file; gives its folder.

    Raises:
        ConfigError: for a wrong config, a missing engine or voice (says which package brings it).
    """
    from facetake.config import load_config

    return build_corpus(load_config(CorpusConfig, config_path))


def build_corpus(config: CorpusConfig) -> Path:
    """Make or finish the corpus of a config; see `build`."""
    for engine in sorted({voices.engine for voices in config.voices}):
        _engine(engine)  # fails here, in one sentence, and not in a worker
    with Lines(config.out) as lines:
        _speak_all(config, lines)
        _label_all(config, lines)
        lines.sort()
    return config.out


def speaker_of(engine: str, voice: str) -> str:
    """Give the corpus name of an engine's voice (``espeak_en-us_f2`` for ``gmw/en-US+f2``)."""
    plain = voice.rpartition("/")[2].lower().replace("cmu_us_", "").replace("_diphone", "")
    return f"{engine}_" + re.sub(r"[^a-z0-9-]+", "_", plain).strip("_")


def _speak_all(config: CorpusConfig, lines: Lines) -> None:
    """Have every voice speak until it has said its part, a few lines at a time, on all cores."""
    jobs = min(config.jobs or os.cpu_count() or 1, MOST_JOBS)
    wanted = [
        (_Speaker(config, voices, name, lines), voices.hours * 3600 / len(voices.names))
        for voices in config.voices
        for name in voices.names
    ]
    progress = CorpusProgress("speech", sum(seconds for _, seconds in wanted), sum(s.spoken_s for s, _ in wanted))
    waiting = [(speaker, limit_s) for speaker, limit_s in wanted if speaker.spoken_s < limit_s]
    running: dict[Future[list[Row | None]], tuple[_Speaker, float]] = {}
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        while waiting or running:
            while waiting and len(running) < jobs + 1:
                speaker, limit_s = waiting.pop(0)
                running[pool.submit(speak_chunk, speaker.chunk())] = (speaker, limit_s)
            for done in wait(running, return_when=FIRST_COMPLETED).done:
                speaker, limit_s = running.pop(done)
                progress.add(speaker.take(done.result(), limit_s))
                if speaker.spoken_s < limit_s:
                    waiting.append((speaker, limit_s))
    progress.end()


class _Speaker:
    """How far one voice has come."""

    def __init__(self, config: CorpusConfig, voices: CorpusVoices, name: str, lines: Lines) -> None:
        self._config = config
        self._voices = voices
        self._name = name
        self._lines = lines
        known = lines.of(speaker_of(voices.engine, name))
        self.spoken_s = sum(known.values())
        self._next = max((int(key.rpartition("/")[2]) + 1 for key in known), default=0)
        self._refused = 0

    def chunk(self) -> Chunk:
        """Give the next lines to say."""
        config = self._config
        return Chunk(
            out=config.out,
            voices=self._voices,
            name=self._name,
            first=self._next,
            seed=config.seed,
            written=config.written,
            valid=config.valid,
            takes=config.takes,
        )

    def take(self, rows: list[Row | None], limit_s: float) -> float:
        """Keep said lines until the voice has its part; gives the seconds kept.

        ConfigError where a voice says nothing at all: the chunks would never end.
        """
        kept_s = 0.0
        for row in rows:
            if row is not None and self.spoken_s < limit_s:
                self._lines.append(row)
                self.spoken_s += row["duration_s"]
                kept_s += row["duration_s"]
        self._next += len(rows)
        self._refused = 0 if any(rows) else self._refused + 1
        if self._refused >= 3:
            raise ConfigError(f"voice {self._name!r} of {self._voices.engine} says no line well; leave it out")
        return kept_s


@cache
def _engine(name: str) -> SpeechSynthesizer:
    return engine_of(name)


def speak_chunk(chunk: Chunk) -> list[Row | None]:
    """Say the lines of a chunk and write their audio; None stands for a line whose times were not believed."""
    chance = random.Random(f"{chunk.seed}/{chunk.speaker}")
    sentences = text.stream(chunk.voices.language, chance, chunk.written)
    wanted = islice(sentences, chunk.first, chunk.first + _CHUNK)
    return [_line(chunk, chunk.first + i, words, emotion) for i, (words, emotion) in enumerate(wanted)]


def _line(chunk: Chunk, number: int, words: str, emotion: str) -> Row | None:
    chance = random.Random(f"{chunk.seed}/{chunk.speaker}/{number}")
    voices = chunk.voices
    voice = SpeakingVoice(
        name=chunk.name,
        language=voices.language,
        rate=chance.uniform(*voices.rate),
        pitch=chance.uniform(*voices.pitch),
        pitch_range=chance.uniform(*voices.pitch_range),
    )
    try:
        spoken = add_silence(_engine(voices.engine).speak(words, voice), chance)
    except ValueError:
        return None
    key = f"{chunk.speaker}/{number:06d}"
    row: Row = {
        "id": key,
        "audio": f"audio/{key}.flac",
        "language": voices.language,
        "speaker": chunk.speaker,
        "source": voices.engine,
        "text": words,
        "emotion": emotion,
        "split": split_of(words, voices.split, chunk.valid),
        "duration_s": round(spoken.duration_s, 6),
        "phones": [[phone, round(start_s, 6), round(end_s, 6), 1.0] for phone, start_s, end_s in spoken.phones],
    }
    _write_audio(chunk.out / row["audio"], spoken)
    if chunk.takes:
        row["take"] = _write_take(chunk.out, row, spoken, chance)
    return row


def split_of(words: str, split: str, valid: float) -> str:
    """Give a line's split: that of its voice, but a share of *sentences*, whoever says them, is for validation."""
    if split != "train":
        return split
    share = int.from_bytes(hashlib.sha256(words.encode()).digest()[:4], "big") / 2**32
    return "valid" if share < valid else "train"


def _write_audio(path: Path, spoken: SpokenLine) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    peak = float(np.abs(spoken.audio).max())
    audio = spoken.audio * (_PEAK / peak) if peak > _PEAK else spoken.audio
    soundfile.write(path, audio, SAMPLE_RATE_HZ, format="FLAC", subtype="PCM_16")


def _write_take(out: Path, row: Row, spoken: SpokenLine, chance: random.Random) -> str:
    """Have the expert perform a line: emotional words with their emotion, neutral words with any."""
    from facetake.emotion import EMOTIONS
    from facetake_training.performers.actors import actors
    from facetake_training.performers.performer import perform_line

    actor = chance.choice(sorted(actors()))
    if row["emotion"] == "neutral":
        row["emotion"] = chance.choice(EMOTIONS)
    values = perform_line(row, spoken.audio, actor, row["emotion"], chance.randrange(2**31))
    row["actor"] = actor
    path = out / "takes" / f"{row['id']}.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, values=np.asarray(values, np.float16))
    return path.relative_to(out).as_posix()


def _label_all(config: CorpusConfig, lines: Lines) -> None:
    """Label the folders of real speech that are not labelled yet."""
    for speech in config.speech:
        for row in label_folder(speech, config.out, config.jobs, config.seed):
            lines.append(row)
