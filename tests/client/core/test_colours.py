"""A stable colour for every nick: UX 15."""

from hypothesis import given, strategies as st

from client.core.colours import colour_index


def test_colours_never_change():
    """The same nick has the same colour in every run: these are promises."""
    assert [colour_index(nick, 12) for nick in ["ana", "bob", "joão", "carol"]] == [9, 8, 1, 2]


def test_hash_is_the_published_one():
    """FNV-1a of "a" with 32 bits is 0xe40c292c (its authors' test vectors)."""
    assert colour_index("a", 1 << 32) == 0xE40C292C


def test_case_does_not_matter():
    """Ana is ana."""
    assert colour_index("ANA", 12) == colour_index("ana", 12)


@given(st.text(st.characters(), max_size=10), st.integers(1, 256))
def test_every_nick_has_one(nick, count):
    """Always a valid index."""
    assert 0 <= colour_index(nick, count) < count


def test_colours_are_spread():
    """Similar nicks do not share one colour."""
    assert len({colour_index(f"user{number}", 12) for number in range(60)}) == 12
