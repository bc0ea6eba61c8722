"""How a test and a peer program talk: the test writes commands to the program's standard input, and the program writes
events to its standard output, each a JSON object on a line of its own.

Commands (`do` says which):

* `connect`: `url`. Clients only; the connection gets the next number, beginning with 0.
* `send`: `connection`, `route`, `value`. Sends one value.
* `exchange`: `connection`, `values`. Sends the values to the peer's route `echo`, each when the one before has come
  back on the route `echoed`.
* `raw`: `connection`, `hex`. Sends a binary WebSocket message as it is, without highway's header.
* `close`: `connection`, `code`, `reason`.

A value is the text of a Python expression. A dict goes as highway.py 0.1's indexed dict where all its keys are integers.

Events (`event` says which):

* `listening`: `port`. Servers only.
* `open`, `ready` (`routes`: the peer's table): highway's callbacks of these names.
* `received`: `route`, `type`, `repr`, `message` (in hexadecimal digits). A value has arrived on one of the routes.
* `echoed`: `index`, `equal`, `sent`, `sent_type`, `expected`, `expected_type`, `received`, `received_type`. A value of an
  exchange has come back. `expected` is what highway's own reading makes of highway's own writing of the value, which is the
  value itself unless the dialect cannot carry it (a tuple arrives as a list, for example).
* `unsendable`: `index`, `sent`, `error`. highway itself cannot write the value of an exchange, or not read what it wrote.
* `exchanged`: `count`. All values of the exchange are back, but for the unsendable ones.
* `closed`: `code`, `reason`: highway's callback.
* `ended`: `error` (null, or what was raised), `code` and `reason` that the WebSocket library saw (null where it does not
  tell). Clients only: the connection's thread is done.
* `failed`: `command`, `error`. A command could not be carried out.

All but `listening` carry `connection`. The program ends when its standard input does.
"""

import itertools
import json
import math
import os
import sys
import threading

# highway prints to standard output, which belongs to the events.
_events = os.fdopen(os.dup(1), "w", encoding="utf-8")
os.dup2(2, 1)
_events_lock = threading.Lock()

connection_numbers = itertools.count()


def announce(event, **fields):
    """Writes an event."""
    line = json.dumps({"event": event, **fields})
    with _events_lock:
        print(line, file=_events, flush=True)


def obey(commands):
    """Carries out the commands from standard input and ends the program with it. `commands` holds a function for each."""
    for line in sys.stdin:
        command = json.loads(line)
        try:
            commands[command.pop("do")](**command)
        except Exception as error:
            announce("failed", connection=command.get("connection"), command=line.strip(), error=describe(error))
    # The libraries' threads would keep the program alive.
    os._exit(0)


def describe(error):
    return "%s: %s" % (type(error).__name__, error)


def nested(depth):
    """A list in a list in a list…, `depth` of them; too deep for a literal."""
    value = []
    for _ in range(depth - 1):
        value = [value]
    return value


def evaluate(expression):
    """The value of a Python expression; `inf` and `nan` are known, so that every `repr` of a value is one."""
    return eval(expression, {"inf": math.inf, "nan": math.nan, "nested": nested})


def is_indexed(value):
    """Whether 0.1 should send the value as an indexed dict."""
    return type(value) is dict and value != {} and all(type(key) is int for key in value)


def text_of(value):
    try:
        return repr(value)
    except RecursionError:
        return "<too deep for repr>"


def is_same(left, right):
    """Equality of value, type and order, where a NaN equals a NaN and 0.0 is not -0.0.

    Without recursion: what a peer can nest is deeper than what a Python function can.

    >>> is_same([1, {"a": (2.5, b"", None)}, float("nan")], [1, {"a": (2.5, b"", None)}, float("nan")])
    True
    >>> [is_same(1, other) for other in (1.0, True, 2, "1", None)]
    [False, False, False, False, False]
    >>> is_same(0.0, -0.0), is_same(1.5, 2.5), is_same(float("nan"), 1.5)
    (False, False, False)
    >>> is_same([1, 2], (1, 2)), is_same([1, 2], [2, 1]), is_same([1], [1, 1]), is_same([[1]], [[1.0]])
    (False, False, False, False)
    >>> is_same({"a": 1, "b": 2}, {"b": 2, "a": 1}), is_same({1: 2}, {"1": 2}), is_same({"a": 1}, {})
    (False, False, False)
    >>> is_same("a", b"a"), is_same("a", "b")
    (False, False)
    """
    pairs = [(left, right)]
    while pairs:
        left, right = pairs.pop()
        if type(left) is not type(right):
            return False
        if type(left) in (list, tuple):
            if len(left) != len(right):
                return False
            pairs.extend(zip(left, right))
        elif type(left) is dict:
            if len(left) != len(right):
                return False
            pairs.extend(zip(left.keys(), right.keys()))
            pairs.extend(zip(left.values(), right.values()))
        elif type(left) is float:
            if math.isnan(left) != math.isnan(right):
                return False
            if not math.isnan(left) and (left != right or math.copysign(1, left) != math.copysign(1, right)):
                return False
        elif left != right:
            return False
    return True


class Exchange:
    """The values of an `exchange` command on their way to the peer and back.

    `carry` writes and reads a value as highway does, and raises where it cannot.
    """

    def __init__(self, connection, expressions, carry):
        self.connection = connection
        self.expressions = list(expressions)
        self.carry = carry
        self.index = -1
        self.count = 0

    def next(self):
        """The next value to send, as a tuple of that one value; None when all are through."""
        while self.index + 1 < len(self.expressions):
            self.index += 1
            self.value = evaluate(self.expressions[self.index])
            try:
                self.expected = self.carry(self.value)
            except Exception as error:
                announce(
                    "unsendable",
                    connection=self.connection,
                    index=self.index,
                    sent=self.expressions[self.index],
                    error=describe(error),
                )
            else:
                return (self.value,)
        announce("exchanged", connection=self.connection, count=self.count)
        return None

    def came_back(self, received):
        self.count += 1
        announce(
            "echoed",
            connection=self.connection,
            index=self.index,
            sent=self.expressions[self.index],
            sent_type=type(self.value).__name__,
            equal=is_same(self.expected, received),
            expected=text_of(self.expected),
            expected_type=type(self.expected).__name__,
            received=text_of(received),
            received_type=type(received).__name__,
        )
