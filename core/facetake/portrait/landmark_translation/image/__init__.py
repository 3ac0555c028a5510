"""From 68 points and a photograph to pictures (Landmark translation 3.4)."""
