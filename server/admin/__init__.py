"""chat-admin: accounts made, changed and checked, with or without a running server."""
