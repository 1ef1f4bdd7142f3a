"""The language on the wire: IRC as of "Modern IRC", with IRCv3, as pure functions and values.

Server and client both stand on this package. It never touches a socket, a thread, a clock, a file
or a log, and it imports nothing of ours. `cli.py` is the one guest: the grammar and error form that
our commands share has no other common home.
"""
