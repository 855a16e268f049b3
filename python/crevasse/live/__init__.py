"""The analysis while the experiment runs: `crevasse watch`.

Needs the extra `operando`: pip install 'crevasse[operando]'.
"""

from crevasse.live.alarms import Alarm, Webhook, alarms
from crevasse.live.arrivals import Arrivals, Sighting
from crevasse.live.lock import FolderLock
from crevasse.live.readings import Reading, readings
from crevasse.live.register import Register, ScanRecord, State
from crevasse.live.watcher import Options, Watcher

__all__ = [
    "Alarm",
    "Arrivals",
    "FolderLock",
    "Options",
    "Reading",
    "Register",
    "ScanRecord",
    "Sighting",
    "State",
    "Watcher",
    "Webhook",
    "alarms",
    "readings",
]
