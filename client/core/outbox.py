"""What we say, from the moment it is typed until the server has it.

Theory of operation. Every message is an item with an id; items keep the order they were typed in:

    WAITING --take_next--> WRITTEN --handed_over--> SENT --confirm or fail--> gone
       ^                      |                      |
       +---- line broke ------+                      +-- line broke --> UNCONFIRMED
       +---- line broke, carried its id -------------+

WRITTEN means: made into bytes which the transport has not fetched yet, so the server cannot have
it, and it may wait again. SENT means: it may have arrived. When the line breaks then, nobody knows;
such an item is never sent again by itself, for a duplicate is as wrong as a loss: a person says
resend or discard.

A server with `tlschat/once` ends that doubt. There an item carries an id of its own, and the same
id again does nothing but get the same answer: what was SENT with its id goes back to WAITING in its
old place, and is simply sent again. Only if the next connection has no such server is it in doubt.

At most `in_flight_max` items are out at a time: the answers clock the next ones, so we neither run
into a server's flood limits nor have much in doubt when the line breaks. What waits for longer than
`question_age_ms`, or is more than `question_count` items, is held until the person says so.

Changed by the session only, on its thread.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum

from client.core.events import MessageKind


class ItemState(Enum):
    """Where an item is; see the drawing at the top."""

    WAITING = "waiting"
    WRITTEN = "written"
    SENT = "sent"
    UNCONFIRMED = "unconfirmed"


@dataclass(frozen=True, slots=True)
class Item:
    """One message of ours. `id` is also its label on the wire, `once` the id it is sent once by.

    `carries_once`: it went out with that id on this connection. `may_be_there`: it did so on an
    earlier one, which broke.
    """

    id: str
    target: str
    text: str
    kind: MessageKind
    typed_at_ms: int
    state: ItemState = ItemState.WAITING
    once: str = ""
    carries_once: bool = False
    may_be_there: bool = False


class Outbox:
    """Our messages that are not confirmed yet, in order. At `items_max` nothing more is taken."""

    def __init__(
        self,
        id_prefix: str,
        items_max: int,
        in_flight_max: int,
        question_count: int,
        question_age_ms: int,
    ) -> None:
        self._id_prefix = id_prefix
        self._items_max = items_max
        self._in_flight_max = in_flight_max
        self._question_count = question_count
        self._question_age_ms = question_age_ms
        self._items: dict[str, Item] = {}
        self._last_number = 0
        self.is_held = False
        self.changes = 0  # counts them, for whoever keeps the items elsewhere
        self.has_old = False  # items of an earlier run are among them

    def __iter__(self) -> Iterator[Item]:
        return iter(tuple(self._items.values()))

    def __len__(self) -> int:
        return len(self._items)

    def get(self, item_id: str) -> Item | None:
        """The item with this id, unless it is gone."""
        return self._items.get(item_id)

    def in_state(self, *states: ItemState) -> list[Item]:
        """The items in any of `states`, in order."""
        return [item for item in self._items.values() if item.state in states]

    def has_room(self, count: int) -> bool:
        """Tell whether `count` more items may be added."""
        return len(self._items) + count <= self._items_max

    def find_once(self, once: str) -> Item | None:
        """The item that is sent once by this id."""
        return next((item for item in self._items.values() if once and item.once == once), None)

    def add(self, target: str, text: str, kind: MessageKind, now_ms: int, once: str = "") -> Item:
        """Take a message in. Ask `has_room` before."""
        self._last_number += 1
        item_id = f"{self._id_prefix}{self._last_number}"
        return self._put(Item(item_id, target, text, kind, now_ms, once=once), ItemState.WAITING)

    def mark_old(self, item: Item, *, may_be_there: bool) -> Item:
        """`item`, just added, is of an earlier run, and perhaps went out then."""
        self.has_old = True
        if may_be_there and not item.once:
            return self._put(item, ItemState.UNCONFIRMED)
        return self._put(replace(item, may_be_there=may_be_there), ItemState.WAITING)

    def take_next(self) -> Item | None:
        """The next item to write, now WRITTEN; None while held, empty, or enough are out."""
        if self.is_held or len(self.in_flight()) >= self._in_flight_max:
            return None
        for item in self._items.values():
            if item.state is ItemState.WAITING:
                return self._put(item, ItemState.WRITTEN)
        return None

    def carry_once(self, item: Item) -> None:
        """Note that `item`, WRITTEN, goes out with its id."""
        self._put(replace(item, carries_once=True), ItemState.WRITTEN)

    def in_flight(self) -> list[Item]:
        """What is written or sent and not answered yet."""
        return self.in_state(ItemState.WRITTEN, ItemState.SENT)

    def is_moving(self) -> bool:
        """Tell whether anything is on its way, or will be without a person's word."""
        return bool(self.in_flight()) or (
            not self.is_held and bool(self.in_state(ItemState.WAITING))
        )

    def handed_over(self) -> None:
        """The transport fetched all bytes: from now on what was written may have arrived."""
        for item in self.in_state(ItemState.WRITTEN):
            self._put(item, ItemState.SENT)

    def remove(self, item_id: str) -> Item | None:
        """Forget an item: it is confirmed, refused or not wanted. None if it is not there."""
        self.changes += 1
        return self._items.pop(item_id, None)

    def line_broke(self) -> list[Item]:
        """Sort out what was in flight; gives back what is in doubt from now on."""
        for item in self.in_state(ItemState.WRITTEN):
            self._put(replace(item, carries_once=False), ItemState.WAITING)
        sent = self.in_state(ItemState.SENT)
        for item in sent:
            if item.carries_once:
                again = replace(item, carries_once=False, may_be_there=True)
                self._put(again, ItemState.WAITING)
        return [self._put(item, ItemState.UNCONFIRMED) for item in sent if not item.carries_once]

    def doubt(self) -> list[Item]:
        """This server knows no ids: what went to one that did is in doubt; gives that back."""
        return [
            self._put(item, ItemState.UNCONFIRMED)
            for item in self.in_state(ItemState.WAITING)
            if item.may_be_there
        ]

    def drop_once(self, item_id: str) -> Item | None:
        """The server will not have this item with an id: without it, it waits or is in doubt."""
        item = self._items.get(item_id)
        if item is None or not item.carries_once:
            return None
        bare = replace(item, once="", carries_once=False)
        return self._put(bare, ItemState.UNCONFIRMED if item.may_be_there else ItemState.WAITING)

    def resend(self, item_id: str, now_ms: int) -> bool:
        """A person sends an UNCONFIRMED item again: it goes behind what waits, as typed now."""
        item = self._items.get(item_id)
        if item is None or item.state is not ItemState.UNCONFIRMED:
            return False
        del self._items[item_id]
        self._put(replace(item, typed_at_ms=now_ms), ItemState.WAITING)
        return True

    def hold_if_doubtful(self, now_ms: int) -> tuple[int, int] | None:
        """Hold what waits if it is too much or too old; then their count and the oldest time."""
        self.is_held = False
        waiting = self.in_state(ItemState.WAITING)
        if not waiting:
            return None
        oldest_ms = min(item.typed_at_ms for item in waiting)
        if len(waiting) <= self._question_count and now_ms - oldest_ms <= self._question_age_ms:
            return None
        self.is_held = True
        return len(waiting), oldest_ms

    def _put(self, item: Item, state: ItemState) -> Item:
        changed = replace(item, state=state)
        self._items[item.id] = changed
        self.changes += 1
        return changed
