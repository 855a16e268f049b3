"""Looking at frame after frame."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Generic, Self, TypeVar

from crevasse.operando.drift.motion import Motion
from crevasse.operando.grey.signal import Image
from crevasse.operando.preparation import Preparation

Seen = TypeVar("Seen")


@dataclass(frozen=True, eq=False)
class Sight(ABC, Generic[Seen]):
    """Looks at frame after frame; what it has seen of one is small.

    A value: with what it has seen it gives the sight of the next frame, so a frame that fails
    leaves nothing behind, and what it knows can be sent to where a frame is read.

    Attributes
    ----------
    preparation
        Of the next frame. Once the sight is settled, nothing else changes.
    """

    preparation: Preparation

    @property
    @abstractmethod
    def is_settled(self) -> bool:
        """Whether other frames can be looked at in any order, once it is known how they moved."""

    @abstractmethod
    def look(self, image: Image, motion: Motion) -> Callable[[], tuple[Seen, Self]]:
        """Do all that needs a frame's grey values; what is returned does the rest.

        That gives what is seen of the frame in the light of the first, and the sight of the next
        one. It does not hold the image, which may be written over.
        """

    def observe(self, image: Image) -> Callable[[], tuple[Seen, Self]]:
        """The same of the next frame, which has yet to be prepared."""
        image, motion, preparation = self.preparation.find(image)
        return self.prepared(preparation).look(image, motion)

    def prepared(self, preparation: Preparation) -> Self:
        """With the preparation of the next frame."""
        return replace(self, preparation=preparation)
