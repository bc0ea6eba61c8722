"""The routes that a side serves."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])


class Route:
    """A function that serves a route."""

    __slots__ = ("name", "function", "streams", "takes_stream")

    def __init__(self, name: str, function: Callable[..., Any], streams: bool, takes_stream: bool) -> None:
        self.name = name
        self.function = function
        self.streams = streams
        self.takes_stream = takes_stream


class Routes:
    """Routes by their names, in the order in which they were added.

    ```python
    routes = Routes()

    @routes.route("add")
    async def add(data, connection):
        return data[0] + data[1]
    ```
    """

    def __init__(self) -> None:
        self._routes: dict[str, Route] = {}
        self._on_open: Callable[[Any, Any], Awaitable[None]] | None = None

    def route(self, name: str, *, streams: bool | None = None, takes_stream: bool = False) -> Callable[[Function], Function]:
        """Serves the route of this name by the function below: it gets the data and the handler or connection.

        What it returns is the reply to a call. An async generator serves a stream (`streams` says so of a function that returns an async
        iterator). With `takes_stream` the data is an async iterator of items.
        """
        if not isinstance(name, str) or name == "meta":
            raise ValueError(f"a route can't have the name {name!r}")

        def added(function: Function) -> Function:
            is_stream = inspect.isasyncgenfunction(function) if streams is None else streams
            self._routes[name] = Route(name, function, is_stream, takes_stream)
            return function

        return added

    def on_open(self, function: Function) -> Function:
        """Calls the function below, with what the server reports about the opener and the connection, when a pipe with these routes is open."""
        self._on_open = function
        return function

    @property
    def routes(self) -> dict[str, Callable[..., Any]]:
        """The functions by the names of their routes."""
        return {name: route.function for name, route in self._routes.items()}

    def as_list(self) -> list[Route]:
        return list(self._routes.values())
