"""Facetake inside Maya 2025 to 2027: the seam to the scene, the menu, the panel and use without a window.

No numerics: the engine computes in a process of its own, and `facetake_host` tells the stories.
"""
