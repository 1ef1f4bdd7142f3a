"""The world of the chat and what may happen in it: a function of events, without input or output.

`step(world, event, stamp)` (machine.py) turns one event into facts, which `apply` (apply.py) has
already written into the world, and effects, which the hub releases after the facts are durable.
Nothing here opens a socket, reads a clock, draws a random number or logs; times and ids are
arguments.
"""
