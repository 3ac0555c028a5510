"""From sound and emotion to 68 points (Landmark translation 3.1 to 3.3)."""
