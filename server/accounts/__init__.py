"""Accounts: the password file, and a pool of threads that checks passwords against it."""
