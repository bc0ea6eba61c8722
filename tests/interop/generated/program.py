# Uses every route of the generated client, with the types that it has.

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from highway_ws import CallError, items

from chat import Card, CardInput, Chat, Handlers, Line, Map, Shape, connect


class Mine(Handlers):
    def __init__(self) -> None:
        self.heard: asyncio.Future[Line] = asyncio.get_running_loop().create_future()

    async def said(self, line: Line, connection: Chat) -> None:
        self.heard.set_result(line)

    async def ask(self, question: str, connection: Chat) -> bool:
        # The connection has the types too.
        before: str = await connection.call.change_name("ada")
        return question.endswith("?") and before == "ada"

    async def ticks(self, count: int, connection: Chat) -> AsyncIterator[int]:
        for tick in range(count):
            yield tick


async def main(url: str) -> None:
    mine = Mine()
    async with await connect(url, mine, strict=True) as chat:
        before: str = await chat.call.change_name("ada")
        assert before == ""
        await chat.send.say("hi")
        line = await mine.heard
        assert line["from"] == "ada" and line["text"] == "hi"

        quotient: int = await chat.call.divide(7, 2, timeout=5)
        assert quotient == 3
        try:
            await chat.call.divide(1, 0)
            raise AssertionError("no error")
        except CallError as error:
            assert error.declared and error.data == {"DivisionByZero": {"dividend": 1}}, error

        assert [number async for number in chat.stream.count(10)] == list(range(10))
        async for number in chat.stream.count(2**60):
            if number == 3:
                break
        assert await chat.call.sum(items([1, 2, 3])) == 6

        given: CardInput = {
            "id": 2**63,
            "title": "first",
            "parent": {"id": 1, "title": "none", "seen": {}, "picture": b"", "the-end": False, "shape": "Empty"},
            "tags": [("a", 1)],
            "seen": {"yesterday": -5},
            "picture": b"\1\2",
            "the-end": True,
            "shape": {"Square": {"side": 3}},
        }
        card: Card = await chat.call.card(given)
        assert card["id"] == 2**63 and card["seen"]["yesterday"] == -5 and card["the-end"]
        parent = card["parent"]
        assert parent is not None and parent["parent"] is None and parent["tags"] == []
        # What is a float on the other side comes as one.
        assert card["tags"] == [("a", 1.0)] and type(card["tags"][0][1]) is float
        assert card["picture"] == b"\1\2"

        shape: Shape = await chat.call.shape({"Pair": (-1, 2**127)})
        assert shape != "Empty" and "Pair" in shape
        assert shape["Pair"] == (-1, 2**127)
        assert await chat.call.shape("Empty") == "Empty"
        names: dict[int, str | None] = await chat.call.by_number({7: "seven", 8: None})
        assert names == {7: "seven", 8: None}
        wrapped: Map = await chat.call.wrap({"number": 3})
        assert repr(wrapped["zoom"]) == "3.0"
        visits: int = await chat.call.visits()
        assert visits >= 2**60
        assert await chat.call.anything({"a": [1, "b", (1.0,)]}) == {"a": [1, "b", (1.0,)]}
        await chat.send.tagged({"kind": "One", "number": 1})
        assert await chat.call.ask_back("really?")
        assert await chat.call.add_ticks(4) == 6
        assert await chat.connection.call("change-name", "bob") == "ada"
        assert chat.status == "open"
    assert (await chat.wait_closed()).code == 1000


def run(url: str) -> None:
    asyncio.run(main(url))
    print("done")
