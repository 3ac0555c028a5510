"""The checkpoints of training: those of `facetake.networks.checkpoint`, which portraits use as well."""

from __future__ import annotations

from facetake.networks.checkpoint import load_weights, resume, save

__all__ = ["load_weights", "resume", "save"]
