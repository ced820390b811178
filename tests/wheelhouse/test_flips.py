"""One flipped byte, anywhere: what is not what the lock says never gets into the store."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lockhouse.errors import LockhouseError
from lockhouse.interpreters import describe
from lockhouse.model.build_policy import NEVER_BUILD
from lockhouse.model.plan import select
from lockhouse.model.spec import LockFormat
from lockhouse.operations.from_wheelhouse import WheelhouseSource
from lockhouse.process import run_command
from lockhouse.silence import SilentReporter
from lockhouse.storage.lockfiles import LockFiles
from lockhouse.storage.store import Store
from tests.builds.looking import built_wheels
from tests.builds.packages import sdist_with_hooks
from tests.model.making import spec
from tests.scenarios.installing import declare, lock

from .making import MANIFEST, build

if TYPE_CHECKING:
    from lockhouse.testing import PackageIndex, ProjectFolder


@pytest.mark.parametrize("step", [11, pytest.param(1, marks=pytest.mark.full)], ids=["some", "every byte"])
@pytest.mark.parametrize("name", ["house", "house.zip", "house.tar.gz"])
def test_no_flip_gets_into_the_store(
    name: str, step: int, index: PackageIndex, project: ProjectFolder, tmp_path: Path
) -> None:
    wheel = index.add_wheel("demo", "1.0", modules={"demo.py": ""})
    index.add(sdist_with_hooks("source", ""))
    declare(project, "demo", "source")
    lock(project)
    build(project, "--output" if name == "house" else "--archive", name)
    (built,) = built_wheels()
    sound = {wheel.data, built.read_bytes()}
    path = project / name
    files = LockFiles(
        root=project.path, directory="locks", name="tests", lock_format=LockFormat.PYLOCK, lock_command=""
    )
    digest = files.quick_look().digest
    target = describe(Path(sys.executable), run=run_command, cache=None, environ=os.environ)
    refused = flips = 0
    for file in sorted(path.iterdir()) if path.is_dir() else [path]:
        data = file.read_bytes()
        for position in range(0, len(data), step):
            file.write_bytes(data[:position] + bytes([data[position] ^ 1 << position % 8]) + data[position + 1 :])
            flips += 1
            store = Store(tmp_path / "store")
            try:
                source = WheelhouseSource(path, files, digest)
                plan = select(source.lock(target, spec("demo", "source")), target, place="", policy=NEVER_BUILD)
                assert len(plan.files) == 2
                wanted = [(item.package, item.artifact) for item in plan.files]
                source.take_in(wanted, store=store, reporter=SilentReporter(), given_up=lambda: False)
            except LockhouseError:
                refused += 1
            stored = [each.read_bytes() for each in store.files.rglob("*") if each.is_file()]
            assert set(stored) <= sound, (file.name, position)
            shutil.rmtree(store.root, ignore_errors=True)
        file.write_bytes(data)
        if file.name == MANIFEST:
            assert refused == flips, "the manifest is read whole"
    assert refused > 500 // step
