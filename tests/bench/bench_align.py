"""How exactly words and phones are found, and what is noticed where a voice leaves its text; run by hand.

Lines of the corpus' voices have exact phone times; the clips of GRID (word times in files `.align`) are a man's; ten
actors' lines of EmoDB have words labelled by hand. Beside ours run, over the same sounds, pocketsphinx' aligner
(`facetake_training.align` for phones, its own for words) and what else is installed (`aligners`).

    python tests/bench/bench_align.py                    # phones, and planted misreads
    python tests/bench/bench_align.py --grid clips/      # words: NAME.mpg with NAME.align beside it
    python tests/bench/bench_align.py --emodb EmoDB/     # words: wav/03a01Fa.wav and labsilb/03a01Fa.labsilb
    python tests/bench/bench_align.py --recorded en.tsv  # texts changed against recordings: ID and text, en/ID.ogg
    python tests/bench/bench_align.py --long             # minutes with retakes and cuts, without and with rough times
"""

from __future__ import annotations

import argparse
import math
import random
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import partial
from pathlib import Path

import numpy as np
from aligners import Align, Found, Praat, WordAligners
from emodb import recordings

from facetake import alignment, audio, inference, phones
from facetake.arrays import F32
from facetake.script import Aligned, Sheet, Word
from facetake_training import text
from facetake_training.align import Labeller
from facetake_training.speech import SpeakingVoice, SpokenLine, engine_of

GRID_UNITS = 25_000  # of its word times in a second
RATES = (0.9, 1.0, 1.15)  # of speaking, one drawn for each line
VOICES = {
    "en": (
        ("flite", "slt"),
        ("flite", "rms"),
        ("flite", "awb"),
        ("festival", "cmu_us_slt_arctic_hts"),
        ("festival", "kal_diphone"),
        ("espeak", "gmw/en-US"),
    ),
    "de": (("espeak", "gmw/de"),),
    "zh": (("espeak", "sit/cmn-Latn-pinyin"),),
    "es": (("espeak", "roa/es"),),
    "fr": (("espeak", "roa/fr"),),
    "ja": (("espeak", "jpx/ja"),),
}
OTHERS = {
    "es": (
        "La niña come una manzana roja en el parque. Mañana vamos a la playa con nuestros amigos. ¿Dónde estás?",
        "El perro duerme debajo de la mesa. Me gusta mucho la música de mi abuelo. Cierra la puerta, por favor.",
    ),
    "fr": (
        "La petite fille mange une pomme rouge. Demain nous allons à la plage avec nos amis. Ferme la porte.",
        "Le chien dort sous la table. J'aime beaucoup la musique de mon père. Où est le livre bleu ?",
    ),
    "ja": (
        "きょうはいいてんきです。あした、ともだちとうみへいきます。ねこがまどのそばでねています。",
        "わたしはあかいりんごをたべました。ほんはつくえのうえにあります。またあしたあいましょう。",
    ),
}
"""Sentences of our own in languages that the corpus has none of."""


@dataclass(frozen=True)
class Line:
    """What a voice said.

    Attributes:
        text: that it was given.
        spoken: its sound and times.
        language: two letters.
        engine: that spoke.
    """

    text: str
    spoken: SpokenLine
    language: str
    engine: str


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=20, help="of each voice")
    parser.add_argument("--grid", type=Path, help="a folder with clips of GRID and their .align files")
    parser.add_argument("--emodb", type=Path, help="the folder of EmoDB")
    parser.add_argument("--whisper", type=Path, help="a folder with Whisper's tiny.en as CTranslate2 writes it")
    parser.add_argument("--aeneas", type=Path, help="a Python that has aeneas")
    parser.add_argument("--recorded", type=Path, help="a list of recordings: an ID, a tab and the text a line")
    parser.add_argument("--planted", type=int, default=200, help="lines with a word dropped, swapped, added or none")
    parser.add_argument("--long", action="store_true", help="long lines, with and without a transcript's times")
    arguments = parser.parse_args()
    ear = inference.load_ear(inference.SHIPPED)
    others = WordAligners(arguments.whisper, arguments.aeneas)
    if arguments.grid or arguments.emodb:
        print(*others.missing, sep="\n")
        if arguments.grid:
            words("GRID", list(grid_lines(arguments.grid)), ear, others.found)
        if arguments.emodb:
            words("EmoDB", list(emodb_lines(arguments.emodb)), ear, others.found)
        return
    if arguments.recorded:
        recorded(arguments.recorded, arguments.planted, ear)
        return
    if arguments.long:
        long_lines(ear)
        return
    print(*others.missing, sep="\n")
    boundaries(arguments.lines, ear, "praat" in others.found)
    for language in ("en", "de"):
        planted(arguments.planted, language, ear)


def lines(language: str, count: int, seed: str) -> Iterator[Line]:
    """Lines of every voice of a language; none where its engine is not installed."""
    for engine, voice in VOICES[language]:
        chance = random.Random(f"{seed} {voice}")
        if language in OTHERS:
            texts: Iterator[str] = iter(
                [one for some in OTHERS[language] for one in re.findall(r"[^.。?]+[.。?]", some)]
            )
        else:
            texts = (one for one, _ in text.stream(language, chance))
        speaker = engine_of(engine)
        for _, said in zip(range(count), texts, strict=False):
            try:
                spoken = speaker.speak(said, SpeakingVoice(voice, language, rate=chance.choice(RATES)))
            except ValueError:  # the engine's own times do not match its sound
                continue
            yield Line(said, spoken, language, engine)


def boundaries(count: int, ear: inference.Ear, is_praat: bool) -> None:
    """Phones' beginnings against exact ones, by ours, pocketsphinx and Praat."""
    print("phones: aligner, language, engine, matched, median error ms, within 20 ms, within 50 ms, ms a line")
    for language in VOICES:
        found = list(lines(language, count, "report"))
        report("facetake", found, partial(_ours, ear=ear))
        if language in text.LANGUAGES:
            report("pocketsphinx", found, partial(_theirs, labeller=Labeller(language)))
        if is_praat:
            report("praat", found, partial(_praats, praat=Praat()))


def report(name: str, found: Sequence[Line], align: Callable[[Line], Found]) -> None:
    """Prints how far an aligner's beginnings of phones are from the exact ones."""
    for engine in dict.fromkeys(line.engine for line in found):
        errors: list[float] = []
        n_true = 0
        some = [line for line in found if line.engine == engine]
        started = time.perf_counter()
        results = [align(line) for line in some]
        each_ms = 1000 * (time.perf_counter() - started) / max(1, len(some))
        for line, result in zip(some, results, strict=True):
            true = [(shape(row[0]), row[1]) for row in line.spoken.phones if row[0] != phones.SILENCE]
            n_true += len(true)
            errors += matched(true, result)
        _print(f"{name:12s} {some[0].language} {engine:8s}", errors, n_true, each_ms)


def _print(name: str, errors: Sequence[float], n_true: int, each_ms: float) -> None:
    off = np.abs(errors)
    if not len(off):
        print(f"{name} could align none of these lines", flush=True)
        return
    shares = "  ".join(f"{np.mean(off < within):6.1%}" for within in (0.02, 0.05))
    print(f"{name} {len(off) / n_true:6.1%} {1000 * np.median(off):6.1f} {shares} {each_ms:7.1f}", flush=True)


def matched(true: Found, found: Found) -> list[float]:
    """Errors in seconds of the phones (by the mouth's shape) or words that both have, in order."""
    blocks = SequenceMatcher(None, [one[0] for one in true], [one[0] for one in found], autojunk=False)
    return [
        found[block.b + k][1] - true[block.a + k][1]
        for block in blocks.get_matching_blocks()
        for k in range(block.size)
    ]


def shape(phone: str) -> str:
    """What shows of a phone: aligners write some sounds with other phones that look alike."""
    return phones.viseme_of(phones.base(phone))


def _ours(line: Line, ear: inference.Ear) -> Found:
    found = aligned(line.spoken.audio, line.text, line.language, ear).alignment
    return [(shape(one.symbol), one.start_s) for one in found.phones]


def _theirs(line: Line, labeller: Labeller) -> Found:
    found = labeller.label(line.spoken.audio, line.text)
    rows = () if isinstance(found, str) else found.phones
    return [(shape(row[0]), row[1]) for row in rows if phones.base(row[0]) != phones.SILENCE]


def _praats(line: Line, praat: Praat) -> Found:
    return [(shape(one), at_s) for one, at_s in praat.phones(line.spoken.audio, line.text, line.language)]


SENTENCES = 20  # of a long line: a minute and a half
HEARD_S = 0.15  # by which times of words are off, as those of Whisper are
SHOWN_S = 0.3  # by which subtitles are off
GAPS_S = (0.15, 0.9)  # between two sentences


def long_lines(ear: inference.Ear) -> None:
    """Long lines, in which sentences are said twice, left out and swapped for others, against exact times.

    The script is aligned alone, with times of its words (off by `HEARD_S`), and with subtitles of its sentences; both
    have what is in the sound and in the script.
    """
    print("long lines: times, language, matched, median error ms, within 20 ms, within 50 ms, ms a line; words")
    for language in ("en", "de"):
        found = [_long(voice, language, ear) for voice in range(len(VOICES[language]))]
        for name in ("none", "of words", "of sentences", "wrong"):
            errors: list[float] = []
            n_true, lost, false, wrong = 0, 0, 0, 0
            started = time.perf_counter()
            for one in found:
                made = _aligned_long(one, name)
                true = [(shape(row[0]), row[1]) for row in one.phones]
                n_true += len(true)
                errors += matched(true, [(shape(phone.symbol), phone.start_s) for phone in made.alignment.phones])
                for place, time_s in enumerate(one.words_s):
                    word = _word_at(made, place, one.script.split()[place])
                    lost += time_s is not None and word is None
                    false += time_s is None and word is not None
                    wrong += time_s is not None and word is not None and abs(word - time_s) > 0.3
            each_ms = 1000 * (time.perf_counter() - started) / len(found)
            _print(f"{name:12s} {language}", errors, n_true, each_ms)
            n_words = sum(len(one.words_s) for one in found)
            told = f"{lost} said and not found, {wrong} found elsewhere, {false} not said and found"
            print(f"{'':15s} of {n_words} words {told}", flush=True)


@dataclass(frozen=True)
class LongLine:
    """Minutes of a voice.

    Attributes:
        script: words in a row.
        words_s: when each word of it begins; None where it is not said, NaN where only its sentence is known.
        cues: sentences of the script that are said, each with its time.
        heard: what the ear told.
        phones: exact, in order.
        duration_s: of it.
        language: two letters.
    """

    script: str
    words_s: Sequence[float | None]
    cues: Sequence[Word]
    heard: F32
    phones: Sequence[tuple[str, float]]
    duration_s: float
    language: str


def _long(voice: int, language: str, ear: inference.Ear) -> LongLine:
    """Sentences of one voice, some of which are said twice, some are not said, some are others than the script's."""
    engine, name = VOICES[language][voice]
    chance = random.Random(f"long {name}")
    texts = (re.sub(r"[^\w' ]", "", said) for said, _ in text.stream(language, chance))
    speaker, at_s = engine_of(engine), 0.0
    sounds, script, words_s = list[F32](), list[str](), list[float | None]()
    cues, phones_s = list[Word](), list[tuple[str, float]]()

    def speak(said: str) -> list[float]:
        nonlocal at_s
        spoken = speaker.speak(said, SpeakingVoice(name, language, rate=chance.choice(RATES)))
        rows = [row for row in spoken.phones if row[0] != phones.SILENCE]
        phones_s.extend((row[0], at_s + row[1]) for row in rows)
        own = aligned(spoken.audio, said, language, ear).alignment.words
        gap = np.zeros(round(chance.uniform(*GAPS_S) * audio.SAMPLE_RATE_HZ), np.float32)
        begins = [at_s + one.start_s for one in own] if len(own) == len(said.split()) else []
        sounds.extend((spoken.audio, gap))
        at_s += (len(spoken.audio) + len(gap)) / audio.SAMPLE_RATE_HZ
        return begins

    while len(cues) < SENTENCES:
        said = next(texts).strip()
        kind = "" if not cues else chance.choice(("",) * 6 + ("twice", "left out", "swapped"))
        if len(said.split()) < 3 or any(one.isdigit() for one in said):
            continue
        script.extend(said.split())
        if kind in ("left out", "swapped"):
            words_s.extend([None] * len(said.split()))
            if kind == "swapped":
                speak(next(texts).strip())
            continue
        if kind == "twice":  # a false start: half of it, and then all
            speak(" ".join(said.split()[: -(-len(said.split()) // 2)]))
        start_s, begins = at_s, speak(said)
        words_s.extend(begins or [float("nan")] * len(said.split()))  # not known to the word
        cues.append(Word(said, start_s, at_s))
    sound = np.concatenate(sounds)
    count = round(len(sound) * audio.FRAME_RATE_HZ / audio.SAMPLE_RATE_HZ)
    heard = ear.hear([sound], count, with_phones=True).phones
    assert heard is not None  # as asked
    return LongLine(" ".join(script), words_s, cues, heard, phones_s, len(sound) / audio.SAMPLE_RATE_HZ, language)


def _aligned_long(line: LongLine, name: str) -> Aligned:
    """A long line by its script, with times of a kind."""
    chance = random.Random(f"times {name}")
    if name == "of words":
        known = [(one, at_s + chance.gauss(0, HEARD_S)) for one, at_s in _said(line)]
        hints = tuple(Word(one, max(0.0, at_s), max(0.0, at_s) + 0.3) for one, at_s in known)
    else:
        late_s = 20.0 if name == "wrong" else 0.0
        hints = () if name == "none" else tuple(_shifted(one, chance.gauss(late_s, SHOWN_S)) for one in line.cues)
    sheet = Sheet(line.script, cues=hints)
    return alignment.align_heard(line.heard, line.duration_s, sheet, language=line.language)


def _said(line: LongLine) -> Iterator[tuple[str, float]]:
    for one, at_s in zip(line.script.split(), line.words_s, strict=True):
        if at_s is not None and not math.isnan(at_s):
            yield one, at_s


def _shifted(one: Word, by_s: float) -> Word:
    start_s = max(0.0, one.start_s + by_s)
    return Word(one.text, start_s, start_s + one.end_s - one.start_s)


def _word_at(found: Aligned, place: int, word: str) -> float | None:
    """When a word of the script is said; None where it is told not to be."""
    missing = [range(one.place, one.place + len(one.text.split())) for one in found.differences if one.text]
    if any(place in some for some in missing):
        return None
    before = sum(len(some) for some in missing if some.stop <= place)
    there = found.alignment.words[place - before] if place - before < len(found.alignment.words) else None
    return there.start_s if there is not None and there.text.lower() == word.lower() else None


def aligned(sound: F32, said: str, language: str, ear: inference.Ear) -> Aligned:
    """A sound and its text, by ours."""
    count = round(len(sound) * audio.FRAME_RATE_HZ / audio.SAMPLE_RATE_HZ)
    heard = ear.hear([sound], count, with_phones=True).phones
    assert heard is not None  # as asked
    return alignment.align_heard(heard, len(sound) / audio.SAMPLE_RATE_HZ, said, language=language)


class Told:
    """What is told of lines in which a word was dropped, swapped or added, and of lines without a fault."""

    def __init__(self) -> None:
        self.found: dict[str, list[bool]] = {"dropped": [], "swapped": [], "added": [], "none": []}
        self.false = 0
        self.n_words = 0

    def __len__(self) -> int:
        return sum(map(len, self.found.values()))

    @property
    def next(self) -> str:
        """The kind of the next line."""
        return list(self.found)[len(self) % len(self.found)]

    def add(self, kind: str, place: int, n_words: int, found: Aligned) -> None:
        """Counts a line: what is told beside the planted word is right."""
        told = found.differences
        near = [one for one in told if one.place - 1 <= place <= one.place + max(1, len(one.text.split()))]
        self.found[kind].append(bool(near) and kind != "none")
        self.false += len(told) if kind == "none" else len(told) - len(near)
        self.n_words += n_words

    def print(self, name: str) -> None:
        """Prints the counts."""
        found = {kind: some for kind, some in self.found.items() if kind != "none"}
        said_of = ", ".join(f"{kind} {sum(some)} of {len(some)}" for kind, some in found.items())
        print(f"planted, {name}: {said_of} found; {self.false} false alarms in {self.n_words} words", flush=True)


def planted(count: int, language: str, ear: inference.Ear) -> None:
    """Voices that say something else than the text."""
    chance = random.Random(f"planted {language}")
    told = Told()
    vocabulary = sorted({word.lower() for one in text.sentences(language) for word in re.findall(r"\w{3,}", one)})
    texts = text.stream(language, chance)
    engines = {engine: engine_of(engine) for engine, _ in VOICES[language]}
    while len(told) < count:
        words = re.findall(r"[\w']+", next(texts)[0])
        if len(words) < 4 or words[0] == "Hm":  # which voices spell
            continue
        kind, place = told.next, chance.randrange(1, len(words) - 1)
        engine, voice = chance.choice(VOICES[language])
        said = _misread(words, place, kind, vocabulary, chance)
        try:
            spoken = engines[engine].speak(" ".join(said), SpeakingVoice(voice, language, rate=chance.choice(RATES)))
        except ValueError:
            continue
        told.add(kind, place, len(words), aligned(spoken.audio, " ".join(words), language, ear))
    told.print(f"voices, {language}")


def recorded(listed: Path, count: int, ear: inference.Ear) -> None:
    """Recordings of people, whose texts are changed: what is dropped from the sound was added to the text."""
    chance = random.Random("recorded")
    rows = [line.split("\t") for line in listed.read_text(encoding="utf-8").splitlines()]
    chance.shuffle(rows)
    vocabulary = sorted({word.lower() for _, said in rows for word in re.findall(r"\w{3,}", said)})
    language, told = listed.name[:2], Told()
    for name, said in rows:
        path = listed.with_suffix("") / f"{name}.ogg"
        words = re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)*", said)
        if len(told) >= count or not path.is_file() or len(words) < 4 or any(one.isdigit() for one in said):
            continue
        kind, place = told.next, chance.randrange(1, len(words) - 1)
        turned = {"dropped": "added", "added": "dropped"}.get(kind, kind)
        script = _misread(words, place, turned, vocabulary, chance)
        told.add(kind, place, len(words), aligned(audio.read(path), " ".join(script), language, ear))
    told.print(f"recordings, {language}")


def _misread(
    words: Sequence[str], place: int, kind: str, vocabulary: Sequence[str], chance: random.Random
) -> list[str]:
    said = list(words)
    other = chance.choice([word for word in vocabulary if word != words[place].lower()])
    if kind == "dropped":
        del said[place]
    elif kind == "swapped":
        said[place] = other
    elif kind == "added":
        said.insert(place, other)
    return said


WordLine = tuple[F32, str, tuple[tuple[str, float], ...], str]
"""A sound, its text, its words with their beginnings, and its language."""


def grid_lines(folder: Path) -> Iterator[WordLine]:
    """Clips of GRID."""
    for clip in sorted(folder.glob("*.align")):
        rows = [line.split() for line in clip.read_text(encoding="utf-8").splitlines()]
        true = tuple((word, int(start) / GRID_UNITS) for start, _, word in rows if word not in ("sil", "sp"))
        yield audio.read(clip.with_suffix(".mpg")), " ".join(word for word, _ in true), true, "en"


def emodb_lines(folder: Path) -> Iterator[WordLine]:
    """Recordings of EmoDB."""
    return ((audio.read(one.path), one.text, one.words, "de") for one in recordings(folder))


def words(name: str, some: Sequence[WordLine], ear: inference.Ear, others: Mapping[str, Align]) -> None:
    """Words' beginnings, by ours and by others."""
    aligners: dict[str, Align] = {"facetake": partial(_our_words, ear=ear), **others}
    if some[0][3] != "en":
        aligners.pop("pocketsphinx", None)  # its own aligner knows English alone
    print(f"words of {name}: aligner, matched, median error ms, within 20 ms, within 50 ms, ms a line")
    n_true = sum(len(true) for _, _, true, _ in some)
    for called, align in aligners.items():
        errors: list[float] = []
        started = time.perf_counter()
        results = [align(sound, said, language) for sound, said, _, language in some]
        each_ms = 1000 * (time.perf_counter() - started) / len(some)
        for (_, _, true, _), found in zip(some, results, strict=True):
            errors += matched([(plain(word), at_s) for word, at_s in true], [(plain(w), at_s) for w, at_s in found])
        if any(results):
            _print(f"{called:12s}", errors, n_true, each_ms)
        else:
            print(f"{called:12s} does not know this language")


def plain(word: str) -> str:
    """A word without case and marks."""
    return "".join(letter for letter in word.casefold() if letter.isalnum())


def _our_words(sound: F32, said: str, language: str, ear: inference.Ear) -> Found:
    return [(one.text, one.start_s) for one in aligned(sound, said, language, ear).alignment.words]


if __name__ == "__main__":
    main()
