"""Development tasks: `nox -l` lists them; each makes its own environment."""

from __future__ import annotations

import shutil
from pathlib import Path

import nox

nox.options.sessions = ["lint", "tests", "cpp"]
CPP = sorted(str(p) for p in Path("cpp").rglob("*.[ch]pp"))


@nox.session
def lint(session: nox.Session) -> None:
    """Formatting, lint and types of Python and C++."""
    session.install("-e", ".[operando,test,dev]")
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("mypy")
    session.run("clang-format", "--dry-run", "--Werror", *CPP)


@nox.session
def tidy(session: nox.Session) -> None:
    """clang-tidy over the core."""
    session.install("-e", ".[dev]")
    # Without OpenMP: its header belongs to the compiler, and this is another one.
    off = ("-DCREVASSE_TESTS=OFF", "-DCREVASSE_OPENMP=OFF")
    session.run("cmake", "--preset", "debug", "-B", "build/tidy", *off, external=True)
    sources = [str(p) for p in sorted(Path("cpp/src").glob("*.cpp"))]
    session.run("clang-tidy", "--quiet", "-p", "build/tidy", *sources)


@nox.session(python=["3.11", "3.13"])
def tests(session: nox.Session) -> None:
    """The Python tests, on the oldest and a current interpreter."""
    session.install(".[test]")
    session.run("pytest", "-n", "auto", "--dist", "worksteal", *session.posargs)


@nox.session(python=["3.14t"])
def free_threaded(session: nox.Session) -> None:
    """Kernels, threads and processes on an interpreter without the GIL, where there is one."""
    session.install(".", "hypothesis", "matplotlib", "pandas", "pytest", "scikit-image", "scipy")
    session.run(
        "python", "-c", "import sys, crevasse; assert not sys._is_gil_enabled(), 'it is on again'"
    )
    names = ("threads", "processes", "blocks", "label", "runs", "regions", "distance",
             "local_thickness", "overlap", "tracker")  # fmt: skip
    session.run("pytest", *(f"tests/test_{name}.py" for name in names), *session.posargs)


@nox.session
def slow(session: nox.Session) -> None:
    """Big volumes and long searches; needs about 8 GB of memory."""
    session.install(".[test]")
    session.run("pytest", "-m", "slow", *session.posargs)


@nox.session
def pipelines(session: nox.Session) -> None:
    """The steps in the pipelines that they are for; httomo as far as it goes without a GPU."""
    session.install(".[test,ewoks]", "ewoks", "prefect>=3")
    session.install("--no-deps", "httomo==3.0", "httomo-backends", "httomolib")
    session.install("click", "graypy", "hdf5plugin", "loguru", "mpi4py", "mpich", "pyyaml", "tqdm")
    files = ("tests/test_blocks.py", "tests/test_steps.py")
    session.run("pytest", "-m", "slow or not slow", *files, *session.posargs)


@nox.session
@nox.parametrize("preset", ["release", "asan-ubsan", "tsan"])
def cpp(session: nox.Session, preset: str) -> None:
    """The C++ tests; needs doctest from the system."""
    session.run("cmake", "--preset", preset, external=True)
    session.run("cmake", "--build", "--preset", preset, "--parallel", external=True)
    session.run("ctest", "--preset", preset, external=True)


@nox.session
def bench(session: nox.Session) -> None:
    """Benchmarks beside the peers."""
    session.install(".[bench]")
    for script in sorted(Path("benchmarks").glob("bench_*.py")):
        session.run("python", str(script), *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """The documentation as a site, in build/site; a broken link or name fails."""
    session.install(".[docs,operando]")
    session.run("mkdocs", "build")


@nox.session
def clean(session: nox.Session) -> None:
    """Remove what builds have left."""
    for folder in ("build", "dist", ".nox"):
        shutil.rmtree(folder, ignore_errors=True)
    session.log("removed build, dist and .nox")
