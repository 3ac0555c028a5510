"""The names of the 16 visemes, in the order of every track's columns.

The set is Amazon Polly's for British English, silence included, which FACTS 3.2.4 uses. What a track of them is, is
told in `facetake.visemes`; rig maps name them, too, and lie below it.
"""

from __future__ import annotations

from typing import Final

VISEMES: Final = ("sil", "p", "t", "S", "T", "f", "k", "i", "r", "s", "u", "@", "a", "e", "E", "O")
