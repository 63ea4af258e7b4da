"""A client for the WebSocket subprotocol ``tidewire.v1``, written from PROTOCOL.md.

    async with await tidewire.connect("ws://127.0.0.1:1234") as client:
        await client.subscribe("room:1")
        await client.publish("room:1", {"text": "hello"})
        async for push in client:
            print(push)

Whatever goes wrong is one of three exceptions: ``RequestError`` (the gateway said no to a request),
``Refused`` (it said no to the connection) and ``ConnectionLost``.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import logging
from typing import Any, AsyncIterator

from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed, InvalidMessage, NegotiationError
from websockets.legacy.client import WebSocketClientProtocol
from websockets.legacy.client import connect as open_websocket

Message = dict[str, Any]
log = logging.getLogger("tidewire")

# A frame may hold 1,000 lines and as many bytes as `connected` says; lines share one only while it is small.
FRAME_LINES, FRAME_CHARACTERS = 1_000, 8_192

# The fields that each message of a gateway must have; float stands for any number.
FIELDS: dict[str, dict[str, type]] = {
    "connected": {
        "id": int, "connection": str, "gateway": str, "maxMessageBytes": float, "maxFrameBytes": float,
        "heartbeatIntervalMs": float, "idempotencyWindowMs": float
    },
    "refreshed": {"id": int, "expiresInMs": float},
    "subscribed": {"id": int, "channel": str, "resumable": bool},
    "unsubscribed": {"id": int, "channel": str},
    "published": {"id": int, "duplicate": bool},
    "page": {
        "id": int, "channel": str, "messages": list, "complete": bool, "more": bool, "position": str
    },
    "present": {"id": int, "channel": str, "members": list, "total": float, "complete": bool},
    "updated": {"id": int, "channel": str},
    "pong": {"id": int},
    "error": {"id": int, "code": str, "message": str, "retry": bool},
    "message": {"channel": str, "time": float},
    "gap": {"channel": str},
    "members": {"channel": str, "members": list, "total": float},
    "presence": {"channel": str, "total": float},
    "removed": {"channel": str, "code": str, "message": str},
    "expiring": {"expiresInMs": float},
    "leaving": {"reconnectMs": float},
}


class RequestError(Exception):
    """An error in answer to a request. ``retry``: it may succeed later, unchanged. The connection goes on."""

    def __init__(self, code: str, message: str, retry: bool) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.retry = code, retry


class Refused(Exception):
    """The connection was refused over HTTP. ``wait``: when to come back, in seconds, if that was said."""

    def __init__(self, status: int, code: str, message: str, wait: float | None) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status, self.code, self.wait = status, code, wait
        self.retry = status in (429, 500, 502, 503, 504)


class ConnectionLost(Exception):
    """The connection has ended, or never began; a request that was cut off was done, or was not.
    ``wait``: when to come back, in seconds, if that was said."""

    def __init__(self, code: int, reason: str, wait: float | None = None) -> None:
        super().__init__(f"connection lost: {code} {reason}".rstrip())
        self.code, self.reason, self.wait = code, reason, wait
        self.come_back = should_come_back(code)


def should_come_back(code: int) -> bool:
    """Whether a client comes back after a close with this code."""
    if code >= 4000:
        return code <= 4499
    # Of the rest those that say that this client did wrong, or that it closed by itself.
    return code not in (1000, 1002, 1003, 1007, 1008, 1009)


def parse(line: str) -> Any:
    """JSON, without the ``NaN`` and ``Infinity`` that Python takes and others don't."""

    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is not JSON")

    return json.loads(line, parse_constant=refuse)


def decode(line: str) -> Message | None:
    """One message of a gateway; ``None`` for a type that is not known; ValueError for what is no message."""
    message = parse(line)
    if type(message) is not dict or type(message.get("type")) is not str:
        raise ValueError("not an object with a type")
    fields = FIELDS.get(message["type"])
    if fields is None:
        return None
    for name, kind in fields.items():
        if type(message.get(name)) not in ((int, float) if kind is float else (kind,)):
            raise ValueError(f"{name} is missing or wrong")
    kept = message["messages"] if message["type"] == "page" else []
    if any(type(each) is not dict or type(each.get("position")) is not str for each in kept):
        raise ValueError("a message of a page without its position")
    for each in [message] if message["type"] == "message" else kept:
        if ("data" in each) == ("base64" in each):
            raise ValueError("neither data nor base64, or both")
    for name in ("members", "joined", "left", "updated"):
        if name in message and not (type(message[name]) is list and all(map(is_member, message[name]))):
            raise ValueError(f"{name} holds what is no member")
    return message


def is_member(member: Any) -> bool:
    """Whether it names either a user or a connection, and has an object as info, if any."""
    if type(member) is not dict or type(member.get("info", {})) is not dict:
        return False
    names = [member[name] for name in ("user", "connection") if name in member]
    return len(names) == 1 and type(names[0]) is str


def payload(message: Message) -> Any:
    """What a push of the type ``message`` carries: what was JSON or text, or bytes that are not UTF-8."""
    return base64.b64decode(message["base64"]) if "base64" in message else message["data"]


class Socket(WebSocketClientProtocol):
    """A WebSocket that reads why it was refused."""

    async def read_http_response(self) -> tuple[int, Headers]:
        status, headers = await super().read_http_response()
        if status < 400:
            return status, headers
        try:
            body = await self.reader.readexactly(min(int(headers.get("Content-Length", "0")), 65_536))
            code, message = (str(json.loads(body)["error"][name]) for name in ("code", "message"))
        except (EOFError, ValueError, KeyError, TypeError):
            code, message = "unknown", "the answer is not a gateway's"
        wait = headers.get("Retry-After", "")
        raise Refused(status, code, message, float(wait) if wait.isdecimal() else None)


async def open_socket(url: str, subprotocol: str | None) -> Socket:
    """Opens a WebSocket and says nothing on it. Raises Refused or ConnectionLost."""
    offer = {"subprotocols": [subprotocol]} if subprotocol else {}
    try:  # no max_size: a gateway may put many messages into one frame
        socket = await open_websocket(url, create_protocol=Socket, compression=None, max_size=None, **offer)
    except (OSError, InvalidMessage) as error:
        raise ConnectionLost(1006, str(error)) from error
    if socket.subprotocol != subprotocol:
        await socket.close()
        raise NegotiationError(f"{url} does not speak {subprotocol}")
    return socket


async def connect(url: str) -> Client:
    """Opens a connection and says ``connect`` on it."""
    client = Client(await open_socket(url, "tidewire.v1"))
    try:
        client.connected = await client.request("connect")
    except BaseException:
        await client.close()
        raise
    return client


class Client:
    """One connection, made by ``connect``. Iterate over it for what the gateway says unasked: messages of
    the types ``message``, ``gap``, ``removed`` and ``leaving``, which wait in memory until they are taken.
    The iteration ends with the connection, and ``lost`` says why."""

    def __init__(self, socket: Socket) -> None:
        self.connected: Message = {}
        self.lost: ConnectionLost | None = None
        self._socket = socket
        self._ids = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Message]] = {}
        self._subscriptions: dict[str, asyncio.Future[Message]] = {}
        self._outgoing: asyncio.Queue[str] = asyncio.Queue()
        self._pushes: asyncio.Queue[Message | None] = asyncio.Queue()
        self._wait: float | None = None
        self._writer = asyncio.create_task(self._write())
        self._reader = asyncio.create_task(self._read())

    async def subscribe(self, channel: str, echo: bool | None = None) -> None:
        """What is published once this has returned arrives. ``echo``: whether one's own messages do."""
        if channel in self._subscriptions:
            raise RequestError("already_subscribed", "This client is subscribed, or about to be.", False)
        reply = self._begin("subscribe", channel=channel, **({} if echo is None else {"echo": echo}))
        self._subscriptions[channel] = reply
        try:
            await reply
        except BaseException:
            if self._subscriptions.get(channel) is reply:
                del self._subscriptions[channel]
            raise

    async def unsubscribe(self, channel: str) -> None:
        """Nothing that arrives on the channel from now on comes out of the iteration."""
        known = self._subscriptions.pop(channel, None)
        try:
            await self.request("unsubscribe", channel=channel)
        except RequestError as error:
            if known is None or error.code != "not_subscribed":
                raise  # otherwise a `removed` came the other way, which is no fault

    async def publish(self, channel: str, data: Any, key: str | None = None) -> bool:
        """Returns once the broker took it. False: the key was known, and nothing was published now."""
        fields = {} if key is None else {"key": key}
        return not (await self.request("publish", channel=channel, data=data, **fields))["duplicate"]

    async def ping(self) -> None:
        """Returns once the gateway has answered."""
        await self.request("ping")

    async def request(self, kind: str, **fields: Any) -> Message:
        """Any request: its reply, or RequestError, or ConnectionLost."""
        return await self._begin(kind, **fields)

    async def close(self) -> None:
        """Closes the connection. What came before can still be iterated over."""
        await self._socket.close()
        await self._reader

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def __aiter__(self) -> AsyncIterator[Message]:
        while (push := await self._pushes.get()) is not None:
            yield push
        self._pushes.put_nowait(None)  # whoever iterates again finds the end again

    def _begin(self, kind: str, **fields: Any) -> asyncio.Future[Message]:
        """Puts a request on its way at once: requests go out in the order of the calls."""
        if self.lost:
            raise self.lost
        number = next(self._ids)
        line = json.dumps({"type": kind, "id": number, **fields}, ensure_ascii=False, allow_nan=False)
        line.encode()  # UnicodeEncodeError for half of a surrogate pair, before anything is sent
        self._waiting[number] = reply = asyncio.get_running_loop().create_future()
        self._outgoing.put_nowait(line)
        return reply

    async def _write(self) -> None:
        """Sends what is to be sent, with as many lines in a frame as are waiting and may be."""
        while True:
            lines = [await self._outgoing.get()]
            size = len(lines[0])
            while size < FRAME_CHARACTERS and len(lines) < FRAME_LINES and not self._outgoing.empty():
                lines.append(self._outgoing.get_nowait())
                size += len(lines[-1])
            try:
                await self._socket.send("\n".join(lines))
            except ConnectionClosed:
                return  # the reader meets the same end, and tells everybody

    async def _read(self) -> None:
        try:
            while True:
                frame = await self._socket.recv()
                for line in frame.split("\n") if isinstance(frame, str) else ():
                    if line:
                        self._take(line)
        except ConnectionClosed:
            code, reason = self._socket.close_code or 1006, self._socket.close_reason or ""
            self.lost = ConnectionLost(code, reason, self._wait)
        self._writer.cancel()
        self._pushes.put_nowait(None)
        for reply in self._waiting.values():
            if not reply.done():
                reply.set_exception(self.lost)

    def _take(self, line: str) -> None:
        """Gives one message to whoever waits for it."""
        try:
            message = decode(line)
        except (ValueError, RecursionError) as error:
            log.warning("passed over a line that is no message: %s", error)
            return
        if message is None:
            return
        kind = message["type"]
        if "id" in FIELDS[kind]:
            reply = self._waiting.pop(message["id"], None)
            if reply is None or reply.done():
                return
            if kind == "error":
                reply.set_exception(RequestError(message["code"], message["message"], message["retry"]))
            else:
                reply.set_result(message)
        elif kind == "leaving":
            self._wait = message["reconnectMs"] / 1_000
            self._pushes.put_nowait(message)
        elif (reply := self._subscriptions.get(message["channel"])) and reply.done():
            # Anything else is from a channel that the client has left, as the gateway does not know yet.
            self._pushes.put_nowait(message)
            if kind == "removed":
                del self._subscriptions[message["channel"]]
