"""Facetake inside Unreal 5.4 and later: the seam to Sequencer, the menu, baked delivery and use without a window.

No numerics and no Qt: the engine computes in a process of its own, and `facetake_host` tells the stories.
"""
