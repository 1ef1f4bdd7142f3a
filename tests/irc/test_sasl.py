"""SASL. Source: IRCv3 sasl-3.1; RFC 4616 (PLAIN)."""

import base64

import pytest
from hypothesis import example, given, strategies as st

from irc.errors import SaslError, SaslTooLong
from irc.sasl import CHUNK, ChunkReader, decode_plain, encode_plain, split_chunks


def read(chunks, bytes_max=4096):
    reader = ChunkReader(bytes_max)
    *firsts, last = [reader.feed(chunk) for chunk in chunks]
    assert firsts == [None] * len(firsts)
    return last


def test_example_of_the_page():
    """sasl-3.1, "Example protocol exchange"."""
    (chunk,) = split_chunks(encode_plain("jilles", "jilles", "sesame"))
    assert chunk == "amlsbGVzAGppbGxlcwBzZXNhbWU="
    credentials = decode_plain(read([chunk]))
    assert (credentials.authzid, credentials.authcid) == ("jilles", "jilles")
    assert credentials.password == "sesame"


@pytest.mark.parametrize(
    ("response_bytes", "lengths"),
    [
        (0, [1]),
        (1, [4]),
        (297, [396]),
        (298, [400, 1]),
        (300, [400, 1]),
        (301, [400, 4]),
        (600, [400, 400, 1]),
    ],
)
def test_chunks(response_bytes, lengths):
    """A last chunk of exactly 400 is followed by "+"; an empty response is "+"."""
    chunks = split_chunks(b"x" * response_bytes)
    assert [len(chunk) for chunk in chunks] == lengths
    assert (chunks[-1] == "+") == (lengths[-1] == 1)


@given(st.binary(max_size=1300))
@example(b"x" * 300)
@example(b"x" * 900)
def test_chunks_round_trip(response):
    """What is split comes back, and only the last chunk completes it."""
    assert read(split_chunks(response)) == response


def test_reader_is_ready_for_the_next_response():
    """A client may try again with another mechanism."""
    reader = ChunkReader(3)
    assert reader.feed("YWJj") == b"abc"
    assert reader.feed("YWJk") == b"abd"
    with pytest.raises(SaslTooLong):
        reader.feed("x" * CHUNK)
    assert reader.feed("+") == b""


@pytest.mark.parametrize("response_bytes", [299, 300, 301])
def test_limit_at_its_edge(response_bytes):
    """sasl-3.1: the server MAY limit the length of a response."""
    chunks = split_chunks(b"x" * response_bytes)
    assert read(chunks, response_bytes) == b"x" * response_bytes
    with pytest.raises(SaslTooLong):
        read(chunks, response_bytes - 1)


def test_endless_chunks_are_refused_when_they_pass():
    """What is kept of an unfinished response never passes its limit either."""
    reader = ChunkReader(300)
    assert reader.feed("x" * CHUNK) is None
    with pytest.raises(SaslTooLong):
        reader.feed("x" * CHUNK)
    assert reader.feed("YWJj") == b"abc"


def test_a_chunk_is_at_most_400():
    """sasl-3.1: longer chunks do not exist."""
    with pytest.raises(SaslTooLong):
        ChunkReader(4096).feed("x" * (CHUNK + 1))


@pytest.mark.parametrize("chunk", ["YWJ", "YW=j", "YWJj\n", "Y W J j", "é", "*", "====", "YWJ-"])
def test_not_base64(chunk):
    """RFC 4648 strictly; nothing is skipped, and the error does not quote it."""
    with pytest.raises(SaslError) as caught:
        ChunkReader(4096).feed(chunk)
    assert not isinstance(caught.value, SaslTooLong)
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    "response",
    [b"", b"ana", b"\0ana", b"\0ana\0pw\0x", b"\0\0pw", b"\0ana\0", b"\0\xff\0pw", b"a\0\0"],
)
def test_not_plain(response):
    """RFC 4616: three parts in UTF-8; name and password are not empty."""
    with pytest.raises(SaslError) as caught:
        decode_plain(response)
    assert "pw" not in str(caught.value)


@pytest.mark.parametrize(
    "credentials",
    [("", "", "pw"), ("", "ana", ""), ("\0", "ana", "pw"), ("", "a\0", "pw"), ("", "a", "p\0w")],
)
def test_plain_refuses_what_would_not_read_back(credentials):
    """RFC 4616: NUL separates, so it is in no part."""
    with pytest.raises(SaslError):
        encode_plain(*credentials)


PARTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


@given(PARTS, PARTS.filter(bool), PARTS.filter(bool))
def test_plain_round_trips(authzid, authcid, password):
    """Names and passwords of every script come back as they were."""
    credentials = decode_plain(encode_plain(authzid, authcid, password))
    assert (credentials.authzid, credentials.authcid) == (authzid, authcid)
    assert credentials.password == password


def test_password_is_not_in_the_repr():
    """RELIABILITY row 30: no secret in a log or a traceback."""
    response = base64.b64decode("AGFuYQBodW50ZXIy")
    assert "hunter2" not in repr(decode_plain(response))
