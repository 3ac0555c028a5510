"""Measurements of finished takes against bars: each module one question, a table and whether its bars are met."""
