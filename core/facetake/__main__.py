"""`python -m facetake` is the command `facetake`."""

import sys

from facetake.cli import main

sys.exit(main())
