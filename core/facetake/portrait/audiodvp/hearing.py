"""Where sound used to be heard; see `facetake.portrait.hearing`."""

from facetake.portrait.hearing import WIDTHS, hear

__all__ = ["WIDTHS", "hear"]
