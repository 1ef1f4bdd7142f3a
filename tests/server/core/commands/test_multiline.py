"""Messages of several lines (IRCv3 draft/multiline, client-batch), as lines in and lines out."""

from __future__ import annotations

import re

import pytest

from tests.support.chat import Chat
from tests.support.several_lines import CAPS, LINES, bodies, fails, of, say

# Delivery.


def test_a_batch_reaches_who_has_the_capability():
    """As a batch with its lines, blank and joined ones too; tags on its start (multiline)."""
    chat = Chat("ana", "bob", caps=CAPS)
    heard = say(chat, "ana", *LINES, opening="@+x=y BATCH +1 draft/multiline #LOBBY")
    start, *inside, end = heard["bob"]
    msgid = chat.last.facts[-1].msgid
    reference = re.search(r"BATCH \+(\S+) draft/multiline #lobby$", start)[1]
    assert re.fullmatch("[A-Za-z0-9-]+", reference)
    head = f"@msgid={msgid};tlschat/seq=1;+x=y :ana!ana@user/ana "
    assert start == f"{head}BATCH +{reference} draft/multiline #lobby"
    tag = f"@batch={reference}"
    assert inside == [
        f"{tag} :ana!ana@user/ana PRIVMSG #lobby :hello",
        f"{tag} :ana!ana@user/ana PRIVMSG #lobby :",
        f"{tag} :ana!ana@user/ana PRIVMSG #lobby :how is ",
        f"{tag};draft/multiline-concat :ana!ana@user/ana PRIVMSG #lobby :everyone?",
    ]
    assert end == f":ana!ana@user/ana BATCH -{reference}"
    assert len(heard["ana"]) == len(heard["bob"])


def test_others_get_lines():
    """No batch, no blank lines, the sender's own lines; the id on the first (Fallback)."""
    chat = Chat("ana", caps=CAPS)
    chat.login("bob", caps="message-tags account-tag batch")
    heard = say(chat, "ana", *LINES, opening="@+x=y BATCH +1 draft/multiline #lobby")
    msgid = chat.last.facts[-1].msgid
    assert heard["bob"] == [
        f"@msgid={msgid};account=ana;+x=y :ana!ana@user/ana PRIVMSG #lobby :hello",
        "@account=ana :ana!ana@user/ana PRIVMSG #lobby :how is ",
        "@account=ana :ana!ana@user/ana PRIVMSG #lobby :everyone?",
    ]


def test_one_message_is_kept():
    """One number, one id, and the combined value as text."""
    chat = Chat("ana", "bob", caps=CAPS)
    say(chat, "ana", *LINES)
    (said,) = (fact for fact in chat.last.facts if type(fact).__name__ == "Said")
    assert (said.text, said.seq) == ("hello\n\nhow is everyone?", 1)
    assert chat.session("ana").batch is None


def test_notices_and_people():
    """NOTICE in place of PRIVMSG, and somebody in place of a room; the peer's nick as target."""
    chat = Chat("ana", "bob", caps=CAPS)
    lines = of("one", "two", command="NOTICE", target="BOB")
    heard = say(chat, "ana", *lines, opening="BATCH +1 draft/multiline bob")
    assert bodies(heard["bob"])[1:3] == ["NOTICE bob :one", "NOTICE bob :two"]


def test_to_the_operators_of_a_room():
    """STATUSMSG holds for a batch, too."""
    chat = Chat("ana", "bob", caps=CAPS)
    chat.say("ana", "JOIN #tea")
    chat.say("bob", "JOIN #tea")
    lines = of("one", "two", target="@#tea")
    heard = say(chat, "bob", *lines, opening="BATCH +1 draft/multiline @#tea")
    assert bodies(heard["ana"])[1:3] == ["PRIVMSG @#tea :one", "PRIVMSG @#tea :two"]
    assert chat.last.facts[-1].conversation == ""


def test_a_batch_of_one_line_is_a_message():
    """There is nothing to batch."""
    chat = Chat("ana", "bob", caps=CAPS)
    heard = say(chat, "ana", *of("one"))
    assert bodies(heard["bob"]) == ["PRIVMSG #lobby :one"]


def test_an_action_of_several_lines():
    """A batch has it as it was said; for others each line is an action."""
    chat = Chat("ana", "bob", caps=CAPS)
    chat.login("carl")
    heard = say(chat, "ana", *of("\1ACTION waves", "", "and smiles\1"))
    assert bodies(heard["carl"]) == [
        "PRIVMSG #lobby :\1ACTION waves\1",
        "PRIVMSG #lobby :\1ACTION and smiles\1",
    ]
    assert bodies(heard["bob"])[1:-1] == [
        "PRIVMSG #lobby :\1ACTION waves",
        "PRIVMSG #lobby :",
        "PRIVMSG #lobby :and smiles\1",
    ]


def test_the_simple_dialect_gets_lines():
    """Each line that is not blank is a message there; joined ones are one."""
    chat = Chat("ana", caps=CAPS)
    chat.login_simple("sim", "bob")
    assert say(chat, "ana", *LINES)["sim"] == [
        "FROM ana [all]: hello",
        "FROM ana [all]: how is everyone?",
    ]
    lines = of("\1ACTION waves", "and smiles\1")
    assert say(chat, "ana", *lines)["sim"] == ["* ana waves", "* ana and smiles"]


def test_what_is_too_long_for_a_line_is_a_batch_as_well():
    """A text that no longer fits behind its sender stays one message for who has multiline."""
    chat = Chat("ana", "bob", caps=CAPS)
    chat.login("carl", caps="message-tags")
    text = "word " * 96
    heard = chat.say("ana", f"PRIVMSG #lobby :{text}")
    start, first, second, end = heard["bob"]
    assert "BATCH +" in start and "BATCH -" in end
    assert "draft/multiline-concat" in second and "draft/multiline-concat" not in first
    assert "".join(body.partition(" :")[2] for body in bodies([first, second])) == text
    assert len(heard["carl"]) == 2


# Labels and echo.


def test_the_label_is_on_the_start_of_the_echo():
    """And nowhere else; opening and lines are not answered (multiline, Labeled response)."""
    chat = Chat("ana", caps=CAPS)
    assert chat.say("ana", "@label=L BATCH +1 draft/multiline #lobby", *LINES) == {}
    heard = chat.say("ana", "BATCH -1")["ana"]
    assert heard[0].startswith("@label=L;msgid=")
    assert not any("label" in line for line in heard[1:])


def test_other_labels_have_answers_of_their_own():
    """A label on a line or on the end asks for an ACK (labeled-response)."""
    chat = Chat("ana", caps=CAPS)
    chat.say("ana", "@label=L BATCH +1 draft/multiline #lobby")
    assert chat.say("ana", "@label=M;batch=1 PRIVMSG #lobby :one") == {
        "ana": ["@label=M :chat.local ACK"]
    }
    chat.say("ana", "@batch=1 PRIVMSG #lobby :two")
    heard = chat.say("ana", "@label=N BATCH -1")["ana"]
    assert [line for line in heard if "label=" in line] == [
        "@label=N :chat.local ACK",
        next(line for line in heard if "label=L" in line),
    ]


def test_the_label_of_the_end_serves_if_the_start_has_none():
    """Then it is the one that asks."""
    chat = Chat("ana", caps=CAPS)
    heard = chat.say("ana", "BATCH +1 draft/multiline #lobby", *LINES, "@label=N BATCH -1")
    assert heard["ana"][0].startswith("@label=N;")


def test_with_more_to_answer_it_is_a_batch_in_a_batch():
    """The reply 301 and the echo are one labelled answer (labeled-response)."""
    chat = Chat("ana", "bob", caps=CAPS)
    chat.say("bob", "AWAY :lunch")
    lines = of("one", "two", target="bob")
    heard = say(chat, "ana", *lines, opening="@label=L BATCH +1 draft/multiline bob")["ana"]
    outer = re.match(r"@label=L :chat.local BATCH \+(\S+) labeled-response", heard[0])[1]
    assert heard[1].startswith(f"@batch={outer};msgid=") and "draft/multiline" in heard[1]
    assert heard[4].startswith(f"@batch={outer} ") and "BATCH -m" in heard[4]
    assert heard[5].startswith(f"@batch={outer} ") and " 301 " in heard[5]


# Once.


def test_the_id_on_the_opening_line():
    """Said once, however often the whole batch is sent; the echo is a batch (once.md)."""
    chat = Chat("ana", "bob", caps=CAPS)
    opening = "@label=A;tlschat/once=abcdefgh BATCH +1 draft/multiline #lobby"
    first = say(chat, "ana", *LINES, opening=opening)
    assert "tlschat/once=abcdefgh" in first["ana"][0]
    again = say(chat, "ana", *of("other"), opening=opening.replace("=A", "=B"))
    assert set(again) == {"ana"}
    assert again["ana"][0] == first["ana"][0].replace("label=A", "label=B")
    assert bodies(again["ana"])[1:-1] == [
        "PRIVMSG #lobby :hello",
        "PRIVMSG #lobby :",
        "PRIVMSG #lobby :how is everyone?",
    ]
    assert chat.world.sequences["#lobby"] == 1


def test_a_bad_id_is_told_for_a_notice_too():
    """Who uses an id wants to know (once.md, Refusals)."""
    chat = Chat("ana", caps=CAPS)
    opening = "@tlschat/once=x BATCH +1 draft/multiline #lobby"
    assert fails(say(chat, "ana", *of("a", command="NOTICE"), opening=opening)) == [
        "NOTICE ONCE_INVALID"
    ]


def test_without_the_capability_the_id_says_nothing():
    """The tag is ignored (once.md)."""
    chat = Chat("ana", caps="batch message-tags draft/multiline")
    opening = "@tlschat/once=x BATCH +1 draft/multiline #lobby"
    assert say(chat, "ana", *of("a", "b"), opening=opening) == {}
    assert chat.world.sequences["#lobby"] == 1


# Refusals.


@pytest.mark.parametrize(
    ("lines", "answer"),
    [
        (["@batch=1 PRIVMSG #bar hello"], "BATCH MULTILINE_INVALID_TARGET #lobby #bar"),
        (
            [*of("hello "), "@batch=1;draft/multiline-concat PRIVMSG #lobby :"],
            "BATCH MULTILINE_INVALID",
        ),
        ([], "BATCH MULTILINE_INVALID"),
        (of("a") + of("b", command="NOTICE"), "BATCH MULTILINE_INVALID"),
        (["@batch=1 JOIN #tea"], "BATCH MULTILINE_INVALID"),
        (["@batch=1 NONSENSE"], "BATCH MULTILINE_INVALID"),
        (["@batch=1 PRIVMSG #lobby"], "BATCH MULTILINE_INVALID"),
        (["@batch=1 BATCH +2 draft/multiline #lobby"], "BATCH MULTILINE_INVALID"),
        (of(*"abcde"), "BATCH MULTILINE_MAX_LINES 4"),
        (of("x" * 400, "x" * 400), "BATCH MULTILINE_MAX_BYTES 800"),
    ],
)
def test_what_is_wrong_is_told_once(lines, answer):
    """By FAIL with the label of the opening; the rest is passed over (multiline, Errors)."""
    limits = {"multiline_bytes_max": 800, "multiline_lines_max": 4}
    chat = Chat("ana", "bob", caps=CAPS, **limits)
    opening = "@label=L BATCH +1 draft/multiline #lobby"
    heard = say(chat, "ana", *lines, *(of("more") if lines else []), opening=opening)
    assert fails(heard) == [answer]
    assert heard["ana"][0].startswith("@label=L :chat.local FAIL ")
    assert heard["bob"] == []
    assert bodies(say(chat, "ana", *of("again"))["bob"]) == ["PRIVMSG #lobby :again"]


def test_blank_lines_alone():
    """Messages consisting entirely of blank lines are refused, with blank lines they are not."""
    chat = Chat("ana", "bob", caps=CAPS)
    assert fails(say(chat, "ana", *of("", ""))) == ["BATCH MULTILINE_INVALID"]
    heard = say(chat, "ana", *of("", "x", ""))
    assert bodies(heard["bob"])[1:-1] == [
        "PRIVMSG #lobby :",
        "PRIVMSG #lobby :x",
        "PRIVMSG #lobby :",
    ]


def test_the_limits_are_inclusive():
    """A line feed counts as a byte, and joined lines count as lines (multiline)."""
    chat = Chat("ana", "bob", caps=CAPS, multiline_bytes_max=801, multiline_lines_max=2)
    assert len(say(chat, "ana", *of("x" * 400, "y" * 400))["bob"]) == 4
    chat.change_settings(multiline_bytes_max=800)
    assert fails(say(chat, "ana", *of("x" * 400, "y" * 400))) == ["BATCH MULTILINE_MAX_BYTES 800"]


@pytest.mark.parametrize(
    ("opening", "answer"),
    [
        ("BATCH +a/b draft/multiline #lobby", "BATCH INVALID_REFTAG a/b"),
        ("BATCH + draft/multiline #lobby", "BATCH INVALID_REFTAG *"),
        ("BATCH 1 draft/multiline #lobby", "BATCH INVALID_REFTAG 1"),
        (f"BATCH +{'x' * 65} draft/multiline #lobby", f"BATCH INVALID_REFTAG {'x' * 65}"),
        ("BATCH +1 netsplit a b", "BATCH UNKNOWN_TYPE 1 netsplit"),
        ("BATCH +1", "BATCH UNKNOWN_TYPE 1 *"),
        ("BATCH +1 draft/multiline", "BATCH MULTILINE_INVALID"),
        ("BATCH +1 draft/multiline #lobby,bob", "BATCH MULTILINE_INVALID"),
        ("BATCH -1", "BATCH MULTILINE_INVALID"),
        ("@batch=1 PRIVMSG #lobby :x", "BATCH MULTILINE_INVALID"),
    ],
)
def test_openings_that_open_nothing(opening, answer):
    """Each has its code, and the label (client-batch, Errors)."""
    chat = Chat("ana", caps=CAPS)
    line = f"@label=L;{opening[1:]}" if opening.startswith("@") else f"@label=L {opening}"
    heard = chat.say("ana", line)
    assert fails(heard) == [answer]
    assert heard["ana"][0].startswith("@label=L :")


def test_what_comes_of_an_unknown_type_is_passed_over():
    """All future messages in this batch are ignored (client-batch, UNKNOWN_TYPE)."""
    chat = Chat("ana", "bob", caps=CAPS)
    chat.say("ana", "BATCH +1 other/type")
    assert chat.say("ana", *of("one"), "BATCH -1") == {}
    assert fails(chat.say("ana", *of("one"))) == ["BATCH MULTILINE_INVALID"]


def test_what_comes_of_a_batch_of_no_name_is_passed_over():
    """All future messages in this batch are ignored (client-batch, INVALID_REFTAG)."""
    chat = Chat("ana", "bob", caps=CAPS)
    chat.say("ana", "BATCH +a/b draft/multiline #lobby")
    assert chat.say("ana", "@batch=a/b PRIVMSG #lobby :x", "BATCH -a/b") == {}


def test_a_second_batch_ends_the_first():
    """One at a time; both senders' labels are answered (client-batch)."""
    chat = Chat("ana", "bob", caps=CAPS)
    chat.say("ana", "@label=A BATCH +1 draft/multiline #lobby", *of("one"))
    heard = chat.say("ana", "@label=B BATCH +2 draft/multiline #lobby")["ana"]
    assert [line.partition(" ")[0] for line in heard] == ["@label=A", "@label=B"]
    assert chat.say("ana", "@batch=2 PRIVMSG #lobby :x", "BATCH -2") == {}
    chat.say("ana", "BATCH +3 draft/multiline #lobby")
    assert fails(chat.say("ana", "BATCH +4 draft/multiline #lobby")) == ["BATCH MULTILINE_INVALID"]


@pytest.mark.parametrize("wrong", ["+a/b draft/multiline #lobby", "+2 tea #lobby"])
def test_a_second_batch_that_is_none_ends_the_first_too(wrong):
    """The label is in the answer, exactly once (labeled-response, "Tags")."""
    chat = Chat("ana", "bob", caps=CAPS)
    chat.say("ana", "@label=A BATCH +1 draft/multiline #lobby", *of("one"))
    heard = chat.say("ana", f"@label=B BATCH {wrong}")["ana"]
    assert [line.split(" ")[0] for line in heard] == ["@label=A", "@label=B"]
    assert fails(chat.say("ana", "BATCH -1")) == ["BATCH MULTILINE_INVALID"]


def test_a_batch_left_open_for_too_long():
    """TIMEOUT with its name, once (client-batch)."""
    chat = Chat("ana", "bob", caps=CAPS, multiline_timeout_s=5.0)
    chat.say("ana", "@label=L BATCH +1 draft/multiline #lobby", *of("one"))
    chat.at_ms += 5000
    heard = chat.say("ana", *of("two"), *of("three"), "BATCH -1")
    assert fails(heard) == ["BATCH TIMEOUT 1"] and heard["ana"][0].startswith("@label=L ")
    chat.say("ana", "BATCH +1 draft/multiline #lobby", *of("one"))
    chat.at_ms += 5000
    assert fails(chat.say("ana", "BATCH -1")) == ["BATCH TIMEOUT 1"]


def test_other_lines_go_on():
    """A PONG between the lines is carried out, and the batch stays open."""
    chat = Chat("ana", "bob", caps=CAPS)
    chat.say("ana", "BATCH +1 draft/multiline #lobby", *of("one"))
    assert "PONG" in chat.say("ana", "PING x")["ana"][0]
    assert len(chat.say("ana", *of("two"), "BATCH -1")["bob"]) == 4


def test_who_may_not_speak():
    """The refusal of any message, with the label; a NOTICE has none (Modern IRC, NOTICE)."""
    chat = Chat("ana", caps=CAPS)
    lines = of("one", "two", target="#no")
    heard = say(chat, "ana", *lines, opening="@label=L BATCH +1 draft/multiline #no")
    assert heard["ana"] == ["@label=L :chat.local 403 ana #no :No such channel"]
    notices = of("one", "two", command="NOTICE", target="#no")
    heard = say(chat, "ana", *notices, opening="@label=L BATCH +1 draft/multiline #no")
    assert heard["ana"] == ["@label=L :chat.local ACK"]


def test_without_the_capability():
    """BATCH is unknown, and the tag batch is dropped as any other."""
    chat = Chat("ana", "bob", caps="batch message-tags")
    assert " 421 " in chat.say("ana", "BATCH +1 draft/multiline #lobby")["ana"][0]
    heard = chat.say("ana", "@batch=1 PRIVMSG #lobby :hi")
    assert bodies(heard["bob"]) == ["PRIVMSG #lobby :hi"]


def test_the_value_of_the_capability():
    """max-bytes and max-lines, by CAP LS 302 (multiline, Capabilities)."""
    chat = Chat(multiline_bytes_max=900, multiline_lines_max=7)
    chat.connect("ana")
    listed = " ".join(chat.say("ana", "CAP LS 302")["ana"])
    assert " draft/multiline=max-bytes=900,max-lines=7 " in listed
