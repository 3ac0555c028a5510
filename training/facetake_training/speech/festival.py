"""festival's voices through one long-lived process, so that a voice is loaded once and not for every line.

This module does NOT know about the corpus; it speaks Scheme to festival and reads what that writes.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

import soundfile

from facetake.errors import ConfigError
from facetake.phones import from_festival
from facetake_training.speech.spoken import Row, SpeakingVoice, SpokenLine, tidy, to_16_khz

VOICES: Final[tuple[str, ...]] = ("cmu_us_slt_arctic_hts", "kal_diphone", "ked_diphone")
_PACKAGES: Final = dict(zip(VOICES, ("festvox-us-slt-hts", "festvox-kallpc16k", "festvox-kdlpc16k"), strict=True))

# A diphone voice's own melody: mean and spread in Hz. festival takes absolute targets.
_PITCH_HZ: Final = (105.0, 14.0)
_DONE: Final = "facetake-done"
_DEFINE: Final = f"""
(define (facetake_say text stretch mean spread wav)
  (Parameter.set 'Duration_Stretch stretch)
  (if (not mean) (set! hts_engine_params
    (append cmu_us_slt_arctic_hts::hts_engine_params (list (list "-r" (/ 1.0 stretch))))))
  (if mean (set! int_lr_params
    (list (list 'target_f0_mean mean) (list 'target_f0_std spread) '(model_f0_mean 170) '(model_f0_std 34))))
  (set! u (utt.synth (eval (list 'Utterance 'Text text))))
  (utt.save.wave u wav 'riff)
  (mapcar (lambda (s) (format t "%s %s %s\\n" (item.feat s "name") (item.feat s "end")
    (item.feat s "R:SylStructure.parent.stress"))) (utt.relation.items u 'Segment))
  (format t "{_DONE}\\n") (fflush nil))
"""


class Festival:
    """The festival engine; ConfigError at construction where festival is missing."""

    def __init__(self) -> None:
        """Find festival; the process starts with the first line."""
        self._process: subprocess.Popen[str] | None = None
        self._voice = ""
        program = shutil.which("festival")
        if program is None:
            raise ConfigError(
                "festival is not on this machine; install it (Debian, Ubuntu: apt install festival "
                f"{' '.join(_PACKAGES.values())}) or set the hours of festival to 0"
            )
        self._program = program

    def speak(self, text: str, voice: SpeakingVoice) -> SpokenLine:
        """Say a text; ValueError where the times do not match the audio, ConfigError for an unknown voice."""
        with tempfile.TemporaryDirectory() as folder:
            wav = Path(folder) / "line.wav"
            lines = self._ask(self._order(text, voice, wav))
            if not wav.is_file():
                raise ValueError(f"festival could not say {text!r}")
            samples, rate_hz = soundfile.read(wav, dtype="int16")
        audio = to_16_khz(samples, rate_hz)
        return SpokenLine(audio, tidy(_rows(lines), len(audio) / 16_000))

    def close(self) -> None:
        """End the process; the next line starts another."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None
            self._voice = ""

    def __del__(self) -> None:
        """Leave no process behind."""
        self.close()

    def _order(self, text: str, voice: SpeakingVoice, wav: Path) -> str:
        """Write the expression that says one line, loading the voice first if it is not the last one."""
        if voice.name not in VOICES:
            raise ConfigError(f"unknown festival voice {voice.name!r}; the voices are {', '.join(VOICES)}")
        mean_hz, spread_hz = _PITCH_HZ
        melody = f"{mean_hz * voice.pitch:.2f} {spread_hz * voice.pitch_range:.2f}"
        if voice.name.endswith("hts"):  # its melody comes from the model; these targets are not read
            melody = "nil nil"
        plain = text.encode("ascii", "ignore").decode().replace("\\", " ").replace('"', " ")
        load = f"(voice_{voice.name})\n" if voice.name != self._voice else ""
        self._voice = voice.name
        return f'{load}(facetake_say "{plain}" {1.0 / voice.rate:.4f} {melody} "{wav}")\n'

    def _ask(self, order: str) -> list[str]:
        """Send an expression and collect the lines festival answers."""
        if self._process is None:
            self._start()
        assert self._process is not None and self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(order)
        self._process.stdin.flush()
        lines: list[str] = []
        for line in self._process.stdout:
            if line.strip() == _DONE:
                return lines
            lines.append(line)
        self.close()
        raise ConfigError(
            f"festival ended at {order.strip()[:80]!r}; check that its voices are installed "
            f"(Debian, Ubuntu: apt install {' '.join(_PACKAGES.values())})"
        )

    def _start(self) -> None:
        self._process = subprocess.Popen(
            [self._program, "--pipe"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="latin-1",  # what its voices read; the text that is sent is plain ASCII
        )
        assert self._process.stdin is not None
        self._process.stdin.write(_DEFINE)


def _rows(lines: list[str]) -> list[Row]:
    rows: list[Row] = []
    start_s = 0.0
    for line in lines:
        symbol, end, level = line.split()
        rows.append((from_festival(symbol, int(float(level))), start_s, float(end)))
        start_s = float(end)
    return rows
