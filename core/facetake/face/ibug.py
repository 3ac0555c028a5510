"""The 68 points of the iBUG (300-W, dlib) mark-up in MediaPipe's numbers, so that one numbering serves everywhere.

Data only. Points 0-16 run along the jaw from the subject's right ear, 17-26 the brows, 27-35 the nose, 36-47 the eyes,
48-59 the outer and 60-67 the inner lips.
"""

from __future__ import annotations

import numpy as np

IBUG_68 = np.array(
    """
    127 234 93 132 58 172 150 176 152 400 379 397 288 361 323 454 356
    70 63 105 66 107 336 296 334 293 300
    168 197 5 4 98 97 2 326 327
    33 160 158 133 153 144 362 385 387 263 373 380
    61 39 37 0 267 269 291 405 314 17 84 181
    78 82 13 312 308 317 14 87
    """.split(),
    dtype=np.int64,
)
"""(68,) MediaPipe's number of each iBUG point."""

# numbered as in 300-W (Sagonas et al. 2013), each part from the subject's right on
JAW = slice(0, 17)
BROWS = slice(17, 27)
NOSE = slice(27, 36)
EYES = slice(36, 48)
MOUTH = slice(48, 68)
INNER_LIPS = ((61, 67), (62, 66), (63, 65))  # upper and lower points that face each other

IBUG_MIRROR = np.array(
    """
    16 15 14 13 12 11 10 9 8 7 6 5 4 3 2 1 0
    26 25 24 23 22 21 20 19 18 17
    27 28 29 30 35 34 33 32 31
    45 44 43 42 47 46 39 38 37 36 41 40
    54 53 52 51 50 49 48 59 58 57 56 55
    64 63 62 61 60 67 66 65
    """.split(),
    dtype=np.int64,
)
"""(68,) the point that each lies opposite to."""

IBUG_WEIGHT = np.ones(68, dtype=np.float32)
IBUG_WEIGHT[JAW] = 0.25
"""How far each point can be trusted: those of the jaw slide along it as the head turns."""
