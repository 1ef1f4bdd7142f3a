"""BATCH: a message of several lines, as its sender says it line by line.

Theory of operation. `BATCH +reference draft/multiline target` opens a batch; a session has one at
most, and another one takes its place. Each line in it (tag `batch`) is checked at once and put into
the session's `OpenBatch`: nobody has heard anything yet. `BATCH -reference` says it all as one
message (messages.py), with the tags of the line that opened it. The answer to the whole, its echo
or what was wrong with it, has the label of that line. What is wrong is told once; then the batch is
void, and what still comes of it is passed over. Lines outside of the batch (a PONG) are carried out
as ever.

Sources: IRCv3 draft/multiline, client-batch, labeled-response.
"""

from __future__ import annotations

import re
from dataclasses import replace

from irc import caps, numerics
from irc.message import Message
from irc.names import fold
from server.core.commands import once as once_commands
from server.core.commands.messages import client_tags_of, say, say_once
from server.core.facts import BatchChanged
from server.core.render import CONCAT_TAG, MULTILINE_TYPE
from server.core.speech import OpenBatch, Speech
from server.core.turn import Refusal, Turn

_REFERENCE = re.compile(r"[A-Za-z0-9-]{1,64}", re.ASCII)
_NEEDED = caps.MULTILINE | caps.BATCH
_LEFT_OPEN = "The batch before was not at its end; both are dropped"


def batch(turn: Turn, message: Message) -> None:
    """BATCH +<reference> <type> [<target>], or BATCH -<reference>"""
    if not turn.session.has(_NEEDED):
        raise Refusal(numerics.ERR_UNKNOWNCOMMAND, message.command, "Unknown command")
    sign, reference = message.params[0][:1], message.params[0][1:]
    if sign == "-":
        _close(turn, reference)
    elif sign == "+" and _REFERENCE.fullmatch(reference):
        _open(turn, message, reference)
    else:
        text = "A batch has a name of letters, digits and -, with + or - in front"
        shown = reference if sign == "+" else message.params[0]
        refusal = Refusal("FAIL", "BATCH", "INVALID_REFTAG", shown, text)
        if sign != "+" or not reference:
            raise refusal
        _leave_open(turn)
        _spoil(turn, OpenBatch(reference, "", turn.stamp.at_ms), refusal)


def is_inside(turn: Turn, message: Message) -> bool:
    """Whether the line is one of a batch; to who has no batches the tag says nothing."""
    return "batch" in message.tags and turn.session.has(_NEEDED)


def take(turn: Turn, message: Message) -> None:
    """A line inside a batch: it is kept for the end, and answered only when something is wrong.

    Raises:
        Refusal: There is no such batch.
    """
    batch = _find(turn, message.tags["batch"])
    if batch.is_void:
        return
    try:
        _check_age(turn, batch)
        longer = _longer(turn, batch, message)
    except Refusal as refusal:
        _spoil(turn, batch, refusal)
        return
    turn.record(BatchChanged(turn.session.id, longer))


def _open(turn: Turn, message: Message, reference: str) -> None:
    kind, target = (*message.params[1:3], "", "")[:2]
    once = once_commands.asked_id(turn, message)
    tags = client_tags_of(message)
    opened = OpenBatch(reference, target, turn.stamp.at_ms, turn.label, tags, once)
    is_second = _leave_open(turn)
    turn.record(BatchChanged(turn.session.id, opened))
    if kind != MULTILINE_TYPE:
        text = "There are no batches of this type"
        _spoil(turn, opened, Refusal("FAIL", "BATCH", "UNKNOWN_TYPE", reference, kind, text))
    elif is_second:
        _spoil(turn, opened, _invalid(_LEFT_OPEN))
    elif not target or "," in target:
        _spoil(turn, opened, _invalid("A message of several lines has one target"))
    else:
        turn.label = ""  # the end has it


def _leave_open(turn: Turn) -> bool:
    """Whether another batch was not at its end: what asked for an answer to it has it now."""
    before = turn.session.batch
    if before is None or before.is_void:
        return False
    if before.label:
        line = turn.line(None, "FAIL", *_invalid(_LEFT_OPEN).params)
        turn.send(turn.session.id, replace(line, label=before.label))
    return True


def _longer(turn: Turn, batch: OpenBatch, message: Message) -> OpenBatch:
    """The batch with one more line.

    Raises:
        Refusal: The line may not be there, or is one too many.
    """
    settings, command = turn.world.settings, message.command
    if command not in ("PRIVMSG", "NOTICE") or command != (batch.command or command):
        raise _invalid("A message of several lines is all PRIVMSG or all NOTICE")
    if len(message.params) < 2:
        raise _invalid("A line needs a target and a text, even an empty one")
    target, text = message.params[:2]
    if fold(target) != fold(batch.target):
        sentence = "Invalid multiline target"
        said = target or "*"
        raise Refusal("FAIL", "BATCH", "MULTILINE_INVALID_TARGET", batch.target, said, sentence)
    is_joined = CONCAT_TAG in message.tags
    if is_joined and not text:
        raise _invalid("Invalid multiline batch with concatenated blank line")
    piece = text if is_joined or not batch.pieces else f"\n{text}"
    size = batch.text_bytes + len(piece.encode())
    if size > settings.multiline_bytes_max:
        about = (str(settings.multiline_bytes_max), "Multiline batch max-bytes exceeded")
        raise Refusal("FAIL", "BATCH", "MULTILINE_MAX_BYTES", *about)
    if len(batch.pieces) >= settings.multiline_lines_max:
        about = (str(settings.multiline_lines_max), "Multiline batch max-lines exceeded")
        raise Refusal("FAIL", "BATCH", "MULTILINE_MAX_LINES", *about)
    pieces = (*batch.pieces, piece)
    return replace(batch, command=command, pieces=pieces, text_bytes=size)


def _close(turn: Turn, reference: str) -> None:
    """Say it."""
    batch = _find(turn, reference)
    turn.record(BatchChanged(turn.session.id, None))
    if batch.is_void:
        return
    _answer_as(turn, batch)
    _check_age(turn, batch)
    text = "".join(batch.pieces)
    if not text.strip("\n"):
        raise _invalid("Invalid multiline batch with blank lines only")
    turn.command = batch.command
    pieces = batch.pieces if len(batch.pieces) > 1 else ()
    speech = Speech(batch.command, text, batch.client_tags, batch.once or "", pieces)
    try:
        if batch.once is None:
            say(turn, batch.target, speech)
        else:
            say_once(turn, batch.target, speech)
    except Refusal:
        if batch.command != "NOTICE" or batch.once is not None:
            raise


def _find(turn: Turn, reference: str) -> OpenBatch:
    batch = turn.session.batch
    if batch is None or batch.reference != reference:
        raise _invalid("There is no open batch of this name")
    return batch


def _check_age(turn: Turn, batch: OpenBatch) -> None:
    age_ms = turn.stamp.at_ms - batch.opened_at_ms
    if age_ms > turn.world.settings.multiline_timeout_s * 1000:
        text = "The batch was left open for too long"
        raise Refusal("FAIL", "BATCH", "TIMEOUT", batch.reference, text)


def _spoil(turn: Turn, batch: OpenBatch, refusal: Refusal) -> None:
    """Say what is wrong with the batch; what still comes of it is passed over."""
    void = OpenBatch(batch.reference, batch.target, batch.opened_at_ms, is_void=True)
    turn.record(BatchChanged(turn.session.id, void))
    _answer_as(turn, batch)
    turn.refuse(refusal)


def _answer_as(turn: Turn, batch: OpenBatch) -> None:
    """From here on the answer is the one to the whole batch, with the label that it has.

    A label on this very line asks for an answer of its own.
    """
    if batch.label and turn.label and turn.label != batch.label:
        turn.send(turn.session.id, replace(turn.line(None, "ACK"), label=turn.label))
    turn.label = batch.label or turn.label


def _invalid(text: str) -> Refusal:
    return Refusal("FAIL", "BATCH", "MULTILINE_INVALID", text)
