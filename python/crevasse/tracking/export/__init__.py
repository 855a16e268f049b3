"""Histories for other tools: networkx, napari, geff, ParaView."""
