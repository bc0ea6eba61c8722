"""What a client does with a server of the tests (tests/interop/python.rs): `server.py URL PART`, which says `ok` at its end."""

import asyncio
import math
import resource
import ssl as tls
import sys
import time

from highway_ws import (
    CallError,
    CallTimeout,
    Client,
    ConnectError,
    ConnectionClosed,
    EncodeError,
    Failure,
    Handler,
    Reconnect,
    Routes,
    connect,
    items,
)

VALUES = [
    None,
    True,
    False,
    *(sign * 2**bits + by for bits in (7, 8, 15, 16, 31, 32, 53, 63, 64, 65, 128, 1000) for sign in (1, -1) for by in (-1, 0, 1)),
    10**4300 - 1,
    1,
    1.0,
    -0.0,
    0.1,
    5e-324,
    1.7976931348623157e308,
    math.inf,
    -math.inf,
    math.nan,
    "",
    "hé 🚣 \0",
    b"",
    bytes(range(256)),
    [],
    (),
    {},
    [1, 1.0, "1", b"1", None, True, [], (), {}],
    (1, (2, [(3,)])),
    {"b": 1, "a": ()},
    {7: "x", -1: None, 2**70: b""},
    [math.nan, -0.0, math.inf, 2**64, -(2**64) - 1],
    [0] * 1000,
    b"x" * 500_000,
    "é" * 200_000,
]
UNSENDABLE = [
    ({1, 2}, ""),
    ([frozenset()], "[0]"),
    ({"a": {1: 1, "b": 2}}, ".a"),
    ([{True: 1}], "[0]"),
    ([{1.0: 1}], "[0]"),
    ([memoryview(b"x")], "[0]"),
    (bytearray(b"x"), ""),
    ({"text": ["\ud800"]}, ".text[0]"),
    ("\udfff", ""),
    ([10**4300], "[0]"),
    (time, ""),
    ((1, [object()]), "[1][0]"),
]


async def values(url):
    async with await connect(url) as connection:
        assert connection.dialect == "highway/1" and "echo" in connection.peer_routes
        for value in VALUES:
            back = await connection.call("echo", value)
            # By its text, by which 1.0 is not 1, NaN is NaN and the order of dicts counts.
            assert type(back) is type(value) and repr_of(back) == repr_of(value), (repr(value)[:80], repr(back)[:80])
        for value, place in UNSENDABLE:
            for way in (connection.call, connection.send, connection.stream):
                try:
                    sent = way("echo", value)
                    if asyncio.iscoroutine(sent):
                        await sent
                except EncodeError as error:
                    assert error.place == place and error.route == "echo" and error.why, (error, place)
                else:
                    raise AssertionError(f"{value!r} was sent")
        deep = []
        for _ in range(127):
            deep = [deep]
        assert await connection.call("echo", deep) == deep
        try:
            await connection.call("echo", [deep])
        except EncodeError as error:
            assert "128" in str(error)
        else:
            raise AssertionError("too deep")


def repr_of(value):
    if type(value) is int:
        return hex(value)
    return repr(value)


async def failures(url):
    async with await connect(url) as connection:
        for route, data, kind, code in [
            ("refuse", "x", "refused", "refused here"),
            ("add", "x", "convert", ""),
            ("blobs", 3, "shape", ""),
            ("panic", None, "internal", ""),
            ("nowhere", None, "no-route", ""),
        ]:
            try:
                await connection.call(route, data)
            except CallError as error:
                assert (error.kind, error.code, error.route) == (kind, code, route), error
                assert route != "refuse" or error.data == ("x", 1.0)
            else:
                raise AssertionError(route)
        try:
            await connection.call("hang", timeout=0.05)
        except CallTimeout as error:
            assert error.kind == "timeout" and isinstance(error, TimeoutError)
        await dropped(connection, "hang", 1)
        task = asyncio.create_task(connection.call("hang"))
        await asyncio.sleep(0)
        await connection.call("add", (1, 2))
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        await dropped(connection, "hang", 2)


async def dropped(connection, what, count):
    """Waits until the server says that so many of its routes were dropped."""
    while await connection.call("dropped", what) < count:
        await asyncio.sleep(0.01)
    assert await connection.call("dropped", what) == count


async def many(url):
    async with await connect(url) as connection:
        calls = [connection.call("add", (number, 1)) for number in range(10_000)]
        assert await asyncio.gather(*calls) == list(range(1, 10_001))
        gate = [asyncio.create_task(connection.call("gate", number)) for number in range(10_000)]
        while await connection.call("waiting") < 10_000:
            await asyncio.sleep(0.01)
        await connection.send("open")
        assert [await task for task in gate] == list(range(10_000))


async def slow(url):
    async with await connect(url) as connection:
        before, number = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, 0
        async for item in connection.stream("blobs", 100_000):
            assert item[0] == number and len(item[1]) == 100
            number += 1
            if number % 1000 == 0:
                await asyncio.sleep(0.001)
        assert number == 100_000
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        assert grown < 8 * 1024, f"{grown} KiB more"
        # And while nothing is read, the server makes no more than the credit lets it.
        stream = connection.stream("blobs", 100_000)
        assert (await anext(stream))[0] == 0
        made = -1
        while made != (made := await connection.call("made")) or made < 1:
            await asyncio.sleep(0.05)
        assert made - 100_000 < 5_000, made
        await stream.aclose()
        total = await connection.call("sum", items(range(100_000)), timeout=60)
        assert total == sum(range(100_000))


async def leave(url):
    async with await connect(url) as connection:
        async for number in connection.stream("endless"):
            if number == 3:
                break
        await dropped(connection, "endless", 1)
        held = connection.stream("endless")
        async for number in held:
            if number == 3:
                break
        await dropped(connection, "endless", 2)
        async with connection.stream("endless") as stream:
            assert await anext(stream) == 0
        await dropped(connection, "endless", 3)
        try:
            async for number in connection.stream("endless"):
                raise KeyError
        except KeyError:
            pass
        await dropped(connection, "endless", 4)
        stream = connection.stream("endless")
        while await connection.call("opened", "endless") < 5:
            await asyncio.sleep(0.01)
        del stream
        await dropped(connection, "endless", 5)
        task = asyncio.create_task(read(connection))
        while await connection.call("opened", "silent") < 1:
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.wait([task])
        del task
        await dropped(connection, "silent", 1)
        # The server leaves the stream that is the data of its route.
        seen = []

        async def numbers():
            try:
                number = 0
                while True:
                    yield number
                    number += 1
                    await asyncio.sleep(0)
            finally:
                seen.append("closed")

        assert await connection.call("first", numbers()) == 0
        while not seen:
            await asyncio.sleep(0.01)

        async def broken():
            yield 1
            raise Failure("no more", code="broken")

        try:
            await connection.call("sum", broken())
        except CallError as error:
            assert isinstance(error.__cause__, Failure), error
        else:
            raise AssertionError("the stream broke")
        got = [number async for number in connection.stream("double", items([1, 2, 3]))]
        assert got == [2, 4, 6]


async def read(connection):
    async for _ in connection.stream("silent"):
        raise AssertionError("it has no items")


async def served(url):
    routes, seen = Routes(), []

    @routes.route("mine")
    async def mine(data, connection):
        return data

    @routes.route("mine refuses")
    def refuses(data, connection):
        raise Failure("no", code="mine", data=(1, 2.0))

    @routes.route("my_count")
    async def count(to, connection):
        try:
            for number in range(to):
                yield number
        finally:
            seen.append("count is over")

    @routes.route("my_sum", takes_stream=True)
    async def total(numbers, connection):
        return sum([number async for number in numbers])

    @routes.route("hang")
    async def hang(data, connection):
        try:
            await asyncio.Event().wait()
        finally:
            seen.append("hang is over")

    async with await connect(url, routes) as connection:
        assert await connection.call("call me", ("mine", (1, 1.0, b"x"))) == (1, 1.0, b"x")
        assert await connection.call("call me", ("mine refuses", None)) == "mine"
        assert await connection.call("read me", 1000) == sum(range(1000))
        assert await connection.call("feed me", 1000) == sum(range(1000))
        assert await connection.call("leave me", 10**9) == 0
        while "count is over" not in seen:
            await asyncio.sleep(0.01)
        assert await connection.call("drop me", None) is None
        while seen.count("hang is over") < 1:
            await asyncio.sleep(0.01)


async def pipes(url):
    friend, told = Routes(), asyncio.get_running_loop().create_future()

    @friend.route("echo")
    async def echo(data, connection):
        return data

    @friend.route("count")
    async def count(to, connection):
        for number in range(to):
            yield bytes(1000)

    @friend.on_open
    async def opened(introduction, connection):
        told.set_result((introduction, await connection.call("whose", None)))

    mine = Routes()

    @mine.route("whose")
    async def whose(data, connection):
        return ("the opener's",)

    kept = []

    @friend.route("keep")
    async def keep(data, connection):
        kept.append(len(data))

    async with await connect(url, pipes=friend) as one, await connect(url) as other:
        number = await one.call("id")
        pipe = await other.pipe(number, mine)
        assert pipe.dialect == "highway/1" and pipe.status == "open"
        assert await told == ("from the server", ("the opener's",))
        big = bytes(range(256)) * 3000
        assert await pipe.call("echo", (1, 1.0, big)) == (1, 1.0, big)
        size = 0
        async for item in pipe.stream("count", 5000):
            size += len(item)
        assert size == 5_000_000
        await asyncio.gather(*[pipe.send("echo", bytes(900_000)) for _ in range(10)])
        assert await pipe.call("echo", 5) == 5
        # More than the credit is there for: it is sent before the pipe ends.
        await pipe.send("keep", bytes(900_000))
        await pipe.close(4001, "enough")
        while not kept:
            await asyncio.sleep(0.01)
        assert kept == [900_000], kept
        assert (await pipe.wait_closed()).code == 4001
        for to, kind in [(999_999_999, "pipe"), (await other.call("id"), "pipe")]:
            try:
                await one.pipe(to)
            except CallError as error:
                assert error.kind == kind, error
            else:
                raise AssertionError(to)
        second = await other.pipe(number, mine) if told.done() and _again(friend) else None
        await one.close()
        assert (await second.wait_closed()).code == 1006


def _again(friend):
    """Later pipes are not told of."""
    friend._on_open = None
    return True


async def restart(url):
    changes, ready = [], []

    class Mine(Handler):
        async def on_ready(self):
            ready.append(await self.call("add", (1, len(ready))))

        def on_close(self, code, reason):
            ready.append(code)

    client = Client(
        Mine,
        reconnect=Reconnect(first_delay=0.05, keep=10),
        on_status=lambda status, why: changes.append((status, type(why).__name__)),
    )
    connection = await client.connect(url)
    calls = [asyncio.create_task(connection.call("hang")) for _ in range(20)]
    items = asyncio.create_task(read(connection))
    while await connection.call("opened", "silent") < 1:
        await asyncio.sleep(0.01)
    print("kill", flush=True)
    for task in [*calls, items]:
        try:
            await task
        except ConnectionClosed as error:
            assert error.code == 1006, error
        else:
            raise AssertionError("it was answered")
    while connection.status != "reconnecting":
        await asyncio.sleep(0.01)
    kept = asyncio.create_task(connection.send("add", (1, 2)))
    await asyncio.sleep(0)
    print("start", flush=True)
    await kept
    assert connection.status == "open"
    assert await connection.call("add", (1, 2)) == 3
    assert ready[0] == 1 and 1006 in ready and len(ready) == 3, ready
    assert [status for status, _ in changes if status != "reconnecting"] == ["open", "open"], changes
    await connection.close()
    assert connection.status == "closed" and (await connection.wait_closed()).code == 1000


async def errors(url):
    for at, kind in [("ws://127.0.0.1:1", "no connection"), ("http://127.0.0.1", "no address"), (url + "/refused", "status")]:
        try:
            await connect(at)
        except ConnectError as error:
            assert kind in str(error), error
            if kind == "status":
                assert error.status == 403 and not error.may_retry
        else:
            raise AssertionError(at)
    connection = await connect(url)
    hanging = asyncio.create_task(connection.call("hang"))
    await connection.send("close me")
    for waiting in (hanging, connection.call("add", (1, 2))):
        try:
            await waiting
        except ConnectionClosed as error:
            assert (error.code, error.reason) == (4002, "as you wish"), error
        else:
            raise AssertionError("it is closed")


def description(reply="u64", peer=()):
    """What this client declares of its routes, and of the server's."""
    serves = [{"name": "my_count", "declared": True, "data": "u64", "reply": {"stream": reply}}]
    return {"highway": "description", "version": 1, "name": "Me", "role": "client", "serves": serves, "peer": list(peer), "types": {}}


async def contract(url):
    """The server declares that this client's `my_count` takes and returns u64, and nothing of its own routes."""
    routes = Routes()

    @routes.route("my_count")
    async def count(to, connection):
        for number in range(to):
            yield number

    async with await connect(url, routes, description=description(), strict=True) as connection:
        assert await connection.call("read me", 10) == 45
    try:
        await connect(url, routes, description=description(reply="str"), strict=True)
    except ConnectionClosed as error:
        assert error.code == 3004 and "my_count" in error.reason, error
    else:
        raise AssertionError("a str is no u64")
    missing = {"name": "nowhere", "declared": True, "data": "str"}
    try:
        await connect(url, routes, description=description(peer=[missing]), strict=True)
    except ConnectionClosed as error:
        assert error.code == 3004 and "nowhere" in error.reason, error
    else:
        raise AssertionError("the server has no such route")
    # Without `strict` the other routes are used, and what comes is held to its type.
    shaped = [
        {"name": "add", "declared": True, "data": {"tuple": ["i64", "i64"]}, "reply": "u8"},
        {"name": "echo", "declared": True, "data": "any", "reply": {"list": {"option": "float"}}},
    ]
    async with await connect(url, routes, description=description(reply="str", peer=[missing, *shaped])) as connection:
        assert await connection.call("add", (1, 254)) == 255
        assert repr(await connection.call("echo", (1, None, 2.5))) == "[1.0, None, 2.5]"
        for name, data, place in [("add", (1, 255), "u8"), ("echo", [1, [2]], "[1]"), ("echo", "x", "list")]:
            try:
                await connection.call(name, data)
            except CallError as error:
                assert error.kind == "reply" and place in str(error), error
            else:
                raise AssertionError(name)
        try:
            await connection.call("nowhere", "x")
        except CallError as error:
            assert error.kind == "no-route", error
        else:
            raise AssertionError("the server has no such route")
    # What Rust leaves out is there where it is an option.
    fields = [
        {"name": "of", "type": "str", "required": True},
        {"name": "at", "type": {"option": "u64"}, "required": True},
        {"name": "by", "type": {"option": "u64"}, "required": False},
    ]
    line = {"name": "echo", "declared": True, "data": "any", "reply": {"struct": {"fields": fields}}}
    async with await connect(url, description=description(peer=[line])) as connection:
        assert await connection.call("echo", {"of": "x"}) == {"of": "x", "at": None}
        assert await connection.call("echo", {"of": "x", "at": 1, "by": None}) == {"of": "x", "at": 1, "by": None}
        try:
            await connection.call("echo", {"at": 1})
        except CallError as error:
            assert error.kind == "reply" and "'of' is missing" in str(error), error
        else:
            raise AssertionError("nothing is known of it")


async def changes(url):
    """The status as it changes, who decides about another attempt, and what was written when `flush` returns."""
    asked = []

    def retry_if(error):
        asked.append(error)
        return len(asked) < 2

    connection = await connect(url, reconnect=Reconnect(first_delay=0.01, retry_if=retry_if))
    seen = []

    async def follow():
        async for status in connection.status_changes():
            seen.append(status)

    following = asyncio.create_task(follow())
    await asyncio.sleep(0)
    for _ in range(3):
        await connection.send("add", (1, 2))
    await connection.flush()
    # The server closes with 4002, after which only `retry_if` comes back: once.
    await connection.send("close me")
    while len(asked) < 1 or connection.status != "open":
        await asyncio.sleep(0.01)
    assert await connection.call("add", (1, 2)) == 3
    await connection.send("close me")
    assert (await connection.wait_closed()).code == 4002
    await following
    assert seen == ["open", "reconnecting", "open", "closed"], seen
    assert [error.code for error in asked] == [4002, 4002], asked


async def secure(url, file):
    trusting = tls.create_default_context(cafile=file)
    async with await connect(url, ssl=trusting) as connection:
        assert await connection.call("add", (1, 2)) == 3
        assert await connection.call("echo", bytes(500_000)) == bytes(500_000)
    try:
        await connect(url)
    except ConnectError as error:
        assert "TLS" in str(error), error
    else:
        raise AssertionError("nobody vouches for the server")
    try:
        await connect(url.replace("wss:", "ws:"))
    except ConnectError:
        pass
    else:
        raise AssertionError("it speaks TLS only")


async def published(url):
    """With highway.py 0.2, whose `echo` sends what comes to `echoed`."""
    routes, came = Routes(), asyncio.Queue()

    @routes.route("echo")
    async def echo(data, connection):
        pass

    @routes.route("echoed")
    async def echoed(data, connection):
        came.put_nowait(data)

    async with await connect(url, routes) as connection:
        assert connection.dialect == "0.2" and "echo" in connection.peer_routes
        for value in ["hé", "", 7, -(2**70), 2.5, -0.0, math.inf, True, False, None, b"\0\xff", [1, 2.5, "x", None, [True]], {"a": {"b": []}}]:
            await connection.send("echo", value)
            back = await came.get()
            assert repr(back) == repr(value), (back, value)
        await connection.send("echo", (1, (2,)))
        assert await came.get() in ([1, [2]], (1, [2]))
        for value in [[b"x"], [math.nan], [2**64], {1: 2}, ["\ud800"]]:
            try:
                await connection.send("echo", value)
            except EncodeError as error:
                assert error.route == "echo", error
            else:
                raise AssertionError(f"{value!r} was sent")
        try:
            await connection.call("echo", 1)
        except CallError as error:
            assert error.kind == "unsupported", error
        else:
            raise AssertionError("it has no calls")


async def main(url, part, *more):
    await globals()[part](url, *more)
    print("ok", flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
