"""Of the methods database of httomo: the methods of crevasse."""
