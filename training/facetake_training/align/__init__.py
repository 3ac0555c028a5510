"""Phone times of real speech, from its text or without one, by pocketsphinx: see `label_folder`."""

from __future__ import annotations

from facetake_training.align.folder import SpeechSet, label_folder
from facetake_training.align.line import LabelledLine, Labeller

__all__ = ["LabelledLine", "Labeller", "SpeechSet", "label_folder"]
