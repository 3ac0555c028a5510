"""AudioDVP's own way of capture (3.1): one network learns to read pose, expression and light off the actor's pictures."""
