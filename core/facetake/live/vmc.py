"""The Virtual Motion Capture protocol: a face as OSC messages, for avatars with ARKit's shapes ("Perfect Sync").

A frame is a `/VMC/Ext/Blend/Val` a shape, then `/VMC/Ext/Blend/Apply`, on which a receiver shows them together,
`/VMC/Ext/OK 1` and `/VMC/Ext/T` with the seconds. Names begin with a capital, as those avatars' shapes do. The head is
not sent: the protocol turns bones of a body that is not known here.
"""

from __future__ import annotations

from typing import Final

from facetake import rig
from facetake.live import osc
from facetake.live.frame import LiveFrame

NAMES: Final = tuple(name[0].upper() + name[1:] for name in rig.ARKIT_NAMES)
"""Those of Perfect Sync: ARKit's with a capital as the first letter."""


class VmcEncoder:
    """Frames to bundles."""

    def encode(self, frame: LiveFrame) -> list[bytes]:
        """The datagrams of a frame, to be sent in order; the last one applies it."""
        weights = frame.weights.tolist()
        shapes = (osc.message("/VMC/Ext/Blend/Val", *pair) for pair in zip(NAMES, weights, strict=True))
        ending = (
            osc.message("/VMC/Ext/Blend/Apply"),
            osc.message("/VMC/Ext/OK", 1),
            osc.message("/VMC/Ext/T", float(frame.instant_s)),
        )
        return osc.bundles([*shapes, *ending])
