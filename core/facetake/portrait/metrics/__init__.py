"""Measures of made video against real video, each usable alone."""
