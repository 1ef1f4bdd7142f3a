"""The numerics, by name. Source: Modern IRC, "Numerics"."""

import pytest

from irc import numerics

NAMES = [name for name in vars(numerics) if name.startswith(("RPL_", "ERR_"))]


def test_values_are_numerics():
    """Three digits, as they stand in a line."""
    values = [getattr(numerics, name) for name in NAMES]
    assert all(len(value) == 3 and value.isdigit() for value in values)
    assert len(NAMES) > 140


def test_no_value_has_two_names():
    """A client that looks a numeric up by its value finds one name."""
    assert len({getattr(numerics, name) for name in NAMES}) == len(NAMES)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RPL_WELCOME", "001"),
        ("RPL_ISUPPORT", "005"),
        ("RPL_NAMREPLY", "353"),
        ("ERR_CANNOTSENDTOCHAN", "404"),
        ("ERR_INVALIDCAPCMD", "410"),
        ("ERR_INPUTTOOLONG", "417"),
        ("ERR_NICKNAMEINUSE", "433"),
        ("ERR_CHANOPRIVSNEEDED", "482"),
        ("RPL_SASLSUCCESS", "903"),
        ("ERR_SASLTOOLONG", "905"),
    ],
)
def test_some_that_matter(name, value):
    """Modern IRC, "Numerics"; IRCv3 capability-negotiation, sasl-3.1."""
    assert getattr(numerics, name) == value
