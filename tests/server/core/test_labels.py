"""Every command answers a label exactly once. Source: IRCv3 labeled-response.

"Servers MUST include the label tag in exactly one logical message"; "if a response consists of more
than one message, a batch MUST be used"; "servers MUST respond with a labeled ACK message when a
client sends a labeled command that normally produces no response".
"""

import pytest

from irc.message import parse_line
from server.core.commands import COMMANDS, offer
from server.core.events import Result
from server.core.settings import Operator, Settings, with_accounts
from tests.support.chat import Chat

CAPS = " ".join(offer.offered(Settings(registration="open")))
LABEL = "l-1"
NONSENSE = ("", "x", "* *", "#tea", "#nowhere x", "bob", "nobody :x y", ": : :", "a b c d e f g h")
"""Parameters for every command."""
SINCE, UNTIL = "timestamp=2000-01-01T00:00:00.000Z", "timestamp=2100-01-01T00:00:00.000Z"
EXAMPLES = {
    "CAP": ("LS 302", "LIST", "END", "REQ :-setname", "REQ :nothing", "DANCE"),
    "AUTHENTICATE": ("PLAIN", "EXTERNAL", "*", "a b"),
    "REGISTER": ("* * :seven green lagoons", "ann * x"),
    "VERIFY": ("rui x",),
    "PASS": ("ann:secret", "wrong"),
    "NICK": ("eve", "ann", "bob", "1"),
    "USER": ("ann 0 * :Ann",),
    "PING": ("x",),
    "PONG": ("x", ":x y"),
    "QUIT": (":bye",),
    "JOIN": ("#new", "#new,#tea,#other", "0", "nothing"),
    "PART": ("#tea,#lobby :bye", "#tea,#nowhere"),
    "KICK": ("#tea bob :out", "#tea bob,nobody"),
    "INVITE": ("carl #tea", "bob #tea"),
    "RENAME": ("#tea #coffee",),
    "TOPIC": ("#tea :hot", "#tea :", "#lobby"),
    "NAMES": ("#tea,#lobby",),
    "LIST": ("#tea", ">1,C<5"),
    "MODE": ("#tea +mob bob x!*@*", "#tea b", "ann +i", "ann", "#tea +k", "#tea -m"),
    "TBAN": ("#tea 5m x!*@*", "#tea never x"),
    "WHO": ("#tea %tn,7", "a*"),
    "WHOIS": ("bob,nobody", "ann ann", "ann"),
    "AWAY": (":out", "*"),
    "SETNAME": (":Ann of Tea",),
    "MONITOR": ("+ bob,nobody", "- bob", "L", "S", "C"),
    "METADATA": ("* SET url :x", "* LIST", "bob GET url", "* SUB url", "* SUBS", "#tea SYNC"),
    "WHOWAS": ("gone 1",),
    "OPER": ("root secret", "root wrong", "nobody x"),
    "USERHOST": ("ann bob nobody",),
    "ISON": ("ann bob nobody",),
    "MOTD": ("chat.local",),
    "LUSERS": (),
    "VERSION": ("chat.local",),
    "ISUPPORT": (),
    "TIME": ("chat.local",),
    "ADMIN": (),
    "INFO": (),
    "LINKS": ("chat.local *",),
    "STATS": ("u", "m", "o", "d"),
    "HELP": ("JOIN", "DANCE"),
    "HELPOP": ("JOIN",),
    "KILL": ("bob :out", "ann :out"),
    "WALLOPS": (":hear",),
    "REHASH": (),
    "DLINE": ("5m 203.0.113.9 :out", "198.51.100.7 :out", "0.0.0.0/0"),
    "UNDLINE": ("203.0.113.9",),
    "NICKSERV": ("HELP", "IDENTIFY ann secret", "IDENTIFY ann wrong", ":PASSWD old new", "DANCE"),
    "NS": ("LOGOUT OTHERS",),
    "PRIVMSG": ("#tea :hi", "bob,#tea,nobody :hi", "gil :hi", "@#tea :hi", "NickServ :HELP"),
    "NOTICE": ("#tea :hi", "bob,nobody :hi", "gil :hi", "NickServ :HELP"),
    "TAGMSG": ("#tea", "bob,nobody"),
    "BATCH": ("+1 dance", "+1 draft/multiline", "-1", "+! x"),
    "CHATHISTORY": ("LATEST #tea * 5", "LATEST #nowhere * 5", f"TARGETS {SINCE} {UNTIL} 5"),
    "MARKREAD": ("#tea", f"#tea {UNTIL}", "#tea now"),
    "REDACT": ("#tea m1", "bob m1"),
    "SEARCH": ("text=hello", "in=#nowhere"),
}  # fmt: skip


def everybody():
    """Rooms with something said in them, an operator of the server, and somebody who is gone."""
    chat = Chat(
        caps=CAPS,
        registration="open",
        nick_policy="free",
        operators={
            "ann": Operator("ann", account="ann"),
            "root": Operator("root", hash="$2b$x"),
        },
    )
    names = ["ann", "bob", "carl", "gil", "gone"]
    settings = with_accounts(chat.world.settings, names)
    chat.change_settings(account_keys=settings.account_keys, account_names=settings.account_names)
    for name in ("gone", "ann", "bob", "carl"):
        chat.login(name, caps=CAPS)
    chat.lose("gone")
    chat.say("bob", "JOIN #tea", "PRIVMSG #tea :hello")
    chat.say("ann", "JOIN #tea", "PRIVMSG #tea :hello too")
    chat.say("bob", "AWAY :out")
    return chat


def unregistered():
    """The same, and somebody who has only negotiated so far."""
    chat = everybody()
    chat.connect("new", address="203.0.113.7")
    chat.say("new", f"CAP REQ :{CAPS}")
    return chat


def ask(chat, name, command, params):
    """All that the asker hears, also later: passwords are checked, accounts made, pages read."""
    line = f"{command} {params}".rstrip(" ")
    tags = f"label={LABEL};+typing=active" if command == "TAGMSG" else f"label={LABEL}"
    heard = chat.say(name, f"@{tags} {line}")[name]
    while chat.changes:
        heard = heard + chat.settle(Result.DONE)[name]
    return heard


def check(lines):
    """One logical message has the label, and all that answers is in it."""
    messages = [parse_line(line.encode()) for line in lines]
    labelled = [message for message in messages if message.tags.get("label") == LABEL]
    assert len(labelled) == 1, lines
    first = messages.index(labelled[0])
    assert not any(message.tags.get("label") for message in messages if message != labelled[0])
    inside = set()
    if labelled[0].command == "BATCH":
        inside.add(labelled[0].params[0][1:])
        assert messages[-1].params[0] == f"-{labelled[0].params[0][1:]}", lines
    rest = messages[first + 1 :]
    for message in rest[: -1 if inside else None]:
        is_part = message.tags.get("batch") in inside
        assert is_part or is_own_business(message), (lines, message)
        if is_part and message.command == "BATCH" and message.params[0][:1] == "+":
            inside.add(message.params[0][1:])


def is_own_business(message):
    """What one hears beside the answer: one's own message to oneself, as it is delivered."""
    return message.source.startswith("ann!") and message.command in ("PRIVMSG", "NOTICE", "TAGMSG")


@pytest.mark.parametrize("command", sorted(COMMANDS))
@pytest.mark.parametrize("name", ["ann", "bob", "new"])
def test_every_command_answers_its_label_once(name, command):
    """Whatever its parameters are, from an operator, from anybody, and before registration."""
    for params in {*NONSENSE, *EXAMPLES[command]}:
        check(ask(unregistered(), name, command, params))


def test_a_password_that_is_wrong():
    """The labelled answer is the one that comes after the check."""
    for line in ("AUTHENTICATE AGFubgB3cm9uZw==", "AUTHENTICATE AGFubgBzZWNyZXQ="):
        chat = unregistered()
        chat.say("new", "NICK ann", "AUTHENTICATE PLAIN")
        check(chat.say("new", f"@label={LABEL} {line}")["new"])


@pytest.mark.parametrize("answer", list(Result))
@pytest.mark.parametrize(
    "line", ["REGISTER * * :seven green lagoons", "VERIFY rui x", "NS PASSWD old new"]
)
def test_an_account_that_is_changed(line, answer):
    """However the change of the account ends."""
    chat = unregistered()
    name = "ann" if line.startswith("NS") else "new"
    chat.say("new", "NICK rui")
    heard = chat.say(name, f"@label={LABEL} {line}")[name]
    while chat.changes:
        heard = heard + chat.settle(answer, hash="x" * (answer is Result.NEEDS_CODE))[name]
    check(heard)


def test_registration_itself():
    """The line that completes it is answered by all of the welcome, in one batch."""
    chat = unregistered()
    chat.say("new", "PASS carl:secret", "NICK carl", "USER carl 0 * :Carl")
    check(chat.say("new", f"@label={LABEL} CAP END")["new"])


def test_a_long_answer():
    """What is told piece by piece (stream.py) is one batch all the same."""
    chat = everybody()
    for number in range(300):
        chat.connect(f"g{number}")
    chat.change_settings(rooms_per_user_max=1000)
    for number in range(300):
        chat.say("ann", f"JOIN #r{number}")
    for line in ("LIST", "NAMES #tea", "WHO *", "WHOIS ann", "JOIN 0"):
        check(chat.say("ann", f"@label={LABEL} {line}")["ann"])


def test_a_line_that_is_none_of_ours():
    """421 has the label; a label of more than 64 bytes is none."""
    chat = everybody()
    check(chat.say("ann", f"@label={LABEL} DANCE")["ann"])
    (heard,) = chat.say("ann", f"@label={'x' * 65} PING 1")["ann"]
    assert "label=" not in heard


def test_a_message_of_several_lines():
    """The label of the line that opens it is on the answer to the whole (multiline)."""
    chat = everybody()
    heard = chat.say("ann", f"@label={LABEL} BATCH +1 draft/multiline #tea")["ann"]
    for line in ("@batch=1 PRIVMSG #tea :a", "@batch=1 PRIVMSG #tea :b"):
        heard = heard + chat.say("ann", line)["ann"]
    assert heard == []
    check(chat.say("ann", "BATCH -1")["ann"])


def test_a_message_to_oneself():
    """ "the server MUST NOT include the label tag, except for any acknowledgment sent with the
    echo-message mechanism": the echo has it, the delivered message has not."""
    chat = everybody()
    heard = chat.say("ann", f"@label={LABEL} PRIVMSG ann :hi")["ann"]
    assert [f"label={LABEL}" in line for line in heard].count(True) == 1
    assert len(heard) == 2
