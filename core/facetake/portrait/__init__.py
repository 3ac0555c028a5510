"""Photoreal video of an actor: captured once from a few minutes of video, then rendered for any new line.

`actor` is the folder a capture leaves behind; every system reads it and nothing else of a capture.
"""
