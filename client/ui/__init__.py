"""The faces of chat-client: line (prompt_toolkit), plain (append-only), pipe (for programs).

line.py     the prompt, with messages above it; needs a terminal
plain.py    one event = one line, words instead of signs; for screen readers and dumb terminals
pipe.py     stdin to the chat, events to stdout; never asks anything
desk.py     what line and plain share: windows, commands, what to show
person.py   questions before a face is up
stdin.py    lines from standard input, whatever it is

A face shows text of other people only through `client.core.view`, which sanitises.
"""
