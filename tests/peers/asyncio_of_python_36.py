"""A shim: what websockets 3.4 takes from asyncio and Python 3.6, for the Python versions that have dropped it.

highway.py 0.2 needs websockets 3.4, which is written for Python 3.4 to 3.6. Importing this module before highway
gives asyncio back what has gone since then, and nothing else; highway, websockets and ujson stay as PyPI has them:

* `asyncio.coroutine`, gone since Python 3.11;
* the `loop` parameter of `Lock`, `Queue`, `wait` and `wait_for`, gone since 3.10: everything here runs in the
  current loop;
* `with (yield from lock)`, gone since 3.9;
* `websockets.compatibility`, whose source text is no Python since `async` is a keyword (3.7). It picks between names
  of the standard library, and the names that it picks on Python 3.6 are put in its place.
"""

import asyncio
import asyncio.queues
import functools
import http
import inspect
import sys
import types


def _coroutine(function):
    if inspect.isgeneratorfunction(function):
        return types.coroutine(function)

    # A plain function becomes a coroutine too, and what it returns is awaited where it can be.
    @types.coroutine
    @functools.wraps(function)
    def wrapped(*args, **kwargs):
        result = function(*args, **kwargs)
        if inspect.isawaitable(result):
            result = yield from result.__await__()
        return result

    return wrapped


class _Held:
    def __init__(self, lock):
        self.lock = lock

    def __enter__(self):
        return None

    def __exit__(self, *_):
        self.lock.release()


class _Lock(asyncio.Lock):
    def __init__(self, *, loop=None):
        super().__init__()

    @types.coroutine
    def __iter__(self):
        yield from self.acquire()
        return _Held(self)


class _Queue(asyncio.Queue):
    def __init__(self, maxsize=0, *, loop=None):
        super().__init__(maxsize)


def _without_loop(function):
    @functools.wraps(function)
    def wrapped(*args, loop=None, **kwargs):
        return function(*args, **kwargs)

    return wrapped


def _compatibility():
    module = types.ModuleType("websockets.compatibility")
    module.asyncio_ensure_future = asyncio.ensure_future
    for name in (
        "SWITCHING_PROTOCOLS",
        "OK",
        "BAD_REQUEST",
        "UNAUTHORIZED",
        "FORBIDDEN",
        "INTERNAL_SERVER_ERROR",
        "SERVICE_UNAVAILABLE",
    ):
        setattr(module, name, getattr(http.HTTPStatus, name))
    return module


if sys.version_info >= (3, 7):
    sys.modules["websockets.compatibility"] = _compatibility()

if sys.version_info >= (3, 9):
    asyncio.coroutine = _coroutine
    asyncio.Lock = _Lock
    asyncio.queues.Queue = _Queue
    asyncio.wait = _without_loop(asyncio.wait)
    asyncio.wait_for = _without_loop(asyncio.wait_for)
