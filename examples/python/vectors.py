"""Runs the examples of packages/protocol/vectors: python3 vectors.py [ws://127.0.0.1:1234]

Without a gateway's address, those that need none. The gateway must run with the vectors' gateway.json and
be fresh: the conversations use idempotency keys, which a gateway remembers for a while.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
from collections import deque
from pathlib import Path
from typing import Any, Callable

from websockets.exceptions import ConnectionClosed

import tidewire

FOLDER = Path(__file__).resolve().parents[2] / "packages" / "protocol" / "vectors"
# Only what hangs takes so long.
STEP_SECONDS = 30
Vector = dict[str, Any]


class Failure(Exception):
    """What came is not what the vector says."""


def load(file: str) -> list[Vector]:
    return json.loads((FOLDER / file).read_text(encoding="utf-8"))


def must_equal(actual: Any, expected: Any) -> None:
    """Compares as JSON: to Python, ``True`` equals 1."""
    if json.dumps(actual, sort_keys=True) != json.dumps(expected, sort_keys=True):
        raise Failure(f"{actual!r} came instead of {expected!r}")


# --- What only a gateway needs: names and patterns of channels, and requests -------------------------------


def is_channel(name: str) -> bool:
    """Whether a channel may have this name."""
    is_reserved = name.startswith(("tidewire:", "__"))
    return not is_reserved and re.fullmatch(r"[A-Za-z0-9\-._~!$'()+,;=:@/%]{1,255}", name) is not None


def winner(patterns: list[str], channel: str) -> str | None:
    """The pattern that counts for a channel: its name, or else the longest beginning before a star."""

    def matches(pattern: str) -> bool:
        is_beginning = pattern.endswith("*") and channel.startswith(pattern[:-1])
        return pattern == channel or (is_beginning and len(channel) >= len(pattern))

    matching = filter(matches, patterns)
    return max(matching, key=lambda pattern: (pattern == channel, len(pattern)), default=None)


def depth(value: Any) -> int:
    """How many arrays and objects stand inside each other."""
    if not isinstance(value, (list, dict)):
        return 0
    return 1 + max(map(depth, value.values() if isinstance(value, dict) else value), default=0)


def is_data(value: Any) -> bool:
    """Whether it may be published: not too deep, and as a text without half of a surrogate pair."""
    if isinstance(value, str):
        return re.search("[\ud800-\udfff]", value) is None
    return depth(value) <= 64


def is_count(value: Any, least: int) -> bool:
    """Whether it is a number of messages."""
    return type(value) in (int, float) and value == value // 1 and least <= value <= 1000


def info_bytes(info: Any) -> int:
    """As JSON text without white space."""
    return len(json.dumps(info, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass"))


CHECKS: dict[str, Callable[[Any], bool]] = {
    "channel": lambda value: isinstance(value, str),
    "echo": lambda value: isinstance(value, bool),
    "data": is_data,
    "token": lambda value: isinstance(value, str) and 1 <= len(value) <= 8192,
    "key": lambda value: isinstance(value, str) and re.fullmatch("[!-~]{1,128}", value) is not None,
    "since": lambda value: isinstance(value, str) and re.fullmatch("[!-~]{1,128}", value) is not None,
    "before": lambda value: isinstance(value, str) and re.fullmatch("[!-~]{1,128}", value) is not None,
    "last": lambda value: is_count(value, 0),
    "limit": lambda value: is_count(value, 0),
    "after": lambda value: isinstance(value, str) and is_data(value) and 1 <= len(value) <= 512,
    "presence": lambda value: isinstance(value, bool),
    "info": lambda value: isinstance(value, dict) and is_data(value),
}
# Fields of which a request has one at most.
EXCLUSIVE = (("since", "before"), ("since", "last"))
# For each request the fields that it must have, and those that it may have.
REQUESTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "connect": ((), ("token",)),
    "refresh": (("token",), ()),
    "subscribe": (("channel",), ("echo", "since", "last", "presence", "info")),
    "unsubscribe": (("channel",), ()),
    "publish": (("channel", "data"), ("key",)),
    "history": (("channel",), ("since", "before", "limit")),
    "presence": (("channel",), ("after", "limit")),
    "update": (("channel", "info"), ()),
    "ping": ((), ()),
}


def read_request(line: str) -> Vector:
    """What a gateway makes of a client's line: ``request``, or ``error``, or ``close``."""
    try:
        request = tidewire.parse(line)
    except ValueError:
        return {"close": 4501}
    number = request.get("id") if isinstance(request, dict) else None
    if type(number) not in (int, float) or number != number // 1 or not 1 <= number < 2**53:
        return {"close": 4501}
    code = fault(request)
    if code:
        return {"error": {"id": number, "code": code}}
    required, optional = REQUESTS[request["type"]]
    known = ("type", "id", *required, *optional)
    # An id may be written as 1.0, too.
    return {"request": {name: value for name, value in request.items() if name in known} | {"id": int(number)}}


def fault(request: Vector) -> str | None:
    """The code of the error in answer to a request, where it is in the request itself."""
    if not isinstance(request.get("type"), str):
        return "bad_request"
    if request["type"] not in REQUESTS:
        return "unknown_type"
    required, optional = REQUESTS[request["type"]]
    for name in (*required, *optional):
        if not CHECKS[name](request[name]) if name in request else name in required:
            return "bad_request"
    # Only who asks for members may want none of them.
    if request["type"] == "history" and request.get("limit") == 0:
        return "bad_request"
    if "info" in (*required, *optional) and info_bytes(request.get("info")) > 1024:
        return "too_large"
    for both in EXCLUSIVE:
        if all(name in optional and name in request for name in both):
            return "bad_request"
    if "channel" in required and not is_channel(request["channel"]):
        return "invalid_channel"
    return None


# --- The vectors that need no gateway ---------------------------------------------------------------------


def check_channel(vector: Vector) -> None:
    must_equal(is_channel(vector["channel"]), vector["valid"])


def check_pattern(vector: Vector) -> None:
    must_equal(winner(vector["patterns"], vector["channel"]), vector["wins"])


def check_request(vector: Vector) -> None:
    expected = {key: value for key, value in vector.items() if key not in ("name", "line")}
    must_equal(read_request(vector["line"]), expected)


def check_answer(vector: Vector) -> None:
    try:
        message = tidewire.decode(vector["line"])
        kind = "unknown" if message is None else "answer"
    except ValueError:
        message, kind = None, "malformed"
    must_equal((kind, message), (vector["kind"], vector.get("message")))


def check_close(vector: Vector) -> None:
    must_equal(tidewire.should_come_back(vector["code"]), vector["reconnect"])


PURE: dict[str, Callable[[Vector], None]] = {
    "channels.json": check_channel,
    "patterns.json": check_pattern,
    "requests.json": check_request,
    "answers.json": check_answer,
    "closes.json": check_close,
}


# --- Conversations ----------------------------------------------------------------------------------------


def holds(actual: Any, expected: Any) -> bool:
    """Whether ``actual`` has at least the fields of ``expected``, in objects inside of it too."""
    if isinstance(expected, dict):
        return isinstance(actual, dict) and all(
            name in actual and holds(actual[name], value) for name, value in expected.items()
        )
    if isinstance(expected, list):
        return isinstance(actual, list) and len(actual) == len(expected) and all(map(holds, actual, expected))
    return type(actual) is type(expected) and actual == expected


class Party:
    """A client of a conversation. Replies and pushes are kept apart, for they may change places."""

    def __init__(self, socket: tidewire.Socket) -> None:
        self.socket = socket
        self.replies: deque[tidewire.Message] = deque()
        self.pushes: deque[tidewire.Message] = deque()

    async def expect(self, expected: tidewire.Message) -> None:
        queue = self._queue(expected)
        while not queue:
            for line in (await self.socket.recv()).split("\n"):
                message = tidewire.decode(line) if line else None
                if message:
                    self._queue(message).append(message)
        message = queue.popleft()
        if not holds(message, expected):
            raise Failure(f"{message!r} came")

    def _queue(self, message: tidewire.Message) -> deque[tidewire.Message]:
        return self.replies if "id" in tidewire.FIELDS[message["type"]] else self.pushes

    async def expect_text(self, expected: str) -> None:
        must_equal(await self.socket.recv(), expected)

    async def expect_close(self, code: int) -> None:
        try:
            while True:
                await self.socket.recv()
        except ConnectionClosed:
            must_equal(self.socket.close_code, code)


async def open_party(step: Vector, url: str) -> Party:
    subprotocol = "tidewire.v1" if step["open"] == "v1" else None
    return Party(await tidewire.open_socket(f"{url.rstrip('/')}/{step.get('query', '')}", subprotocol))


async def expect_refusal(step: Vector, url: str) -> None:
    try:
        party = await open_party(step, url)
    except tidewire.Refused as refused:
        must_equal((refused.status, refused.code), (step["refused"], step["code"]))
    else:
        await party.socket.close()
        raise Failure("it was not refused")


async def take_step(step: Vector, url: str, parties: dict[str, Party]) -> None:
    name = step.get("as", "a")
    if "refused" in step:
        await expect_refusal(step, url)
    elif "open" in step:
        parties[name] = await open_party(step, url)
    elif "send" in step:
        await parties[name].socket.send(step["send"])
    elif "sendHex" in step:
        await parties[name].socket.send(bytes.fromhex(step["sendHex"]))
    elif "sendRepeated" in step:
        await parties[name].socket.send(step["sendRepeated"] * step["times"])
    elif "expect" in step:
        await parties[name].expect(step["expect"])
    elif "expectText" in step:
        await parties[name].expect_text(step["expectText"])
    elif "close" in step:
        await parties[name].expect_close(step["close"])
    else:
        raise Failure("a step of a kind that this runner does not know")


async def play(conversation: Vector, url: str) -> None:
    """Raises Failure with the step that failed."""
    parties: dict[str, Party] = {}
    try:
        for index, step in enumerate(conversation["steps"], start=1):
            try:
                await asyncio.wait_for(take_step(step, url, parties), STEP_SECONDS)
            except Exception as error:
                shown = json.dumps(step, ensure_ascii=False)[:200]
                why = str(error) or type(error).__name__
                raise Failure(f"step {index}, {shown}: {why}") from error
    finally:
        for party in parties.values():
            await party.socket.close()


# --- The report -------------------------------------------------------------------------------------------


def report(file: str, failures: dict[str, str], total: int) -> bool:
    print(f"{file}: {total - len(failures)} passed, {len(failures)} failed")
    for name, why in failures.items():
        print(f"  {name}: {why}")
    return not failures


def run_pure(file: str) -> bool:
    failures: dict[str, str] = {}
    vectors = load(file)
    for vector in vectors:
        try:
            PURE[file](vector)
        except Failure as failure:
            failures[vector["name"]] = str(failure)
    return report(file, failures, len(vectors))


async def run_conversations(url: str) -> bool:
    failures: dict[str, str] = {}
    conversations = load("conversations.json")
    for conversation in conversations:
        try:
            await play(conversation, url)
        except Failure as failure:
            failures[conversation["name"]] = str(failure)
    return report("conversations.json", failures, len(conversations))


def main() -> int:
    parser = argparse.ArgumentParser(description="Runs the protocol's vectors.")
    parser.add_argument("url", nargs="?", help="of a gateway, such as ws://127.0.0.1:1234")
    arguments = parser.parse_args()
    passed = [run_pure(file) for file in PURE]
    if arguments.url:
        passed.append(asyncio.run(run_conversations(arguments.url)))
    else:
        print("conversations.json: not run, since no gateway was named")
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    sys.exit(main())
