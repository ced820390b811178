"""The sessions of this project. Each installs exactly what its lock in locks/ says."""

from __future__ import annotations

import os
from pathlib import Path

import nox

import lockhouse.nox as lockhouse

nox.needs_version = ">=2025.2.9"
nox.options.sessions = ["lint", "typing", "tests", "docs"]
nox.options.default_venv_backend = "uv"
nox.options.reuse_existing_virtualenvs = True

MATRIX = ["3.11", "3.12", "3.13"]


@lockhouse.session(environment="tests")
def tests(session: nox.Session) -> None:
    """Run the tests with the Python that runs nox."""
    session.run("pytest", "-n", "2", "-m", "not full", *session.posargs)


@lockhouse.session(environment="tests", python=MATRIX, name="full", default=False)
def full(session: nox.Session) -> None:
    """Run the tests on every Python, none left out for what a machine lacks; the heavy runs on the first one."""
    chosen = [] if session.python == MATRIX[0] else ["-m", "not full"]
    session.run("pytest", "-n", "2", *chosen, *session.posargs, env={"LOCKHOUSE_TEST_ALL": "1"})


@lockhouse.session(environment="tests", default=False)
def coverage(session: nox.Session) -> None:
    """Measure branch coverage, the processes that the tests start included."""
    session.run("coverage", "erase")
    session.run("coverage", "run", "-m", "pytest", "-m", "not full", *session.posargs)
    session.run("coverage", "combine")
    session.run("coverage", "report")


@lockhouse.session(environment="tests", default=False)
def benchmarks(session: nox.Session) -> None:
    """Measure how long it takes to find that nothing changed."""
    session.run("python", "benchmarks/check.py", *session.posargs)
    session.run("python", "benchmarks/project.py")


@lockhouse.session(environment="tests", default=False, name="benchmarks-wheelhouse")
def benchmarks_wheelhouse(session: nox.Session) -> None:
    """Measure how long it takes to make a folder of wheels, against pip and pex."""
    session.run("python", "benchmarks/wheelhouse.py", *session.posargs)


@lockhouse.session(environment="lint")
def lint(session: nox.Session) -> None:
    """Check style and the direction of imports."""
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("lint-imports", "--no-cache")


@lockhouse.session(environment="typing")
def typing(session: nox.Session) -> None:
    """Check types."""
    session.run("mypy")


@lockhouse.session(environment="docs")
def docs(session: nox.Session) -> None:
    """Build the documentation, with warnings as errors."""
    output = Path(os.environ.get("DOCS_OUTPUT", "docs/_build"))
    session.run("python", "-m", "sphinx", "-W", "-n", "--keep-going", "-b", "html", "docs", str(output))
