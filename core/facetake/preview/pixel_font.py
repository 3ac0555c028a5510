"""A tiny bitmap font, 5 x 7 pixels, as data: what the preview's plot writes its labels with.

Knows glyphs; does not know colours or where words go.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

HEIGHT = 7  # pixels, as the module says
WIDTH = 5  # likewise
ADVANCE = 6  # a column between letters

# Seven rows a glyph, five bits a row, the highest bit on the left.
_ROWS = """
0 0E 11 13 15 19 11 0E
1 04 0C 04 04 04 04 0E
2 0E 11 01 02 04 08 1F
3 1F 02 04 02 01 11 0E
4 02 06 0A 12 1F 02 02
5 1F 10 1E 01 01 11 0E
6 06 08 10 1E 11 11 0E
7 1F 01 02 04 08 08 08
8 0E 11 11 0E 11 11 0E
9 0E 11 11 0F 01 02 0C
. 00 00 00 00 00 0C 0C
: 00 0C 0C 00 0C 0C 00
- 00 00 00 1F 00 00 00
@ 0E 11 01 0D 15 15 0E
a 00 00 0E 01 0F 11 0F
b 10 10 16 19 11 11 1E
c 00 00 0E 10 10 11 0E
d 01 01 0D 13 11 11 0F
e 00 00 0E 11 1F 10 0E
f 06 09 08 1C 08 08 08
g 00 0F 11 11 0F 01 0E
h 10 10 16 19 11 11 11
i 04 00 0C 04 04 04 0E
j 02 00 06 02 02 12 0C
k 10 10 12 14 18 14 12
l 0C 04 04 04 04 04 0E
m 00 00 1A 15 15 11 11
n 00 00 16 19 11 11 11
o 00 00 0E 11 11 11 0E
p 00 00 1E 11 1E 10 10
q 00 00 0D 13 0F 01 01
r 00 00 16 19 10 10 10
s 00 00 0E 10 0E 01 1E
t 08 08 1C 08 08 09 06
u 00 00 11 11 11 13 0D
v 00 00 11 11 11 0A 04
w 00 00 11 11 15 15 0A
x 00 00 11 0A 04 0A 11
y 00 00 11 11 0F 01 0E
z 00 00 1F 02 04 08 1F
E 1F 10 10 1E 10 10 1F
O 0E 11 11 11 11 11 0E
S 0F 10 10 0E 01 01 1E
T 1F 04 04 04 04 04 04
"""
_UNKNOWN = np.ones((HEIGHT, WIDTH), dtype=bool)


def _glyphs() -> dict[str, NDArray[np.bool_]]:
    glyphs = {" ": np.zeros((HEIGHT, WIDTH), dtype=bool)}
    for line in _ROWS.split("\n"):
        if line:
            name, *rows = line.split()
            bits = np.array([[int(row, 16) >> (WIDTH - 1 - i) & 1 for i in range(WIDTH)] for row in rows])
            glyphs[name] = bits.astype(bool)
    return glyphs


GLYPHS = _glyphs()


def write(text: str, scale: int = 1) -> NDArray[np.bool_]:
    """The ink of a line of text, (7 * scale, 6 * scale * len(text)); unknown characters show as a block."""
    ink = np.zeros((HEIGHT, ADVANCE * max(len(text), 1)), dtype=bool)
    for i, character in enumerate(text):
        ink[:, i * ADVANCE : i * ADVANCE + WIDTH] = GLYPHS.get(character, _UNKNOWN)
    return np.asarray(ink.repeat(scale, axis=0).repeat(scale, axis=1))
