"""Files that are cut short or have a bit flipped, and what becomes of reading them."""

from hypothesis import strategies as st


def damage(path, data):
    """Cut the file short or flip one of its bits, as `data` draws."""
    content = bytearray(path.read_bytes())
    if data.draw(st.booleans(), "truncate"):
        content = content[: data.draw(st.integers(0, len(content) - 1))]
    else:
        content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(content)


def loaded_or_message(load, path):
    """What `load` reads, or what the `ValueError` says."""
    try:
        return load(path)
    except ValueError as error:
        return str(error)
