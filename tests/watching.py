"""A watch over a small cell, in this process, whose clock goes a second with each few looks."""

import csv

from crevasse.live import Options, Watcher
from crevasse.operando import AlarmRule, Experiment

import filament


class Clock:
    """Seconds that pass when told to, or a second with each look at it."""

    def __init__(self, step=0.0):
        self.now, self.step = 0.0, step

    def __call__(self):
        self.now += self.step
        return self.now


class Run:
    """A watch into `folder`/out whose clock goes a second with each look at it."""

    def __init__(self, folder, phase="high = 100", change=lambda e: e, **options):
        self.folder, self.lines, self.readings = folder, [], []
        experiment = Experiment.from_toml(filament.write_experiment(folder, phase), check=False)
        (folder / "out").mkdir(exist_ok=True)
        rules = options.pop("rules", ())
        webhook = options.pop("webhook", None)
        self.watcher = Watcher(
            options.pop("source", str(folder / "in")),
            change(experiment),
            folder / "out",
            title="Cell",
            rules=[AlarmRule.parse(rule) for rule in rules],
            webhook=webhook,
            options=Options(**{"settle": 5.0, "every": 0.0, "idle": 200.0} | options),
            tell=lambda reading, units: self.readings.append(reading),
            warn=self.lines.append,
            clock=Clock(step=0.25),
        )

    def __call__(self, stop=lambda: False):
        return self.watcher.run(stop)

    def rows(self, name="scans.csv"):
        with (self.folder / "out" / name).open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def states(self):
        return {row["name"]: row["state"] for row in self.rows()}

    def why(self, name):
        return next(row["why"] for row in self.rows() if row["name"] == name)


def when_analysed(number, do):
    """A `stop` that does something once, after so many scans, and never stops."""
    done = []

    def stop(run):
        if len(run.readings) >= number and not done:
            done.append(do())
        return False

    return stop
