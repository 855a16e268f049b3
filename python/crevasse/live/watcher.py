"""The analysis while the experiment runs: look, analyse, write, tell, wait."""

from __future__ import annotations

import math
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from crevasse.io.scan import natural_key, skipped_number
from crevasse.live.alarms import Alarm, Webhook, alarms
from crevasse.live.arrivals import Arrivals, Clock
from crevasse.live.clock import ScanClock
from crevasse.live.intake import Intake
from crevasse.live.outputs import Outputs
from crevasse.live.readings import Reading, readings
from crevasse.live.register import State
from crevasse.live.session import Session
from crevasse.live.status import Status, reading_values
from crevasse.live.words import alarm_line
from crevasse.operando import AlarmRule, Analysis, Experiment

CHECKPOINT = ".watch"
_HEARTBEAT = 10.0
_STEP = 0.1  # of waiting, after which is looked whether to end

Say = Callable[[str], None]
Tell = Callable[[Reading, dict[str, str]], None]


@dataclass(frozen=True)
class Options:
    """How to watch; times in s.

    Attributes
    ----------
    settle
        How long a scan must not have changed before it counts as whole.
    every
        Between two looks at the folder.
    slices
        Of each scan; None: as many as the first has.
    retries
        How often a scan that cannot be analysed is tried again, `settle` apart.
    until, idle
        End after this many scans, or when nothing has changed for so long; None: go on.
    page_every
        Least time between two writings of the page while scans queue up.
    """

    settle: float = 10.0
    every: float = 2.0
    slices: int | None = None
    retries: int = 3
    until: int | None = None
    idle: float | None = None
    page_every: float = 10.0


class Watcher:
    """Watch a folder, analyse its scans as they come, and keep the report up to date.

    Its state is one file, written after each scan; all other files are made of that, so that a
    watch that is broken off at any moment goes on as if it had not been.

    Parameters
    ----------
    source
        Folder or pattern; may be empty or not there yet.
    experiment
        What is wanted; its own source is not looked at.
    folder
        Where to write; must exist, and nobody else may watch into it.
    title
        Of the page.
    rules, webhook
        When to raise an alarm, and where to send it beside stderr.
    options
        How to watch.
    tell
        Called for each scan that is analysed, with its units.
    warn
        Called with each line for an operator.
    clock
        Gives seconds that only rise.

    Raises
    ------
    ValueError
        If the folder holds the analysis of another experiment.
    """

    def __init__(
        self,
        source: str,
        experiment: Experiment,
        folder: Path,
        *,
        title: str,
        rules: Sequence[AlarmRule] = (),
        webhook: Webhook | None = None,
        options: Options | None = None,
        tell: Tell = lambda reading, units: None,
        warn: Say = lambda line: print(line, file=sys.stderr),
        clock: Clock = time.monotonic,
    ) -> None:
        self._options = options or Options()
        settle = self._options.settle
        self._rules, self._webhook, self._tell, self._warn = rules, webhook, tell, warn
        self._clock = clock
        times = ScanClock(experiment.scans, settle=settle, clock=clock)
        self._session = Session(experiment, source, times, folder / CHECKPOINT)
        self._arrivals = Arrivals(source, settle=settle, clock=clock)
        self._intake = Intake(
            self._session,
            times,
            slices=self._options.slices or experiment.scans.slices,
            dataset=experiment.scans.dataset,
            retries=self._options.retries,
            pause=settle,
            now=clock,
        )
        self._outputs = Outputs(folder, title)
        self._status = Status(source, {"time": times.unit(None)})
        self._aside = ""
        self._told = self._outputs.told()
        self._saved = self._not_saved = self._page_of = (-1, -1)
        self._not_saved_at = -math.inf
        self._page_at = self._beat_at = -math.inf
        self._page_took = 0.0
        self._status_of: tuple[object, ...] = ()
        self._resumed = self._session.resume()
        self._by_interval = experiment.scans.interval is not None
        self._became = {record.name: record.state for record in self._session.register}
        self._gaps: set[tuple[str, str]] = set()
        if self._resumed:  # there is a page already, and scans may have queued up
            self._page_at = clock()

    def run(self, stop: Callable[[], bool] = lambda: False) -> int:
        """Watch until told to stop, or until the options say so; return how many are analysed."""
        if self._resumed:
            self._after_scan()
        else:
            self._try("report", lambda: self._outputs.waiting(self._status))
        while True:
            end = self._why_end(stop)
            if end:
                break
            self._poll(stop)
            self._write(force=False)
            self._wait(stop)
        self._status.ended, self._not_saved = end, (-1, -1)
        self._write(force=True)
        return self._session.n_analysed

    @property
    def trouble(self) -> list[str]:
        """What goes wrong at the moment, a line each."""
        return list(self._status.trouble.values())

    def _why_end(self, stop: Callable[[], bool]) -> str:
        options = self._options
        if stop():
            return "stopped"
        if options.until is not None and self._session.n_analysed >= options.until:
            return f"{options.until} scans have been analysed"
        if options.idle is not None and self._clock() - self._intake.last_change >= options.idle:
            return f"nothing has come for {options.idle:g} s"
        return ""

    def _poll(self, stop: Callable[[], bool]) -> None:
        def analysed() -> bool:
            self._after_scan()
            return not self._why_end(stop)

        try:
            sightings = self._arrivals.look(decided=self._session.register.names)
        except (OSError, ValueError) as error:  # a server that is away for a while
            self._trouble("scans", f"cannot look for scans: {error}; going on")
            return
        self._trouble("scans", "")
        self._tell_aside()
        self._intake.take_in(sightings, self._begin_scan, analysed)
        self._status.busy = ""

    def _tell_aside(self) -> None:
        aside = self._arrivals.aside
        if aside and aside != self._aside:
            self._warn(f"warning: {aside}")
        self._aside = aside

    def _tell_scans(self) -> None:
        """What became of scans that are not simply analysed, and that one may be missing."""
        for record in self._session.register:
            if self._became.get(record.name) != record.state:
                self._became[record.name] = record.state
                if record.state != State.ANALYSED:
                    self._warn(f"{record.name} is {record.state.value}: {record.why}")
        if self._by_interval:
            self._tell_gap()

    def _tell_gap(self) -> None:
        """That a scan may be missing, which shifts the times of those after it."""
        register = self._session.register
        names = {record.name for record in register if record.state != State.DUPLICATE}
        gap = skipped_number(sorted({*names, *self._intake.waiting}, key=natural_key))
        if gap and gap not in self._gaps:
            self._gaps.add(gap)
            self._warn(
                f"warning: {gap[1]} follows {gap[0]}: if a scan is missing there, times from there "
                "on are too early; give times"
            )

    def _begin_scan(self, name: str) -> None:
        """Say what is worked on, for it may take long."""
        self._status.busy = name
        self._try("status.json", lambda: self._outputs.status(self._status))

    def _after_scan(self) -> None:
        """With a scan that has just been analysed, or those of a watch that was broken off."""
        analysis = self._session.analysis()
        if analysis is None:
            return
        status, n_before = self._status, len(self._status.rows)
        status.busy = ""
        if not status.rows:
            self._begin(analysis)
        status.rows = readings(analysis, status.rows)
        self._save()
        if n_before or not self._resumed:
            self._tell(status.rows[-1], status.units)
        status.fired = alarms(status.rows, self._rules)
        for alarm in status.fired:
            if (alarm.name, alarm.rule) not in self._told:
                self._raise(alarm)
        self._write(force=False)

    def _begin(self, analysis: Analysis) -> None:
        """With the first scan, which says what numbers are in."""
        series = analysis.series
        ndim = len(series.shape)
        wrong = [rule.fits(series.unit, series.time_unit, ndim) for rule in self._rules]
        if any(wrong):
            raise ValueError("; ".join(filter(None, wrong)))
        self._status.units = {
            "volume": analysis.history.frames.units["volume"],
            "length": series.unit,
            "time": series.time_unit,
        }

    def _raise(self, alarm: Alarm) -> None:
        """Tell of an alarm, then note that it has been told: rather twice than never."""
        self._warn(f"ALARM {alarm_line(alarm, self._status.units)}")
        if self._webhook is not None:
            row = self._status.rows[alarm.frame]
            more = {"units": self._status.units, "source": self._status.source}
            wrong = self._webhook.send(alarm, more | {"reading": reading_values(row)})
            if wrong:
                self._warn(f"{wrong}; the alarm is in alarms.csv")
        self._told.add((alarm.name, alarm.rule))

    def _save(self) -> None:
        now = (self._session.n_analysed, self._session.register.revision)
        lately = now == self._not_saved and self._clock() - self._not_saved_at < _HEARTBEAT
        if now == self._saved or lately:
            return
        if self._try("checkpoint", self._session.save):
            self._saved = now
        else:
            self._not_saved, self._not_saved_at = now, self._clock()

    def _write(self, *, force: bool) -> None:
        """What has changed; the page not too often while scans queue up."""
        status, now = self._status, self._clock()
        register = self._session.register
        status.scans = register.table(self._intake.waiting, status.units["time"])
        self._tell_scans()
        self._save()
        self._try("scans.csv", lambda: self._outputs.scans(status))
        self._try("alarms.csv", lambda: self._outputs.alarms(status))
        state = (len(status.rows), register.revision)
        # While scans queue up, most of the time is theirs.
        pause = max(self._options.page_every, 3 * self._page_took)
        due = state != self._page_of and now - self._page_at >= pause
        if status.rows and (force or due):
            self._write_page(state)
        told = (*state, status.page, *sorted(self._intake.waiting.items()))
        due = told != self._status_of or now - self._beat_at >= _HEARTBEAT
        if (force or due) and self._try("status.json", lambda: self._outputs.status(status)):
            self._beat_at, self._status_of = now, told

    def _write_page(self, state: tuple[int, int]) -> None:
        analysis, status = self._session.analysis(), self._status
        assert analysis is not None
        begin = self._clock()
        before, status.page = status.page, f"{os.getpid()}-{state[0]}-{state[1]}"
        # Whatever is wrong with a figure, scans are analysed on.
        if self._try("report", lambda: self._outputs.report(analysis, status), Exception):
            self._page_of = state
        else:
            status.page = before
        self._page_took = self._clock() - begin
        self._page_at = begin + self._page_took

    def _try(self, what: str, write: Callable[[], None], wrong: type[Exception] = OSError) -> bool:
        """Write; if that fails, say so, for it is tried again, and there is more to lose."""
        try:
            write()
        except wrong as error:
            why = getattr(error, "strerror", None) or " ".join(str(error).split())
            self._trouble(what, f"{what} cannot be written: {why}; going on, and trying again")
            return False
        self._trouble(what, "")
        return True

    def _trouble(self, what: str, line: str) -> None:
        """Note and tell what is wrong, once; or that it is no longer."""
        before = self._status.trouble.pop(what, "")
        if line:
            self._status.trouble[what] = line
        if line != before:
            self._warn(f"warning: {line}" if line else f"{what}: well again")

    def _wait(self, stop: Callable[[], bool]) -> None:
        until = self._clock() + self._options.every
        while not stop() and self._clock() < until:
            time.sleep(max(0.0, min(_STEP, until - self._clock())))
