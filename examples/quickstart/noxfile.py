"""Runs the tests with nox, on three Pythons, from one lock."""

import nox

import lockhouse.nox as lockhouse


@lockhouse.session(environment="tests", python=["3.11", "3.12", "3.13"])
def tests(session: nox.Session) -> None:
    """Run the tests."""
    session.run("pytest", *session.posargs)
