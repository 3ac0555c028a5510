"""Landmark translation: one photograph, or a captured actor, says a line with its emotion by way of 68 points.

`sketch` draws the points as the picture that the video networks read.
"""
