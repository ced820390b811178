"""One lock and the files that hold it: paths, reading, writing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lockhouse.errors import LockInvalidError, LockMissingError
from lockhouse.model.spec import LockFormat
from lockhouse.model.unparsed import UNPARSED, why_unparsed
from lockhouse.storage.lockfiles.quicklook import QuickLook, fold, look, with_head

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from lockhouse.model.lock import Lock
    from lockhouse.model.spec import EnvironmentSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class LockFiles:
    """Where one lock lies.

    :ivar root: the project's folder
    :ivar directory: folder of the lock relative to the project, with forward slashes
    :ivar name: name of the lock, and the label of its target where it is for one target only
    :ivar lock_format: format
    :ivar lock_command: the command that locks the environment
    """

    root: Path
    directory: str
    name: str
    lock_format: LockFormat
    lock_command: str

    @property
    def place(self) -> str:
        """Give the path of the main file relative to the project, with forward slashes."""
        return f"{self.directory}/{self._main_name}"

    @property
    def main(self) -> Path:
        """Give the file with the pins."""
        return self.root / self.directory / self._main_name

    @property
    def _main_name(self) -> str:
        if self.lock_format is LockFormat.PYLOCK:
            return f"pylock.{self.name}.toml"
        return f"{self.name}-requirements.txt"

    @property
    def _record(self) -> Path:
        return self.main.with_name(f"{self.name}-requirements.record.toml")

    @property
    def missing_record(self) -> str | None:
        """Give the place of the file with the records where the format has one and it is not there, else None."""
        if self.lock_format is LockFormat.PYLOCK or self._record.exists():
            return None
        return self._record_place

    @property
    def _record_place(self) -> str:
        return f"{self.directory}/{self._record.name}"

    @property
    def paths(self) -> tuple[Path, ...]:
        """Give the files that hold what is locked, whether they are there or not."""
        return (self.main,) if self.lock_format is LockFormat.PYLOCK else (self.main, self._record)

    def exists(self) -> bool:
        """Tell whether there is a lock.

        :raises LockInvalidError: something else than a file is in its place
        """
        if self.main.is_file():
            return True
        if self.main.exists():
            raise LockInvalidError(
                f"{self.place} is {'a folder' if self.main.is_dir() else 'no file'}",
                why="the lock belongs there",
                fix=f"move it out of the way, then run: {self.lock_command}",
            )
        return False

    def quick_look(self) -> QuickLook:
        """Look at the lock without parsing it.

        :raises LockMissingError: there is none
        :raises LockInvalidError: it cannot be read
        """
        main, record = self._bytes()
        return look(main) if self.lock_format is LockFormat.PYLOCK else look(record, main)

    def mentions(self, words: Iterable[bytes]) -> bool:
        """Tell whether one of these words stands in the lock, wherever and for whatever reason.

        :param words: the words
        :raises LockMissingError: there is none
        :raises LockInvalidError: it cannot be read
        """
        texts = self._bytes()
        return any(word in text for word in words for text in texts)

    def read(self) -> Lock:
        """Read and validate the lock.

        :raises LockMissingError: there is none
        :raises LockInvalidError: it cannot be read, breaks a rule of its format, or is of a newer version
        """
        try:
            return self._read()
        except LockInvalidError as error:
            if error.fix is not None:
                raise
            fix = f"restore it from version control, or lock anew without reading it: {self.lock_command} --upgrade"
            raise LockInvalidError(error.what, why=error.why, fix=fix) from error

    def _read(self) -> Lock:
        from lockhouse.storage.lockfiles import pylock, requirements  # noqa: PLC0415
        from lockhouse.storage.lockfiles.validation import validate_record  # noqa: PLC0415

        main, record = self._bytes()
        if self.lock_format is LockFormat.PYLOCK:
            return pylock.from_document(_parse(main, self.place, self.lock_command), self.place, self.directory)
        place = self._record_place
        document = _parse(record, place, self.lock_command) if record or self._record.exists() else None
        if document is not None:
            validate_record(document, place)
            if (
                not isinstance(tool := document.get("tool"), dict) or "lockhouse" not in tool
            ):  # the file is ours alone: it is not whole
                raise LockInvalidError(f"{place} is truncated", why="it has no table [tool.lockhouse]")
        return requirements.read(_text(main, self.place, self.lock_command), document, self.place, self.directory)

    def render(self, spec: EnvironmentSpec, lock: Lock) -> Mapping[Path, bytes]:
        """Give the bytes of all files of a lock, the file that vouches for the others last.

        :param spec: what the lock is for
        :param lock: its content, with a record
        """
        import tomli_w  # noqa: PLC0415

        from lockhouse.storage.lockfiles import pylock, requirements  # noqa: PLC0415

        title = f'The lock "{spec.lock_name}", written by Lockhouse. To change it, change the inputs: lockhouse lock'
        if self.lock_format is LockFormat.PYLOCK:
            body = pylock.to_toml(lock, self.directory)
            return {self.main: with_head(body, title=title, inputs=spec.inputs)}
        name = self.main.stem
        constraints = requirements.constraints_text(spec, name)
        pins = requirements.pins_text(
            lock, name, inputs=spec.inputs, constraints=constraints is not None, directory=self.directory
        )
        files = {self.main.with_suffix(".in"): requirements.inputs_text(spec, name)}
        if constraints is not None:
            files[self.main.with_name(f"{name}-constraints.in")] = constraints
        files[self.main] = pins
        body = tomli_w.dumps(requirements.record_document(lock, spec.lock_directory)).encode()
        files[self._record] = with_head(body, title=title, inputs=spec.inputs, also=(pins,))
        return files

    def _bytes(self) -> tuple[bytes, bytes]:
        try:
            main = fold(self.main.read_bytes())
        except FileNotFoundError:
            raise LockMissingError(f"{self.place} is not there", fix=self.lock_command) from None
        except OSError as error:
            raise _unreadable(self.place, error) from error
        if self.lock_format is LockFormat.PYLOCK:
            return main, b""
        try:
            return main, fold(self._record.read_bytes())
        except FileNotFoundError:
            return main, b""
        except OSError as error:
            raise _unreadable(self._record_place, error) from error


def lock_files(root: Path, spec: EnvironmentSpec, target: str | None = None) -> LockFiles:
    """Say where the lock of an environment lies.

    :param root: the project's folder
    :param spec: the environment
    :param target: label of the one target that the lock is for, None for a universal lock
    """
    name = spec.lock_name if target is None else f"{spec.lock_name}-{target}"
    return LockFiles(
        root=root,
        directory=spec.lock_directory,
        name=name,
        lock_format=spec.lock_format,
        lock_command=spec.lock_command,
    )


def _unreadable(place: str, error: OSError) -> LockInvalidError:
    why = error.strerror or str(error)
    return LockInvalidError(
        f"{place} cannot be read", why=why, fix="make it readable, or restore it from version control"
    )


def _text(data: bytes, place: str, lock_command: str) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise LockInvalidError(f"{place} is not UTF-8 text", why=str(error)) from error
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith(("<<<<<<< ", ">>>>>>> ")):
            raise LockInvalidError(
                f"{place}:{number}: an unresolved merge",
                why=f"the line is {line!r}",
                fix=f"take one side whole (git checkout --ours {place}, or --theirs), then run: {lock_command}",
            )
    return text


def _parse(data: bytes, place: str, lock_command: str) -> dict[str, Any]:
    import tomllib  # noqa: PLC0415 - not for a quick look

    text = _text(data, place, lock_command)
    try:
        return tomllib.loads(text)
    except UNPARSED as error:
        raise LockInvalidError(f"{place} is no valid TOML", why=why_unparsed(error)) from error
