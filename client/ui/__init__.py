"""The faces of chat-client: line (prompt_toolkit), plain (append-only), pipe (for programs).

line.py       the line face: a prompt at the bottom, messages above it
  editor.py     its input line, status row, keys, and printing above them
  rows.py       events as rows;  look.py  columns, colours, wrapping;  status.py  the status row
  history.py    typed lines, kept for the next time
plain.py      one event = one line, words instead of signs; for screen readers and dumb terminals
pipe.py       stdin to the chat, events to stdout; never asks anything
desk.py       what line and plain share: windows, commands, what to leave out
person.py     questions before a face is up, errors after it is down
stdin.py, stdout.py, ending.py, transport.py    the edges: input, output, signals, the driver

A face shows text of other people only through `client.core.view`, which sanitises. It imports
nothing that connects: the driver is known to it as a `Transport`.
"""
