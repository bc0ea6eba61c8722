"""The program that the dialogues of tests/conformance are with, as its README describes it: `dialogues.py URL TIMES`."""

import asyncio
import sys

from highway_ws import CallError, ConnectError, ConnectionClosed, Failure, Routes, connect, items

# A route takes a stream by its declaration here; `count` takes an int by that of the description.
DESCRIPTION = {
    "highway": "description",
    "version": 1,
    "name": "Program",
    "role": "client",
    "serves": [{"name": "count", "data": "u64", "reply": {"stream": "u64"}}],
    "types": {},
}

routes, friend = Routes(), Routes()


@routes.route("echo")
@friend.route("echo")
async def echo(data, connection):
    return data


@routes.route("refuse")
async def refuse(data, connection):
    raise Failure("no", code="refused here", data=data)


@routes.route("count")
async def count(to, connection):
    for number in range(to):
        yield number


@routes.route("sum", takes_stream=True)
async def total(numbers, connection):
    return sum([number async for number in numbers])


@routes.route("hold", takes_stream=True)
async def hold(numbers, connection):
    await asyncio.Event().wait()


@routes.route("wait")
async def wait(data, connection):
    await asyncio.Event().wait()


@routes.route("never")
async def never(data, connection):
    await asyncio.Event().wait()
    yield


@routes.route("do")
async def act(data, connection):
    action, route, data = data
    try:
        if action == "send":
            await connection.send(route, data)
        elif action == "call":
            await connection.send("told", ("reply", await connection.call(route, data)))
        elif action == "sum":
            await connection.send("told", ("reply", await connection.call(route, items(data))))
        elif action == "first":
            async for item in connection.stream(route, data):
                break
            await connection.send("told", ("item", item))
        else:
            async for item in connection.stream(route, data):
                await connection.send("told", ("item", item))
            await connection.send("told", ("end",))
    except CallError as error:
        await connection.send("told", ("failure", error.kind, error.code))


async def main(url, times):
    for _ in range(times):
        try:
            connection = await connect(url, routes, description=DESCRIPTION, pipes=friend)
        except (ConnectError, ConnectionClosed):
            continue
        await connection.wait_closed()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
