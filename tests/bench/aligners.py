"""Other programs that find words, and some of them phones, of a known text in a sound; none is needed by Facetake.

`found` gives those that are installed and says which are not. Times are of beginnings, in seconds:

    pocketsphinx  with the extra "train"
    praat         praat-parselmouth: speech that espeak makes of the text is laid over the sound by dynamic time warping
    whisper       ctranslate2 and tokenizers, and a folder with OpenAI's tiny.en (CTranslate2): cross-attention
    aeneas        a Python that has it: as Praat, by mel-frequency cepstra
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from facetake import audio, phones
from facetake.arrays import F32

Found = list[tuple[str, float]]
Align = Callable[[F32, str, str], Found]
"""Words or phones of a sound (S,) at 16 kHz that says a text in a language of two letters; none where it fails."""

PRAAT_HZ = 44_100  # of its synthesizer, and so of what is laid beside it
PRAAT_SILENCE = (-35.0, 0.1, 0.1)  # its defaults: dB below the loudest, shortest pause and sound in seconds
PRAAT_VOICES = {
    "en": "English (America)",
    "de": "German",
    "zh": "Chinese (Mandarin)",
    "es": "Spanish (Spain)",
    "fr": "French (France)",
    "ja": "Japanese",
}
AENEAS_LANGUAGES = {"en": "eng", "de": "deu", "es": "spa", "fr": "fra"}
AENEAS_PROGRAM = """
import json, sys
from aeneas.executetask import ExecuteTask
from aeneas.runtimeconfiguration import RuntimeConfiguration
from aeneas.task import Task
for line in sys.stdin:
    asked = json.loads(line)
    options = "task_language=" + asked["language"] + "|is_text_type=plain|os_task_file_format=json"
    options += "|is_audio_file_detect_head_max=5|is_audio_file_detect_tail_max=5"
    task = Task(config_string=options)
    task.audio_file_path_absolute, task.text_file_path_absolute = asked["sound"], asked["text"]
    task.sync_map_file_path_absolute = asked["out"]
    steps = RuntimeConfiguration("mfcc_window_length=0.020|mfcc_window_shift=0.005")
    ExecuteTask(task, rconf=steps).execute()
    task.output_sync_map_file()
    print("done", flush=True)
"""
"""Its steps are the finest for words that its manual advises."""
WHISPER_START, WHISPER_END = 50257, 50256  # tokens of the English models
WHISPER_ROWS = 3000  # of log-mel energies in its 30 s
WHISPER_STEP_S = 0.02


class WordAligners:
    """Aligners of words by name, and a sentence for each that cannot run."""

    def __init__(self, whisper: Path | None = None, aeneas: Path | None = None) -> None:
        """Looks for each.

        Args:
            whisper: the folder with model.bin and tokenizer.json.
            aeneas: the Python that has it.
        """
        self.found: dict[str, Align] = {}
        self.missing: list[str] = []
        self._try("pocketsphinx", _pocketsphinx)
        self._try("praat", lambda: Praat().words)
        if whisper is None:
            self.missing.append("whisper was not run: name its folder by --whisper")
        else:
            self._try("whisper", lambda: Whisper(whisper).words)
        if aeneas is None:
            self.missing.append("aeneas was not run: name a Python that has it by --aeneas")
        else:
            self.found["aeneas"] = Aeneas(aeneas).words

    def _try(self, name: str, make: Callable[[], Align]) -> None:
        try:
            self.found[name] = make()
        except ImportError as error:
            self.missing.append(f"{name} was not run: {error}")


def _pocketsphinx() -> Align:
    """Its own aligner, English."""
    from pocketsphinx import Decoder

    decoder = Decoder(lm=None, loglevel="FATAL")

    def words(sound: F32, said: str, language: str) -> Found:
        samples = (np.clip(sound / max(1e-6, float(np.abs(sound).max())), -1, 1) * 16_000).astype("<i2").tobytes()
        try:
            decoder.set_align_text(said)
            decoder.start_utt()
            decoder.process_raw(samples, full_utt=True)
            decoder.end_utt()
            segments = list(decoder.seg() or ())
        except (RuntimeError, TypeError):
            return []
        spoken = [one for one in segments if not one.word.startswith(("<", "["))]
        return [(one.word.split("(")[0], one.start_frame / 100) for one in spoken]

    return words


class Praat:
    """Praat's alignment by its speech synthesizer."""

    def __init__(self) -> None:
        """Raises ImportError where praat-parselmouth is not installed."""
        import parselmouth

        self._praat: Any = parselmouth
        self._voices: dict[str, Any] = {}

    def words(self, sound: F32, said: str, language: str) -> Found:
        """Words; of those that espeak says as one, the first."""
        return [(label.split()[0], at_s) for label, at_s in self._tier(sound, said, language, "word")]

    def phones(self, sound: F32, said: str, language: str) -> Found:
        """Phones in our letters; of a sound that is two of ours, both at its beginning and middle."""
        tier = self._tier(sound, said, language, "phoneme")
        found: Found = []
        for (label, at_s), (_, next_s) in zip(tier, [*tier[1:], ("", len(sound) / audio.SAMPLE_RATE_HZ)], strict=True):
            try:
                parts = phones.from_ipa(label, language)
            except ValueError:  # a sound that shows no mouth
                continue
            found += [(part, at_s + n * (next_s - at_s) / len(parts)) for n, part in enumerate(parts)]
        return found

    def _tier(self, sound: F32, said: str, language: str, name: str) -> Found:
        call = self._praat.praat.call
        if language not in self._voices:
            self._voices[language] = call("Create SpeechSynthesizer", PRAAT_VOICES[language], "Female1")
        heard = self._praat.Sound(sound.astype(np.float64), audio.SAMPLE_RATE_HZ)
        heard = call(heard, "Resample", PRAAT_HZ, 50)
        text = call(heard, "To TextGrid", "sentence", "")
        call(text, "Set interval text", 1, 1, said)
        try:
            grid = call([self._voices[language], heard, text], "To TextGrid (align)", 1, 1, 1, *PRAAT_SILENCE)
        except self._praat.PraatError:
            return []
        tiers = {call(grid, "Get tier name", n): n for n in range(1, int(call(grid, "Get number of tiers")) + 1)}
        count = int(call(grid, "Get number of intervals", tiers[name]))
        rows = [
            (
                call(grid, "Get label of interval", tiers[name], n),
                call(grid, "Get start time of interval", tiers[name], n),
            )
            for n in range(1, count + 1)
        ]
        return [(label, at_s) for label, at_s in rows if label.strip()]


class Whisper:
    """Words by where Whisper's decoder attends while it is given the text (tiny.en)."""

    def __init__(self, folder: Path) -> None:
        """Raises ImportError where ctranslate2 or tokenizers is not installed."""
        import ctranslate2
        import tokenizers

        from facetake.networks.whisper import WhisperLogMel

        self._storage = ctranslate2.StorageView
        self._model = ctranslate2.models.Whisper(str(folder), inter_threads=1, intra_threads=1)
        self._tokens = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._mel = WhisperLogMel()

    def words(self, sound: F32, said: str, language: str) -> Found:
        """Words of an English text."""
        import torch

        if language != "en":
            return []
        rows = self._mel(torch.from_numpy(sound)[None], WHISPER_ROWS).transpose(1, 2).contiguous().numpy()
        words = said.split()
        spelled = [self._tokens.encode(f" {word}", add_special_tokens=False).ids for word in words]
        result = self._model.align(
            self._storage.from_array(rows),
            [WHISPER_START],
            [[token for some in spelled for token in some]],
            [round(len(sound) / audio.SAMPLE_RATE_HZ * 100)],
        )[0]
        text, time = (np.array(column) for column in zip(*result.alignments, strict=True))
        starts = time[np.pad(np.diff(text), (1, 0), constant_values=1).astype(bool)] * WHISPER_STEP_S
        firsts = np.cumsum([0, *map(len, spelled)])[:-1]
        return [(word, float(starts[n])) for word, n in zip(words, firsts, strict=True) if n < len(starts)]


class Aeneas:
    """aeneas, in a Python of its own, since it wants an old numpy; one process for all lines."""

    def __init__(self, python: Path) -> None:
        """Starts the Python that has it."""
        command = [str(python), "-c", AENEAS_PROGRAM]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def words(self, sound: F32, said: str, language: str) -> Found:
        """Words, each given to it as a line."""
        import soundfile

        if language not in AENEAS_LANGUAGES:
            return []
        with tempfile.TemporaryDirectory() as folder:
            heard, text, out = (Path(folder) / name for name in ("line.wav", "line.txt", "line.json"))
            soundfile.write(heard, sound, audio.SAMPLE_RATE_HZ, subtype="PCM_16")
            text.write_text("\n".join(said.split()) + "\n", encoding="utf-8")
            asked = {"sound": str(heard), "text": str(text), "out": str(out), "language": AENEAS_LANGUAGES[language]}
            assert self._process.stdin and self._process.stdout  # as piped
            print(json.dumps(asked), file=self._process.stdin, flush=True)
            if self._process.stdout.readline().strip() != "done":
                raise SystemExit("aeneas ended; its own message stands above")
            fragments = json.loads(out.read_text(encoding="utf-8"))["fragments"]
        return [(one["lines"][0], float(one["begin"])) for one in fragments]
