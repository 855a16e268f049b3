"""Global heaps of HDF5 files: texts of any length, and what virtual datasets consist of.

The library trusts them. It never comes to the end of a heap in which an object takes no room, and
it crashes over the parts of a virtual dataset before it compares their checksum.

After the HDF5 File Format Specification, version 4.0: III.E, and "VDS" in VIII.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

SIGNATURE = b"GCOL\1"
_VIRTUAL = b"\3"  # the class of a layout, before its address and number
_HEADER = 16  # bytes: of a heap, and of each object in it
_MOST = 1 << 16  # objects, for their numbers have 16 bits
_WORD = (1 << 32) - 1

Read = Callable[[int, int], bytes]


@dataclass(frozen=True)
class Heap:
    """A global heap.

    Attributes
    ----------
    begin
        Its first byte in the file.
    objects
        First byte and number of bytes of each object, by the object's number.
    """

    begin: int
    objects: dict[int, tuple[int, int]]

    @classmethod
    def read(cls, read: Read, begin: int, end_of_file: int, length_size: int) -> Heap | None:
        """Go through a heap as the library does; None if that has no end in the file.

        `read` gives so many bytes from a place, `length_size` is how many a length has there.
        """

        def length(at: int) -> int:
            return int.from_bytes(read(at, length_size), "little")

        at, end = begin + _HEADER, begin + length(begin + 8)
        objects: dict[int, tuple[int, int]] = {}
        for _ in range(_MOST if end <= end_of_file else 0):
            if at + _HEADER > end:  # what is left is too little for another one
                return cls(begin, objects) if at <= end else None
            number, n_bytes = int.from_bytes(read(at, 2), "little"), length(at + 8)
            # Number 0 is what is free, its own header included; objects are filled up to 8 bytes.
            room = _HEADER + -(-n_bytes // 8) * 8 if number else n_bytes
            if room < _HEADER:
                return None
            objects[number] = at + _HEADER, n_bytes
            at += room
        return None

    def virtual_layouts(self, known: bytes | bytearray, address: bytes) -> Iterator[int]:
        """Numbers of the objects that layouts of virtual datasets in `known` refer to.

        `address` is that of this heap, as it is written there.
        """
        layout = _VIRTUAL + address
        at = known.find(layout)
        while at >= 0:
            number = known[at + len(layout) :][:4]
            if len(number) == 4:
                yield int.from_bytes(number, "little")
            at = known.find(layout, at + 1)

    def holds_whole_parts(self, read: Read, number: int) -> bool:
        """Whether an object is what a virtual dataset consists of, as its checksum says."""
        if number not in self.objects:
            return False
        parts = read(*self.objects[number])
        return lookup3(parts[:-4]) == int.from_bytes(parts[-4:], "little")


def lookup3(data: bytes) -> int:
    """The checksum of HDF5's structures.

    References
    ----------
    .. [1] B. Jenkins, "lookup3.c, for hash table lookup", 2006, `hashlittle`.

    Examples
    --------
    >>> hex(lookup3(b"Four score and seven years ago"))
    '0x17770551'
    """
    x = y = z = (0xDEADBEEF + len(data)) & _WORD
    words = [int.from_bytes(data[i : i + 4], "little") for i in range(0, len(data), 4)]
    words += [0] * (-len(words) % 3)
    for i in range(0, len(words), 3):
        x, y, z = (x + words[i]) & _WORD, (y + words[i + 1]) & _WORD, (z + words[i + 2]) & _WORD
        if i + 3 < len(words):
            for turn in (4, 6, 8, 16, 19, 4):
                x, y, z = y, (z + y) & _WORD, ((x - z) & _WORD) ^ _turned(z, turn)
    if data:
        for turn in (14, 11, 25, 16, 4, 14, 24):
            x, y, z = y, ((z ^ y) - _turned(y, turn)) & _WORD, x
    return y


def _turned(word: int, bits: int) -> int:
    return (word << bits | word >> (32 - bits)) & _WORD
