"""The server's side of the network: the door, the io threads, and TLS."""
