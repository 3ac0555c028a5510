"""Movement of the face that speech does not decide: expression, eyes, head, and what follows them as anatomy asks."""
