"""Reads the pages of the documentation that can be followed step by step, and follows them.

Two kinds of blocks count. A code block with a caption is a file of that name, or is added to one where the caption ends
with "(add)". A console block holds commands, each after "$ ", and lines that their output must have, where … stands for
anything. A comment in front of a block says what is unusual: "% not run: why", or "% exit 1".
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lockhouse.testing.packages import BACKEND_NAME, BUILD_SYSTEM, backend_source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockhouse.testing import PackageIndex, ProjectFolder

DOCS = Path(__file__).parents[2] / "docs"

_BLOCK = re.compile(r"(?ms)(?:^% (?P<remark>[^\n]*)\n)?^```(?P<language>[^\n]*)\n(?P<body>.*?)^```$")
_CAPTION = re.compile(r":caption: (?P<file>\S+)(?P<add> \(add\))?\n\n?")
_BUILD_SYSTEM = re.compile(r'\[build-system\]\nrequires = \["hatchling[^\n]*\nbuild-backend = "hatchling.build"\n')

# stands for the real one: runs the test functions of tests/, which is all that the pages need
PYTEST = r"""
import importlib.util, pathlib, sys
def main():
    passed = 0
    for path in sorted(pathlib.Path("tests").glob("test_*.py")):
        spec = importlib.util.spec_from_file_location(path.stem, path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        for name, function in vars(module).items():
            if name.startswith("test_"):
                function()
                passed += 1
    print(f"{passed} passed on {sys.version_info[0]}.{sys.version_info[1]}")
"""
HUMANIZE = 'def precisedelta(delta):\n    return f"{delta.seconds // 60} minutes"\n'


@dataclass(frozen=True, kw_only=True)
class Block:
    """One block of a page: a file, or commands."""

    body: str
    file: str | None = None
    added: bool = False
    exit_code: int = 0


def blocks(page: Path) -> Iterator[Block]:
    """List the blocks of a page that are to be followed, in their order."""
    for match in _BLOCK.finditer(page.read_text(encoding="utf-8")):
        remark, body = match["remark"] or "", match["body"]
        if remark.startswith("not run"):
            continue
        caption = _CAPTION.match(body)
        if caption is not None:
            yield Block(body=body[caption.end() :], file=caption["file"], added=caption["add"] is not None)
        elif match["language"] == "console":
            code = re.fullmatch(r"exit (\d+)", remark)
            yield Block(body=body, exit_code=0 if code is None else int(code[1]))


def follow(page: Path, project: ProjectFolder, index: PackageIndex) -> int:
    """Do what a page says, and hold what comes out against what it shows.

    :return: how many commands were run
    """
    count = 0
    for block in blocks(page):
        body = block.body.replace("https://index.example/simple", index.url)
        if block.file is None:
            for command, expected in _commands(body):
                _run(command, expected, block.exit_code, project)
                count += 1
        elif block.added:
            project.write(block.file, (project.read(block.file) + "\n" + body).encode())
        else:
            _write(block.file, body, project)
    return count


def _write(name: str, body: str, project: ProjectFolder) -> None:
    if _BUILD_SYSTEM.search(body):  # the backend of the page would have to be downloaded
        _, *keys = BUILD_SYSTEM.splitlines()  # in as many lines as before: messages of the page name lines
        body = _BUILD_SYSTEM.sub(lambda _: f"build-system = {{ {', '.join(keys)} }}\n\n\n", body)
        project.write(f"{name.rpartition('/')[0] or '.'}/{BACKEND_NAME}.py", backend_source())
    project.write(name, body.encode())


def _commands(body: str) -> Iterator[tuple[str, list[str]]]:
    for part in re.split(r"(?m)^\$ ", body)[1:]:
        command, *expected = part.rstrip("\n").split("\n")
        yield command, [line for line in expected if line.strip()]


def _run(command: str, expected: list[str], exit_code: int, project: ProjectFolder) -> None:
    result = project.run(*shlex.split(command), timeout=300)
    assert result.returncode == exit_code, result
    lines = result.output.splitlines()
    for line in expected:
        pattern = ".*".join(re.escape(part) for part in line.rstrip().split("…"))
        assert any(re.fullmatch(pattern, found.rstrip()) for found in lines), f"no line is {line!r}\n{result}"


def fill(index: PackageIndex) -> None:
    """Serve what the pages install, in the versions that they show."""
    index.add_wheel("humanize", "4.16.0", modules={"humanize.py": HUMANIZE})
    for version in ("8.4.2", "9.1.1"):
        index.add_wheel(
            "pytest",
            version,
            requires=["iniconfig>=1.0.1", "pluggy>=1.5", 'colorama>=0.4; sys_platform == "win32"'],
            modules={"pytest.py": PYTEST},
            entry_points={"console_scripts": {"pytest": "pytest:main"}},
            upload_time="2025-09-01T00:00:00Z" if version == "8.4.2" else "2026-06-01T00:00:00Z",
        )
    index.add_wheel("iniconfig", "2.3.0")
    index.add_wheel("pluggy", "1.6.0")
    index.add_wheel("colorama", "0.4.6")
    index.add_wheel("hypothesis", "6.150.0", requires=["sortedcontainers<3,>=2.1"])
    index.add_wheel("sortedcontainers", "2.4.0")
    index.add_wheel("sphinx", "9.0.4")
    for version in ("4.2.30", "5.2.12"):
        index.add_wheel("django", version, requires=["asgiref", "sqlparse"])
    index.add_wheel("asgiref", "3.11.0")
    index.add_wheel("sqlparse", "0.5.5")
