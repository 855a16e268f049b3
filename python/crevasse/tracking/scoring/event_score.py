"""Which of the true events a history has, and which it made up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from crevasse.tracking.events import EventType
from crevasse.tracking.history import History
from crevasse.tracking.scoring.matching import Matching
from crevasse.tracking.scoring.pairing import pair_in_order
from crevasse.tracking.scoring.ratio import ratio
from crevasse.tracking.scoring.truth import Truth, TruthEvent

_BESIDE = (EventType.BRIDGE, EventType.UNBRIDGE)


@dataclass(frozen=True)
class FoundEvent:
    """An event of a result, in terms of the truth's ids; attributes as of `TruthEvent`.

    A node that stands for no object is 0. Unlike what is stated as true, what is found need not
    make sense, so nothing is checked.
    """

    type: str
    frame: int
    parents: tuple[int, ...]
    children: tuple[int, ...]
    subtype: str
    direction: str
    former: tuple[int, ...]
    gap_frames: int


@dataclass(frozen=True)
class EventScore:
    """How many events of one kind are right.

    Attributes
    ----------
    n_truth, n_result, n_matched
        Events in the truth, in the result, and pairs of the two that agree.
    mean_delay
        Mean of result less truth over the pairs, in frames; 0 where there is none.
    max_delay
        The greatest of these, early or late, in frames.
    """

    n_truth: int
    n_result: int
    n_matched: int
    mean_delay: float = 0.0
    max_delay: int = 0

    @property
    def precision(self) -> float:
        """Share of the result's events that are true; 1 where it has none."""
        return ratio(self.n_matched, self.n_result)

    @property
    def recall(self) -> float:
        """Share of the true events that the result has; 1 where there are none."""
        return ratio(self.n_matched, self.n_truth)

    @property
    def f1(self) -> float:
        """Twice the pairs over all events of both."""
        return ratio(2 * self.n_matched, self.n_truth + self.n_result)


_Pairs = list[tuple[TruthEvent, FoundEvent]]


def compare_events(
    truth: Truth, found: Sequence[FoundEvent], tolerance: int
) -> dict[str, EventScore]:
    """Scores by kind of event, sorted by name.

    Kinds are the event types. An event is right where type, parents and children are, at most
    `tolerance` frames from its time; each counts once, and of all ways to pair them that with most
    pairs, and among these with least delay, is taken. What the truth states beyond that is scored
    as kinds of their own: "birth/remote" and the like for
    subtypes, "birth/stripping" for directions, and for reopenings "reopening/former" (the voxels
    were those of the right objects) and "reopening/gap".
    """
    pairs = _pair(truth.events, found, tolerance)
    scores = {}
    for kind in {str(e.type) for e in truth.events} | {e.type for e in found}:
        delays = [b.frame - a.frame for a, b in pairs if a.type == kind]
        scores[kind] = EventScore(
            n_truth=sum(event.type == kind for event in truth.events),
            n_result=sum(event.type == kind for event in found),
            n_matched=len(delays),
            mean_delay=ratio(sum(delays), len(delays), nothing=0.0),
            max_delay=max(map(abs, delays), default=0),
        )
    for attribute in ("subtype", "direction"):
        scores |= _attribute_scores(attribute, truth.events, found, pairs)
    return dict(sorted((scores | _memory_scores(pairs)).items()))


def found_events(history: History, matching: Matching) -> Iterator[FoundEvent]:
    """A history's events in terms of the truth's ids."""
    parents, children = _members(history, matching, "after"), _members(history, matching, "before")
    memory = _memory(history, matching)
    for row in history.events.rows():
        block = row["cause"] if row["type"] in _BESIDE else row["event"]
        former, gap = memory.get(block, ((), 0))
        reopening = row["type"] == EventType.REOPENING
        yield FoundEvent(
            type=row["type"],
            frame=row["frame"],
            parents=tuple(sorted(parents[block])),
            children=tuple(sorted(children[block])),
            subtype=row["subtype"],
            direction=row["direction"],
            former=former if reopening else (),
            gap_frames=gap if reopening else 0,
        )


def _members(history: History, matching: Matching, side: str) -> defaultdict[int, list[int]]:
    """For each event, what the nodes before or after it stand for."""
    members: defaultdict[int, list[int]] = defaultdict(list)
    columns = (history.nodes[name].tolist() for name in ("frame", "label", f"event_{side}"))
    for frame, label, event in zip(*columns, strict=True):
        members[event].append(matching.stands_for((frame, label)))
    return members


def _memory(history: History, matching: Matching) -> dict[int, tuple[tuple[int, ...], int]]:
    """For each event that made a node over voxels open before: whose they were, and the gap."""
    columns = (history.nodes[name].tolist() for name in ("frame", "label", "event_before"))
    event_of = {(frame, label): event for frame, label, event in zip(*columns, strict=True)}
    rows: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for row in history.memory.rows():
        former = matching.crack_stands_for(row["crack"], row["frame"])
        rows[event_of[row["frame"], row["label"]]].append((former, row["gap_frames"]))
    return {
        event: (tuple(sorted({former for former, _ in of})), min(gap for _, gap in of))
        for event, of in rows.items()
    }


def _pair(truth: Sequence[TruthEvent], found: Sequence[FoundEvent], tolerance: int) -> _Pairs:
    """As many pairs of equal signature as there can be, and of these the nearest in time."""
    true: defaultdict[object, list[TruthEvent]] = defaultdict(list)
    claimed: defaultdict[object, list[FoundEvent]] = defaultdict(list)
    for event in sorted(truth, key=lambda e: e.frame):
        true[str(event.type), event.parents, event.children].append(event)
    for claim in sorted(found, key=lambda e: e.frame):
        claimed[claim.type, claim.parents, claim.children].append(claim)
    pairs: _Pairs = []
    for signature, events in true.items():
        claims = claimed.get(signature, [])
        frames = [e.frame for e in events], [e.frame for e in claims]
        pairs += [(events[i], claims[j]) for i, j in pair_in_order(*frames, tolerance)]
    return pairs


def _attribute_scores(
    attribute: str, truth: Sequence[TruthEvent], found: Sequence[FoundEvent], pairs: _Pairs
) -> dict[str, EventScore]:
    """Scores by type and value of an attribute; what the truth leaves open is not held against.

    Of types of which it states none, nothing is scored.
    """
    types = {str(a.type) for a in truth if getattr(a, attribute)}
    unstated = {id(b) for a, b in pairs if not getattr(a, attribute)}
    unstated |= {id(b) for b in found if b.type not in types}

    def kinds(events: Sequence[TruthEvent | FoundEvent]) -> list[str]:
        return [
            f"{event.type}/{getattr(event, attribute)}"
            for event in events
            if getattr(event, attribute) and id(event) not in unstated
        ]

    true, claimed = kinds(truth), kinds(found)
    agreeing = [
        f"{a.type}/{getattr(a, attribute)}"
        for a, b in pairs
        if getattr(a, attribute) and getattr(a, attribute) == getattr(b, attribute)
    ]
    return {
        kind: EventScore(true.count(kind), claimed.count(kind), agreeing.count(kind))
        for kind in {*true, *claimed}
    }


def _memory_scores(pairs: _Pairs) -> dict[str, EventScore]:
    """Of the reopenings that are right and whose past is stated: whether that is right too."""
    stated = [(a, b) for a, b in pairs if a.former]
    if not stated:
        return {}
    n = len(stated)
    return {
        "reopening/former": EventScore(n, n, sum(a.former == b.former for a, b in stated)),
        "reopening/gap": EventScore(n, n, sum(a.gap_frames == b.gap_frames for a, b in stated)),
    }
