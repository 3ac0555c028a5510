"""Torch definitions of the networks, and how they are kept in files. Know nothing of corpora or hosts."""
