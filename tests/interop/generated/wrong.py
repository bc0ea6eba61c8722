# Programs that mypy refuses: each line with its one error.

from __future__ import annotations

from collections.abc import AsyncIterator

from highway_ws import items

from chat import Card, CardInput, Chat, Handlers, Line, connect


class Missing(Handlers):
    async def said(self, line: Line, connection: Chat) -> None:
        line["form"]  # error typeddict-item

    async def ask(self, question: str, connection: Chat) -> bool:
        return True


class Other(Handlers):
    async def said(self, line: Line, connection: Chat) -> None: ...

    async def ask(self, question: str, connection: Chat) -> str:  # error override
        return "yes"

    async def ticks(self, count: str, connection: Chat) -> AsyncIterator[int]:  # error override
        yield 1


async def wrong(chat: Chat, card: CardInput) -> None:
    await chat.call.chnage_name("ada")  # error attr-defined
    await chat.call.say("hi")  # error attr-defined
    await chat.send.count(1)  # error attr-defined
    await chat.call.change_name(1)  # error arg-type
    await chat.call.change_name()  # error call-arg
    await chat.call.visits(1)  # error call-arg
    await chat.call.divide(1)  # error call-arg
    await chat.call.divide("1", 2)  # error arg-type
    await chat.call.sum([1])  # error arg-type
    await chat.call.sum(items(["1"]))  # error list-item
    await chat.call.shape("Full")  # error arg-type
    await chat.call.shape({"Square": {"side": "1"}})  # error arg-type
    await chat.call.by_number({"seven": "7"})  # error dict-item
    await chat.call.wrap({})  # error typeddict-item
    await chat.call.card({**card, "shape": None})  # error typeddict-item
    chat.call.change_name("ada")  # error unused-coroutine
    chat.send.say("hi")  # error unused-coroutine
    chat.call.change_name("ada").upper()  # error attr-defined
    chat.call.card(card)["title"]  # error index
    name: int = await chat.call.change_name("ada")  # error assignment
    received: Card = card  # error assignment
    async for number in chat.stream.count(1):
        number.upper()  # error attr-defined
    for item in chat.stream.count(1):  # error attr-defined
        print(item, name, received)
    await connect("ws://localhost")  # error call-arg
    await connect("ws://localhost", Missing())  # error abstract
    await connect("ws://localhost", Other(), strcit=True)  # error call-arg
