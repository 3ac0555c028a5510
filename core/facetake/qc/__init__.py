"""Checks on a finished take: what is measured of it, and whether that is within limits.

`measure` once, where the take is made; `judge` as often as limits change. Knows no files of takes and no batches.
"""

from __future__ import annotations

from facetake.qc.limits import Finding, Limit, Limits, judge, load, nearness, score, shipped
from facetake.qc.measures import HeardSpeech, Measured, from_json, measure, to_json
from facetake.qc.shared import BlinkCrowd

__all__ = [
    "BlinkCrowd",
    "Finding",
    "HeardSpeech",
    "Limit",
    "Limits",
    "Measured",
    "from_json",
    "judge",
    "load",
    "measure",
    "nearness",
    "score",
    "shipped",
    "to_json",
]
