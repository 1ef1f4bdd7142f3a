"""Where facts become durable: the promise (store.py) and its engines."""
