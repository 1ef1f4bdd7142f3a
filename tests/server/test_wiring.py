"""From the config to the parts' own settings (server/wiring.py)."""

import stat

import pytest

from server.wiring import ADDRESS_KEY_BYTES, address_key_of


def test_the_key_of_addresses_stays(tmp_path):
    """It is made once, for our user alone, and leaves nothing beside it."""
    key = address_key_of(tmp_path)
    assert len(key) == ADDRESS_KEY_BYTES
    assert address_key_of(tmp_path) == key
    (path,) = tmp_path.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("rest", [b"", b"half"])
def test_half_a_key_hides_nothing(tmp_path, rest):
    """What a crash has left is replaced: without a key every address can be found by trying all."""
    (tmp_path / "address.key").write_bytes(rest)
    (tmp_path / "address.key.new").write_bytes(rest)
    key = address_key_of(tmp_path)
    assert len(key) == ADDRESS_KEY_BYTES
    assert address_key_of(tmp_path) == key
