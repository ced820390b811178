"""One flipped byte, anywhere: what is not what the lock says never gets into the store."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from lockhouse.errors import LockhouseError
from lockhouse.model.plan import select
from lockhouse.model.spec import LockFormat
from lockhouse.model.target_labels import imagined_target
from lockhouse.operations.from_wheelhouse import WheelhouseSource
from lockhouse.silence import SilentReporter
from lockhouse.storage.lockfiles import LockFiles
from lockhouse.storage.store import Store
from tests.scenarios.installing import declare, lock

from .making import LINUX, MANIFEST, build

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.testing import PackageIndex, ProjectFolder


@pytest.mark.parametrize("name", ["house", "house.zip", "house.tar.gz"])
def test_no_flip_gets_into_the_store(name: str, index: PackageIndex, project: ProjectFolder, tmp_path: Path) -> None:
    wheel = index.add_wheel("demo", "1.0", modules={"demo.py": ""})
    declare(project, "demo")
    lock(project)
    build(project, "--output" if name == "house" else "--archive", name, "--target", LINUX)
    path = project / name
    files = LockFiles(
        root=project.path, directory="locks", name="tests", lock_format=LockFormat.PYLOCK, lock_command=""
    )
    digest = files.quick_look().digest
    target = imagined_target(LINUX)
    refused = 0
    for file in sorted(path.iterdir()) if path.is_dir() else [path]:
        data = file.read_bytes()
        step = 1 if file.name == MANIFEST else 3
        for position in range(0, len(data), step):
            file.write_bytes(data[:position] + bytes([data[position] ^ 0x01]) + data[position + 1 :])
            store = Store(tmp_path / "store")
            try:
                source = WheelhouseSource(path, files, digest)
                plan = select(source.lock(), target, place="")
                wanted = [(item.package, item.artifact) for item in plan.files]
                source.take_in(wanted, store=store, reporter=SilentReporter(), given_up=lambda: False)
            except LockhouseError:
                refused += 1
            stored = [each.read_bytes() for each in store.files.rglob("*") if each.is_file()]
            assert stored in ([], [wheel.data]), (file.name, position)
            shutil.rmtree(store.root, ignore_errors=True)
        file.write_bytes(data)
    assert refused > 100
