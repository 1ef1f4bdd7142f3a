"""The client without I/O and without a face: pure, one thread owns it all, time is an argument.

    session.py      Session(identity, settings): bytes in, bytes and events out (start here)
    events.py       what happened: frozen events, RAW text (with event.py and past_events.py)
    event_json.py   as_json(event) -> dict, raw text, for pipe mode
    view.py         lines(event, options) -> list[Line]: sanitised tokens with style names, the one
                    door to a screen; plain_text(line) for a face without colours
    model.py        what is known: Session.model.buffers, members, topics, unread, recent speakers;
                    a face calls model.focus(name) when the person looks at a window
    input.py        parse_input(text, aliases) -> Command | InputError; may_remember(text, aliases)
    execute.py      execute(session, command, buffer, now_ms) -> InputError | Command | None: does a
                    command in the window `buffer`; gives back what the face must do itself
                    (Help, Query, Close, Leave), an error to show, or None when it is done
    commands.py     the table of commands: help, completion and parser read it; help_lines(topic);
                    room_commands.py has those that manage rooms, spec.py says what a command is
    completion.py   complete(text, cursor, model, buffer, aliases) -> Completion(start, candidates)
    outbox.py       what we say until the server has it; unsent.py: as text, to keep on disk
    reconnect.py    Backoff(): failed(fraction, now_ms) -> delay_ms, connected(now_ms), reset()
    lines.py        Line, Token, Style, ViewOptions: what view.py makes; reasons.py: why things fail
    mentions.py     is_mentioned(text, words)      colours.py     colour_index(nick, count)

Inside the session: state.py (shared by all handlers), capabilities.py, registration.py with
account.py (making one, a new password) and welcome.py, moderating.py (bans), watching.py (who is
here), messages.py (what people say), speaking.py (what we say), rooms.py, people.py, replies.py,
batches.py, and actions.py, the half of `Session` that needs a connection. The past: past.py asks
for history, pages.py reads a page, showing.py puts pages and live lines in order, fetching.py has
what is on its way; reading.py (read markers), searching.py, deleting.py.

It imports only `irc` and pure parts of the standard library (and gettext for the sentences).
"""
