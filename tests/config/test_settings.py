from __future__ import annotations

import jsonschema  # type: ignore[import-untyped]
import msgspec
import pytest

from lockhouse.config.settings import EnvironmentSettings, IndexSettings, LockhouseSettings, schema
from lockhouse.config.validation import parse_environment, parse_settings
from lockhouse.errors import InvalidSettingError
from lockhouse.model.spec import LockFormat, Origin, ProjectMode

TABLE = Origin(source="[tool.lockhouse]", file="pyproject.toml", line=3)
SESSION = Origin(source='session "tests"', file="noxfile.py", line=12)


def problems(mapping: dict[str, object], place: Origin = TABLE) -> str:
    with pytest.raises(InvalidSettingError) as caught:
        (parse_settings if place is TABLE else parse_environment)(mapping, place)
    return str(caught.value)


def test_nothing_said_gives_the_defaults() -> None:
    settings = parse_settings({}, TABLE)
    assert settings == LockhouseSettings()
    assert (settings.resolver, settings.installer, settings.format) == ("uv", "uv", LockFormat.PYLOCK)
    assert settings.lock_directory == "locks"


def test_a_table_and_keywords_say_the_same() -> None:
    table = parse_environment(
        {"requirement-files": ["a.txt"], "exclude-newer": "2026-01-31", "project": "wheel"}, TABLE
    )
    keywords = parse_environment(
        {"requirement_files": ("a.txt",), "exclude_newer": "2026-01-31", "project": "wheel", "lock": None}, SESSION
    )
    assert table == keywords
    assert keywords.project is ProjectMode.WHEEL


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        ({"resolvr": "uv"}, ["unknown key 'resolvr'", "did you mean 'resolver'?", "(pyproject.toml:3)"]),
        ({"xyzzy": 1}, ["unknown key 'xyzzy'", "fix: remove 'xyzzy'"]),
        ({"format": "pylok"}, ["format: expected one of pylock, requirements", "did you mean 'pylock'?"]),
        ({"prereleases": "yes"}, ["prereleases: expected true or false, found a string"]),
        ({"find-links": ["a", 3]}, ["find-links[1]: expected a string, found a whole number"]),
        ({"find-links": "wheels"}, ["find-links: expected a list, found a string (put it into brackets)"]),
        (
            {"environments": {"tests": {"groups": "test"}}},
            ["[tool.lockhouse.environments.tests]", "put it into brackets"],
        ),
        (
            {"environments": {"tests": ["test"]}},
            ["[tool.lockhouse.environments.tests]", "expected a table, found a list"],
        ),
        ({"environments": []}, ["environments: expected a table, found a list"]),
        ({"python": ">>3"}, ["python: '>>3' is not a bound"]),
        ({"lock-directory": "../locks"}, ["'../locks' is not inside of the project"]),
        ({"lock-directory": "a\0b"}, ["'a\\x00b' is no name of a folder"]),
        ({"lock-directory": "C:\\locks"}, ["is not inside of the project"]),
        (
            {"build-files": ["../gen/*.py"]},
            ["build-files: '../gen/*.py' is not inside", "name files in"],
        ),
        ({"build-files": ["src/../../x.py"]}, ["is not inside of the project"]),
        ({"build-files": ["/gen/a.py"]}, ["'/gen/a.py' is not inside of the project"]),
        ({"build-files": ["C:/gen/a.py"]}, ["is not inside of the project"]),
        ({"build-files": ["gen\\a.py"]}, ["has a backslash", 'write "gen/a.py"']),
        ({"build-files": ["ok.py", ""]}, ["build-files: '' names no file; write a path such as"]),
        ({"build-files": ["."]}, ["'.' names no file"]),
        ({"build-files": ["gen/"]}, ["'gen/' names a folder", 'write "gen/**"']),
        ({"build-files": ["a**/b"]}, ["'a**/b' has \"**\" within a name", "between slashes"]),
        ({"build-files": ["a\0b"]}, ["cannot be the name of a file"]),
        ({"environments": {"tests": {"build-files": ["../x"]}}}, ["[tool.lockhouse.environments.tests]", "'../x'"]),
        ({"exclude-newer": "yesterday"}, ["'yesterday' is no date"]),
        ({"exclude-newer": "2026-01-31T12:00:00"}, ["has no offset from UTC"]),
        ({"allow-unhashed": ["no name"]}, ["allow-unhashed: 'no name' is not the name of a package"]),
        ({"resolver": ""}, ["resolver: expected a string of length >= 1"]),
        ({"indexes": [{"url": "https://x.example", "name": "a b"}]}, ["name: expected a string matching regex"]),
        ({"indexes": [{"name": "a"}]}, ["indexes[0]", "'url' is missing"]),
        ({"indexes": ["https://index.example"]}, ["indexes[0]: expected a table such as"]),
        ({"indexes": {"url": "https://index.example"}}, ["indexes: expected a list, found a table"]),
        (
            {"indexes": [{"url": "https://a.example", "default": True}, {"url": "https://b.example", "default": True}]},
            ["more than one index is the default"],
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_place(mapping: dict[str, object], words: list[str]) -> None:
    text = problems(mapping)
    for word in words:
        assert word in text


def test_all_problems_are_named_at_once() -> None:
    text = problems({"resolvr": "uv", "no-index": 1, "environments": {"a": {"extrs": []}, "b": {"pythons": ["3"]}}})
    assert "pyproject.toml: 4 settings are wrong" in text
    assert all(word in text for word in ("'resolver'", "no-index", "'extras'", "'3' names no Python version"))


def test_a_keyword_is_answered_in_its_own_spelling() -> None:
    assert "did you mean 'requirement_files'?" in problems({"requirement_fils": []}, SESSION)


def test_an_address_is_not_shown() -> None:
    assert "s3cret" not in problems({"indexes": [{"url": ["https://user:s3cret@index.example"]}]})


def test_the_line_of_a_key_is_found() -> None:
    lines: dict[tuple[str, ...], int] = {("environments", "tests", "extrs"): 8}
    with pytest.raises(InvalidSettingError, match=r"pyproject\.toml:8"):
        parse_settings({"environments": {"tests": {"extrs": []}}}, TABLE, line_of=lines.get)


@pytest.mark.parametrize(
    ("said", "moment"),
    [
        ("2026-01-31", "2026-02-01T00:00:00Z"),
        ("2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z"),
        ("2026-01-31T12:00:00+02:00", "2026-01-31T10:00:00Z"),
        ("2026-01-31 12:00:00Z", "2026-01-31T12:00:00Z"),
    ],
)
def test_a_cut_off_is_a_moment_in_utc(said: str, moment: str) -> None:
    assert parse_settings({"exclude-newer": said}, TABLE).exclude_newer == moment


def test_a_date_of_toml_is_a_date() -> None:
    import tomllib  # noqa: PLC0415

    table = tomllib.loads("exclude-newer = 2026-01-31")
    assert parse_settings(table, TABLE).exclude_newer == "2026-02-01T00:00:00Z"
    table = tomllib.loads("exclude-newer = 2026-01-31T12:00:00-01:00")
    assert parse_settings(table, TABLE).exclude_newer == "2026-01-31T13:00:00Z"


@pytest.mark.parametrize("model", [LockhouseSettings, EnvironmentSettings, IndexSettings])
def test_every_field_is_described_in_the_schema(model: type[msgspec.Struct]) -> None:
    properties = schema()["$defs"][model.__name__]["properties"]
    assert set(properties) == {field.encode_name for field in msgspec.structs.fields(model)}
    assert [key for key, value in properties.items() if not value.get("description")] == []


GOOD = {
    "resolver": "pip",
    "indexes": [{"url": "https://index.example/simple", "default": True}],
    "environments": {"tests": {"groups": ["test"], "python": ">=3.11", "format": "requirements"}},
}


def test_the_schema_accepts_what_the_reader_accepts() -> None:
    parse_settings(GOOD, TABLE)
    jsonschema.Draft202012Validator(schema()).validate(GOOD)


@pytest.mark.parametrize(
    "mapping",
    [{"resolvr": "uv"}, {"format": "x"}, {"environments": {"a": {"groups": "x"}}}, {"python": ""}, {"indexes": [{}]}],
)
def test_the_schema_refuses_what_the_reader_refuses(mapping: dict[str, object]) -> None:
    problems(mapping)
    assert not jsonschema.Draft202012Validator(schema()).is_valid(mapping)


def test_no_null_is_in_the_schema() -> None:
    assert "null" not in msgspec.json.encode(schema()).decode()
