"""What of an address is shown: a token never, a commit or a digest in the address of a file all the same."""

from __future__ import annotations

import pytest

from lockhouse.model.indexes import Index, IndexOptions, public_url, recordable_url, restore_url

COMMIT = "0123456789abcdef0123456789abcdef01234567"
DIGESTS = [COMMIT, COMMIT + "01234567890123456789", "c0ffee00" * 8, "c0ffee00" * 12, "c0ffee00" * 16]


@pytest.mark.parametrize("digest", DIGESTS)
@pytest.mark.parametrize("name", ["demo-1.0-py3-none-any.whl", "demo-1.0.tar.gz", "demo-1.0.tar.bz2", "demo.ZIP"])
def test_a_digest_in_the_address_of_a_file_stays_readable(digest: str, name: str) -> None:
    address = f"https://files.example/archive/{digest}/{name}"
    assert public_url(address) == address
    assert public_url(f"{address}?token=sesame") == f"{address}?token=****"


@pytest.mark.parametrize(
    "token", [COMMIT[:20], COMMIT[:32], "c0ffee00" * 6, COMMIT.upper(), "ghp_0123456789abcdef0123456789abcdef0123"]
)
def test_what_has_not_the_form_of_a_digest_is_hidden_there(token: str) -> None:
    assert public_url(f"https://files.example/{token}/demo-1.0.zip") == "https://files.example/****/demo-1.0.zip"


def test_in_the_address_of_an_index_it_may_be_a_token_and_is_known_as_one_in_those_of_its_files() -> None:
    options = IndexOptions(default=Index(url=f"https://index.example/{COMMIT}/simple"))
    assert options.indexes[0].public_url == "https://index.example/****/simple"
    file = f"https://index.example/{COMMIT}/files/demo-1.0.zip"
    hidden = "https://index.example/****/files/demo-1.0.zip"
    assert public_url(file, options.secrets) == recordable_url(file, options.secrets) == hidden
    assert restore_url(hidden, options) == file


def test_a_folder_of_this_machine_is_no_token() -> None:
    options = IndexOptions(default=Index(url=f"file:///srv/pypi-mirror/{COMMIT}/simple"))
    assert options.indexes[0].public_url == options.indexes[0].url
    assert options.secrets == ()
