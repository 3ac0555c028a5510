"""Words and phones of a line in time: what was said when, how certainly. Knows no network and no curve."""

from __future__ import annotations

from facetake.script.aligner import Aligned, Difference
from facetake.script.fitting import fit
from facetake.script.recognition import heard
from facetake.script.sheet import Sheet
from facetake.script.timing import Alignment, Phone, Word
from facetake.script.written import beside, read, write

__all__ = ["Aligned", "Alignment", "Difference", "Phone", "Sheet", "Word", "beside", "fit", "heard", "read", "write"]
