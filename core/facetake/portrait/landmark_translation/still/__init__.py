"""A photograph that speaks at once: its own pixels follow points of the face, and a network paints inside the mouth."""
