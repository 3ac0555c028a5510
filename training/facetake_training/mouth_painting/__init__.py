"""A network that paints the inside of anybody's mouth into a moved photograph, learnt from clips of many people."""
