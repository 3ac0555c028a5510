"""Torch definitions of the networks. Know nothing of files on disk, corpora or hosts."""
