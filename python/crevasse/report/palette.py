"""Colours that mean the same in every figure."""

# Okabe & Ito's palette: told apart with every common colour vision.
NEW = "#d55e00"
PREEXISTING = "#0072b2"
SHORT = "#1a1a1a"
