"""Speech engines that say a text and tell exactly when each phone sounds.

Every engine is an external program or library that the user installs; none is shipped. `engine_of` gives one by its
name. The engines know nothing of the corpus, and the corpus nothing of their interfaces.
"""

from __future__ import annotations

from typing import Protocol

from facetake.errors import ConfigError
from facetake_training.speech.spoken import SpeakingVoice, SpokenLine, add_silence, tidy


class SpeechSynthesizer(Protocol):
    """What says a text; made once per process, because some engines keep global state."""

    def speak(self, text: str, voice: SpeakingVoice) -> SpokenLine:
        """Say a text; ValueError where the engine's own times do not match its audio."""
        ...


def engine_of(name: str) -> SpeechSynthesizer:
    """Start an engine.

    Args:
        name: ``flite``, ``festival`` or ``espeak``.

    Raises:
        ConfigError: for an unknown engine, or one that is not installed (says which package brings it).
    """
    # Imported here so that a machine with one engine does not need the libraries of the others.
    if name == "flite":
        from facetake_training.speech.flite import Flite

        return Flite()
    if name == "festival":
        from facetake_training.speech.festival import Festival

        return Festival()
    if name == "espeak":
        from facetake_training.speech.espeak import Espeak

        return Espeak()
    raise ConfigError(f"unknown speech engine {name!r}; the engines are flite, festival and espeak")


__all__ = ["SpeakingVoice", "SpeechSynthesizer", "SpokenLine", "add_silence", "engine_of", "tidy"]
