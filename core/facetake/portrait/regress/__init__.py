"""AudioDVP's own way of capture (3.1): a network learns to read pose, expression and light off pictures."""
