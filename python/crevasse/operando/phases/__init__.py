"""Phases by grey value and place."""
