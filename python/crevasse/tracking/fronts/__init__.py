"""How far cracks have gone from the working electrode, how fast, and when they will bridge."""
