"""The errors: what they say, and that they say nothing they should not."""

import pytest

from irc import errors


def test_line_too_long_names_part_and_limit():
    """STYLE 15: an error says what, where and which value."""
    assert str(errors.LineTooLong("body", 512)) == "the body of the line passes 512 bytes"


def test_lines_too_long_compare_by_value():
    """What two ways of feeding a LineBuffer give can be compared."""
    assert errors.LineTooLong("tags", 4096) == errors.LineTooLong("tags", 4096)
    assert len({errors.LineTooLong("tags", 4096), errors.LineTooLong("tags", 4096)}) == 1
    assert errors.LineTooLong("tags", 4096) != errors.LineTooLong("tags", 8191)
    assert errors.LineTooLong("tags", 512) != errors.LineTooLong("body", 512)
    assert errors.LineTooLong("body", 512) != "body"


@pytest.mark.parametrize(
    "error",
    [
        "LineTooLong",
        "ForbiddenByte",
        "InvalidUtf8",
        "MalformedMessage",
        "UnsafeParameter",
        "SaslError",
        "SaslTooLong",
    ],
)
def test_everything_is_a_protocol_error(error):
    """The tree drawn in errors.py."""
    assert issubclass(getattr(errors, error), errors.ProtocolError)
    assert f"── {error} " in errors.__doc__
