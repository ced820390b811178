"""Names of variables stand in one place, so that who reads them and who hides what they hold cannot differ."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import lockhouse

SOURCES = Path(lockhouse.__file__).parent


@pytest.mark.parametrize("name", ["LOCKHOUSE_", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_DIR"])
def test_a_name_stands_once(name: str) -> None:
    places = {
        path.relative_to(SOURCES).as_posix()
        for path in SOURCES.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and node.value == name
    }
    assert {place for place in places if not place.startswith("testing/")} == {"model/variables.py"}


def test_they_cost_a_quick_answer_nothing() -> None:
    code = "import sys; before = set(sys.modules); import lockhouse.model.variables; print(set(sys.modules) - before)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ast.literal_eval(done.stdout) <= {"lockhouse", "lockhouse.model", "lockhouse.model.variables", "__future__"}
