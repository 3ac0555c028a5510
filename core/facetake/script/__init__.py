"""Words and phones of a line in time: what was said when, how certainly. Knows no network and no curve."""

from __future__ import annotations

from facetake.script.recognition import heard
from facetake.script.timing import Alignment, Phone, Word

__all__ = ["Alignment", "Phone", "Word", "heard"]
