"""How the 68 points are joined (Landmark translation 3.2): data only.

Delaunay triangles of the default model's points as seen from the front, its lips apart so that the mouth has an inside.
They are written down because points that mirror each other lie on one circle, where rounding would choose; networks
that were trained on one choice must not meet another.
"""

from __future__ import annotations

import numpy as np

TRIANGLES = np.array(
    """
    0 1 36   0 2 1   0 36 17   1 2 41   1 41 36   2 3 41   3 4 31   3 31 41   4 5 48   4 48 31   5 6 48   6 7 59
    6 59 48   7 8 58   7 58 59   8 9 56   8 56 57   8 57 58   9 10 55   9 55 56   10 11 54   10 54 55   11 12 54
    12 13 35   12 35 54   13 14 46   13 46 35   14 15 46   14 16 15   15 16 45   15 45 46   16 26 45   17 36 37
    17 37 18   18 37 19   19 20 24   19 37 20   20 21 22   20 22 23   20 23 24   20 37 38   20 38 21   21 27 22
    21 38 39   21 39 27   22 27 42   22 42 43   22 43 23   23 43 44   23 44 24   24 44 25   25 44 26   26 44 45
    27 28 42   27 39 28   28 29 42   28 39 29   29 30 35   29 31 30   29 35 47   29 39 40   29 40 31   29 47 42
    30 31 32   30 32 33   30 33 34   30 34 35   31 40 41   31 48 49   31 49 50   31 50 32   32 50 33   33 50 51
    33 51 52   33 52 34   34 52 35   35 46 47   35 52 53   35 53 54   36 41 37   37 41 38   38 40 39   38 41 40
    42 47 43   43 46 44   43 47 46   44 46 45   48 59 60   48 60 49   49 60 61   49 61 50   50 61 51   51 61 62
    51 62 63   51 63 52   52 63 53   53 63 64   53 64 54   54 64 55   55 64 65   55 65 56   56 65 66   56 66 57
    57 66 58   58 66 67   58 67 59   59 67 60   60 67 61   61 67 62   62 65 63   62 66 65   62 67 66   63 65 64
    """.split(),
    dtype=np.int64,
).reshape(-1, 3)
"""(N, 3) points of each triangle, in turn so that its normal looks at the viewer."""
