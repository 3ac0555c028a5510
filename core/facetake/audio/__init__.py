"""Sound files as 16 kHz mono samples, in constant memory, and the rhythm of what is said.

Reads what libsndfile reads (WAV, FLAC, Ogg, Opus, MP3, AIFF ...) and, where PyAV is installed, everything else (M4A,
video). Knows nothing of emotion, models or curves.
"""

from facetake.audio.bands import BandLevels
from facetake.audio.onsets import Rhythm
from facetake.audio.reader import AudioStream, read, stream, unchanged
from facetake.audio.units import FRAME_RATE_HZ, SAMPLE_RATE_HZ, Blocks, Floats

__all__ = [
    "FRAME_RATE_HZ",
    "SAMPLE_RATE_HZ",
    "AudioStream",
    "BandLevels",
    "Blocks",
    "Floats",
    "Rhythm",
    "read",
    "stream",
    "unchanged",
]
