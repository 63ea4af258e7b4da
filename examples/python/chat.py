"""A chat in the terminal: python3 chat.py ws://127.0.0.1:1234 room:1

What is typed is published, line by line; what others publish is printed. Everything else is said on
the standard error output.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import threading
import uuid
from dataclasses import dataclass, field
from typing import Any

from websockets.exceptions import WebSocketException

import tidewire

LONGEST_WAIT = 30.0


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def printable(data: Any) -> str:
    """The text, or the JSON, without characters that command a terminal."""
    if isinstance(data, bytes):
        return f"({len(data)} bytes)"
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
    return "".join(" " if ord(c) < 32 or 127 <= ord(c) < 160 else c for c in text)


@dataclass
class Chat:
    """What outlives a connection: the lines that were typed, and the one that is not acknowledged yet."""

    url: str
    channel: str
    lines: asyncio.Queue[str | None] = field(default_factory=asyncio.Queue)
    unsent: tuple[str, str] | None = None
    is_over: bool = False
    failures: int = 0

    async def run(self) -> int:
        """Comes back again and again until everything is published, or there is no sense in it."""
        while not self.is_over:
            try:
                await self._talk()
            except tidewire.ConnectionLost as lost:
                say(str(lost))
                if not lost.come_back:
                    return 1
                await self._wait(lost.wait)
            except (tidewire.Refused, tidewire.RequestError) as refused:
                say(str(refused))
                if not refused.retry:
                    return 1
                await self._wait(getattr(refused, "wait", None))
            except WebSocketException as error:
                say(f"{self.url}: {error}")
                return 1
        return 0

    async def _talk(self) -> None:
        """One connection, from its beginning to its end."""
        async with await tidewire.connect(self.url) as client:
            await client.subscribe(self.channel, echo=False)
            self.failures = 0
            say(f"joined {self.channel}")
            publisher = asyncio.create_task(self._publish_lines(client))
            try:
                async for push in client:
                    self._show(push)
            finally:
                publisher.cancel()
        if not self.is_over and client.lost:
            raise client.lost

    async def _publish_lines(self, client: tidewire.Client) -> None:
        """Publishes until the input ends, then closes the connection. The key is the same whenever a line
        is sent once more, so that others get it once."""
        try:
            while not self.is_over:
                if self.unsent:
                    await self._publish(client, *self.unsent)
                await self._take_line()
        except tidewire.ConnectionLost:
            pass  # the line is sent again on the next connection
        finally:
            await client.close()

    async def _take_line(self) -> None:
        """Waits for the next line, or for the end of the input."""
        self.unsent = None
        line = await self.lines.get()
        if line is None:
            self.is_over = True
        else:
            self.unsent = (line, str(uuid.uuid4()))

    async def _publish(self, client: tidewire.Client, line: str, key: str) -> None:
        while True:
            try:
                await client.publish(self.channel, line, key)
                self.failures = 0
                return
            except tidewire.RequestError as error:
                say(f"{error}: {line}")
                if not error.retry:
                    return
            await self._wait(None)

    async def _wait(self, seconds: float | None) -> None:
        """As long as the gateway asked for, else a random time that grows with each failure."""
        self.failures += 1
        longest = min(LONGEST_WAIT, 2.0**self.failures / 2)
        await asyncio.sleep(random.uniform(0, longest) if seconds is None else seconds)
        if not self.unsent and not self.lines.empty():
            await self._take_line()  # when that was the end, there is nothing to come back for

    def _show(self, push: tidewire.Message) -> None:
        if push["type"] == "message":
            print(printable(tidewire.payload(push)), flush=True)
        elif push["type"] == "gap":
            say("something may be missing here")
        elif push["type"] == "removed":
            raise tidewire.RequestError(push["code"], push["message"], retry=False)


def read_lines(loop: asyncio.AbstractEventLoop, lines: asyncio.Queue[str | None]) -> None:
    """Reads the input in a thread of its own, and raw, so that the program can end while this waits."""
    with open(0, "rb", buffering=0, closefd=False) as stdin:
        for line in stdin:
            text = line.decode(errors="replace").rstrip("\r\n")
            if text:
                loop.call_soon_threadsafe(lines.put_nowait, text)
    loop.call_soon_threadsafe(lines.put_nowait, None)


async def main() -> int:
    parser = argparse.ArgumentParser(description="A chat in the terminal.")
    parser.add_argument("url", help="of a gateway, such as ws://127.0.0.1:1234")
    parser.add_argument("channel", help="such as room:1")
    arguments = parser.parse_args()
    chat = Chat(arguments.url, arguments.channel)
    reader = (asyncio.get_running_loop(), chat.lines)
    threading.Thread(target=read_lines, args=reader, daemon=True).start()
    return await chat.run()


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    try:
        sys.exit(asyncio.run(main()))
    except KeyboardInterrupt:
        sys.exit(130)
