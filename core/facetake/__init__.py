"""Facetake: recorded dialogue into facial performance, 174 rig-control curves per line.

Newcomers start at `facetake.generate`, which reads as the story of the product. This module
holds the version and nothing that costs time to import; it knows no other module.

One alphabet of shapes is used in every docstring of the project:

    B     batch
    S     audio samples
    T     frames
    C     rig controls (174)
    K     emotions (7), or styles where a docstring says so
    V     vertices, or the 16 visemes where a docstring says so
    H, W  pixel rows and columns

Durations and instants end in ``_s``, rates in ``_hz`` or ``_fps``, angles in ``_deg`` or ``_rad``.
"""

from __future__ import annotations

__version__ = "0.2.0"
