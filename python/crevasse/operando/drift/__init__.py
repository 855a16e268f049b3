"""How a scan has moved, and its grey values moved back."""
