"""How right a history is, where the truth is known."""
