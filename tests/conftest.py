import hypothesis
import matplotlib
import numpy as np
import pytest

matplotlib.use("Agg")

# The same examples in every run: a failure must not depend on the day. With
# `--hypothesis-profile=search` new ones are looked for.
hypothesis.settings.register_profile("fixed", derandomize=True, deadline=None, max_examples=40)
hypothesis.settings.register_profile("search", deadline=None, max_examples=2000)
hypothesis.settings.load_profile("fixed")


@pytest.fixture(scope="session")
def cluster():
    """Worker processes on this machine; a test sets how many it wants."""
    from distributed import LocalCluster
    from distributed.core import Status

    local = LocalCluster(n_workers=1, threads_per_worker=1, processes=True, dashboard_address=":0")
    yield local
    # distributed's own, while it closes: of a worker that was killed, it may not know the name.
    try:
        local.close()
    except KeyError:
        local.status = Status.closed  # lest it warn when it is collected, which is an error here


@pytest.fixture
def client(cluster):
    from distributed import Client

    with Client(cluster) as connected:
        yield connected


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20250812)


@pytest.fixture
def no_page(monkeypatch):
    """A watch without its page, which takes seconds and is looked at elsewhere."""
    from crevasse.live.outputs import Outputs

    monkeypatch.setattr(Outputs, "report", lambda self, analysis, status: None)
