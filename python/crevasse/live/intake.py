"""From scans that arrive to scans that are analysed, in order; what is not is said why."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from crevasse.io import Scan, open_scan
from crevasse.io.refusal import UnfinishedError
from crevasse.io.scan import without_half_floats
from crevasse.live.arrivals import Clock, Sighting, stamp_of
from crevasse.live.clock import ScanClock
from crevasse.live.register import ScanRecord, State
from crevasse.live.session import Session, Voxels, digest_of, handed_over
from crevasse.operando import ExperimentError

_GROWING = "it is still growing, or has just come"
_CHANGED = "its grey values are not those that were analysed; run crevasse analyze at the end"
_LATE = "it came after a scan that follows it; run crevasse analyze at the end"
_NOT_AFTER = "it was not taken after {}, which is analysed; run crevasse analyze at the end"


class _NotReadyError(Exception):
    """Only time will tell whether a scan can be analysed."""


@dataclass(frozen=True)
class _Try:
    """The last one of a scan that was `stamp` then: how many there have been, when, and why not."""

    stamp: str
    count: int
    at: float
    why: str


class Intake:
    """Takes scans in, one after the other as people count.

    A scan that cannot be analysed holds up those behind it, until it has been tried often enough.
    One that only lacks slices, other parts or a time is given up only for one behind it that lacks
    nothing.

    Parameters
    ----------
    session
        What analyses them.
    clock
        When scans were taken.
    slices
        Of each scan; None: as many as the first has.
    dataset
        Which array of each scan, where it holds several.
    retries
        How often a scan is tried again.
    pause
        Between tries, in s.
    now
        Gives seconds that only rise.

    Attributes
    ----------
    waiting
        Scans that have not been decided on: name and why.
    """

    def __init__(
        self,
        session: Session,
        clock: ScanClock,
        *,
        slices: int | None,
        dataset: str | None,
        retries: int,
        pause: float,
        now: Clock = time.monotonic,
    ) -> None:
        self._session, self._clock = session, clock
        self._slices, self._dataset = slices, dataset
        self._retries, self._pause, self._now = retries, pause, now
        self._tries: dict[str, _Try] = {}
        self._last_look: tuple[str, ...] = ()
        self.last_change = now()
        self.waiting: dict[str, str] = {}

    def take_in(
        self,
        sightings: list[Sighting],
        begin: Callable[[str], None],
        analysed: Callable[[], bool],
    ) -> None:
        """Take in what is ready of the scans that lie there now.

        `begin` is called with the name of each scan before it is read, `analysed` after each that
        has been analysed; no other is begun if that gives False.
        """
        self._note_changes(sightings)
        register, self.waiting = self._session.register, {}
        held_up_by = ""
        for i, seen in enumerate(sightings):
            known = register.get(seen.name)
            if known is not None and known.stamp == seen.stamp:
                continue
            if register.is_late(seen.name) or (known is not None and known.frame >= 0):
                self._look_again(seen, known)
            elif held_up_by:
                self.waiting[seen.name] = f"behind {held_up_by}"
            else:
                why = self._attempt(seen, sightings[i + 1 :], begin)
                if why:
                    self.waiting[seen.name], held_up_by = why, seen.name
                    continue
                self.last_change = self._now()  # more may have come meanwhile
                if self._is_analysed(seen.name) and not analysed():
                    break

    def _is_analysed(self, name: str) -> bool:
        record = self._session.register.get(name)
        return record is not None and record.state == State.ANALYSED

    def _note_changes(self, sightings: list[Sighting]) -> None:
        look = tuple(f"{seen.name} {seen.stamp}" for seen in sightings)
        if look != self._last_look:
            self._last_look, self.last_change = look, self._now()

    def _attempt(self, seen: Sighting, later: list[Sighting], begin: Callable[[str], None]) -> str:
        """Decide on a scan; why it has to wait, empty if it does not."""
        if not seen.settled:
            return _GROWING
        last = self._tries.get(seen.name)
        if last is not None and last.stamp != seen.stamp:
            last = None
        if last is not None and self._now() - last.at < self._pause:
            return last.why
        try:
            scan, when = self._ready(seen)
            begin(seen.name)
            self._take(seen, scan, when)
        except _NotReadyError as error:
            why = str(error)
            if not any(self._is_ready(other) for other in later):
                return why
        except ExperimentError:
            raise
        except (ValueError, OSError, MemoryError) as error:
            why = " ".join(str(error).split())
        else:
            return ""
        count = 1 if last is None else last.count + 1
        self._tries[seen.name] = _Try(seen.stamp, count, self._now(), why)
        if count <= self._retries:
            return why
        self._session.register.put(ScanRecord(seen.name, State.BROKEN, seen.stamp, why))
        return ""

    def _is_ready(self, seen: Sighting) -> bool:
        if not seen.settled:
            return False
        try:
            self._ready(seen)
        except (_NotReadyError, ValueError, OSError, MemoryError):
            return False
        return True

    def _ready(self, seen: Sighting) -> tuple[Scan, float]:
        """A scan that has all its slices, and its time."""
        self._require_slices(seen.n_slices)
        scan = self._opened(seen)
        self._require_slices(scan.shape[0] if len(scan.shape) == 3 else 0)
        session = self._session
        first = scan.provenance if session.first is None else session.first
        try:
            when = self._clock.time(scan, session.register.position(seen.name), first.end)
        except (ValueError, OSError) as error:
            raise _NotReadyError(" ".join(str(error).split())) from error
        return scan, when

    def _require_slices(self, n_found: int) -> None:
        """As many as there must be, where there are any."""
        shape = self._session.shape
        wanted = self._slices or (shape[0] if shape is not None and len(shape) == 3 else 0)
        if 0 < n_found < wanted:
            raise _NotReadyError(f"it has {n_found} of {wanted} slices")

    def _opened(self, seen: Sighting) -> Scan:
        if seen.n_bytes == 0:
            raise _NotReadyError("it is empty")
        try:
            return without_half_floats(open_scan(seen.path, self._dataset))
        except UnfinishedError as error:
            raise _NotReadyError(str(error)) from error

    def _take(self, seen: Sighting, scan: Scan, when: float) -> None:
        """Analyse a scan, or see that it is a copy or late."""
        image = self._read(seen, scan)
        digest = digest_of(image)
        original = self._session.register.original(digest)
        if original is not None:
            self._session.register.put(_copy(seen, original, digest))
            return
        before = self._session.register.analysed[-1:]
        if before and before[0].time is not None and when <= before[0].time:
            why = _NOT_AFTER.format(before[0].name)
            self._session.register.put(
                ScanRecord(seen.name, State.LATE, seen.stamp, why, digest=digest)
            )
            return
        record = ScanRecord(seen.name, State.ANALYSED, seen.stamp, time=when, digest=digest)
        read = handed_over(image)
        del image
        self._session.add(scan, read, record)

    def _read(self, seen: Sighting, scan: Scan) -> Voxels:
        misfit = self._session.misfit(scan)
        if not misfit and self._slices and len(scan.shape) == 3 and scan.shape[0] != self._slices:
            misfit = f"it has {scan.shape[0]} slices, expected are {self._slices}"
        if misfit:
            raise ValueError(misfit)
        image = scan.read()
        if stamp_of(seen.path) != seen.stamp:
            raise ValueError("it changed while it was read")
        return image

    def _look_again(self, seen: Sighting, known: ScanRecord | None) -> None:
        """At a scan that is late, or not what it was."""
        if not seen.settled:
            if known is None:
                self.waiting[seen.name] = _GROWING
            return
        try:
            digest = digest_of(self._opened(seen).read())
        except (_NotReadyError, ValueError, OSError, MemoryError):
            digest = ""
        register = self._session.register
        if known is not None and known.frame >= 0:
            same = digest == known.digest
            state = State.ANALYSED if same else State.CHANGED
            register.renew(known, seen.stamp, state, "" if same else _CHANGED)
            return
        original = register.original(digest)
        if original is not None:
            register.put(_copy(seen, original, digest))
        else:
            register.put(ScanRecord(seen.name, State.LATE, seen.stamp, _LATE, digest=digest))


def _copy(seen: Sighting, original: ScanRecord, digest: str) -> ScanRecord:
    why = f"it has the grey values of {original.name}"
    return ScanRecord(seen.name, State.DUPLICATE, seen.stamp, why, digest=digest)
