"""Lithium layers between collectors and electrolyte."""
