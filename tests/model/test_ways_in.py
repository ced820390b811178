from __future__ import annotations

from pathlib import Path

from lockhouse.model.indexes import Index, IndexOptions
from lockhouse.model.ways_in import ways_in

HOW_TO = Path(__file__).parents[2] / "docs/how-to/private-indexes.md"


def test_an_index_with_a_name_has_variables_of_its_own() -> None:
    options = IndexOptions(
        default=Index(url="https://user@index.example/simple", name="our.private"),
        extra=(Index(url="https://other.example:8080/simple", name="other"),),
    )
    assert ways_in("index.example", options).startswith(
        "UV_INDEX_OUR_PRIVATE_USERNAME and UV_INDEX_OUR_PRIVATE_PASSWORD, "
    )
    assert "UV_INDEX_OTHER_PASSWORD" in ways_in("other.example:8080", options)
    assert "UV_INDEX_OUR_PRIVATE_PASSWORD" in ways_in("", options)
    assert "UV_INDEX_<NAME>_PASSWORD" in ways_in("third.example", options)


def test_the_how_to_has_the_same_ways() -> None:
    text = HOW_TO.read_text(encoding="utf-8").partition("## Credentials")[2].partition("\n## ")[0]
    for way in ("UV_INDEX_PRIVATE_USERNAME", "variable in the address", ".netrc", "UV_KEYRING_PROVIDER", "pip or uv"):
        assert way in text
    said = ways_in("", IndexOptions(default=Index(url="https://index.example", name="private")))
    for way in ("UV_INDEX_PRIVATE_USERNAME", "variable in its address", ".netrc", "UV_KEYRING_PROVIDER", "pip or uv"):
        assert way in said
