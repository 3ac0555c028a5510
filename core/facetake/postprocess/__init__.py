"""What is done to curves after the network: smoothing, rest, lip closures, gains and masks."""
