"""What was said to the operators of a room is never replayed to others (Ergo, issue 959).

There, messages to `@#room` went into the room's history, and whoever joined read them.
"""

from __future__ import annotations

from tests.support.chat import Chat

CAPS = "message-tags batch draft/chathistory draft/event-playback soju.im/search"


def test_never_in_history_search_or_replay():
    """Not to members, not to newcomers with or without CHATHISTORY, not by SEARCH."""
    chat = Chat("ana", "bob", caps=CAPS, history_events=True)
    chat.say("ana", "JOIN #tea")
    chat.say("bob", "JOIN #tea", "PRIVMSG #tea :open words")
    for command in ("PRIVMSG", "NOTICE"):
        chat.say("bob", f"{command} @#tea :secret words")
        chat.say("ana", f"{command} +#tea :secret words")
    chat.say("bob", "@+draft/react=secret;+reply=m1 TAGMSG @#tea")
    chat.login("carl", caps=CAPS)
    seen = chat.say("carl", "JOIN #tea")["carl"]
    for name in ("ana", "bob", "carl"):
        seen += chat.say(
            name,
            "CHATHISTORY LATEST #tea * 50",
            "SEARCH text=words",
            "SEARCH text=words;in=#tea",
        )[name]
    chat.login("dora")
    seen += chat.say("dora", "JOIN #tea")["dora"]
    assert "open words" in "\n".join(seen)
    assert "secret" not in "\n".join(seen)
