"""Training for Facetake: corpora, datasets, losses, fits and evaluation.

It imports the engine (`facetake`); the engine never imports it. Nothing is imported here, so
that a command that only needs the corpus does not pay for torch.
"""

from __future__ import annotations
