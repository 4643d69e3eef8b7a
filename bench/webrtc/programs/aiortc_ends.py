"""Ends of a measured call over aiortc: the operations of protocol.ts, one JSON value a line."""

import asyncio
import gc
import json
import sys
import time

from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.sdp import candidate_from_sdp

MOST_BUFFERED_BYTES = 2**20
LOW_BUFFERED_BYTES = 2**18


def tell(reply):
    sys.stdout.write(json.dumps(reply) + "\n")
    sys.stdout.flush()


def now_ms():
    return time.time() * 1000


class Call:
    """One connection of one end."""

    def __init__(self, key, send_signal):
        self.key = key
        self.send_signal = send_signal
        self.connection = None
        self.channel = None
        self.started_at = 0.0
        self.opened = asyncio.get_running_loop().create_future()
        self.turn = asyncio.Lock()
        self.has_remote = False
        self.early = []
        self.listener = None
        self.bytes = 0
        self.messages = 0

    def connect(self):
        self.started_at = now_ms()
        self.connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.connection.on("datachannel", self.attach)

    def attach(self, channel):
        self.channel = channel
        channel.on("message", self.take_message)
        if channel.readyState == "open":
            self.take_open()
        else:
            channel.on("open", self.take_open)

    def take_open(self):
        if not self.opened.done():
            self.opened.set_result(now_ms())

    def take_message(self, message):
        if self.listener:
            self.listener(message)
        else:
            self.messages += 1
            self.bytes += len(message)

    async def describe(self, description):
        await self.connection.setLocalDescription(description)
        local = self.connection.localDescription
        told = {"type": local.type, "sdp": local.sdp}
        self.send_signal({"key": self.key, "description": told})

    async def add_candidate(self, told):
        text = told["candidate"].removeprefix("candidate:")
        candidate = candidate_from_sdp(text)
        candidate.sdpMid = told.get("sdpMid")
        candidate.sdpMLineIndex = told.get("sdpMLineIndex")
        await self.connection.addIceCandidate(candidate)

    async def take_signal(self, signal):
        async with self.turn:
            told = signal.get("candidate")
            if told:
                if self.has_remote:
                    await self.add_candidate(told)
                else:
                    self.early.append(told)
                return
            description = signal["description"]
            if self.connection is None:
                self.connect()
            await self.connection.setRemoteDescription(RTCSessionDescription(**description))
            self.has_remote = True
            if description["type"] == "offer":
                await self.describe(await self.connection.createAnswer())
            while self.early:
                await self.add_candidate(self.early.pop(0))


class End:
    def __init__(self, name, ends):
        self.other = "answerer" if name == "offerer" else "offerer"
        self.ends = ends
        self.calls = {}

    def call(self, key):
        if key not in self.calls:
            self.calls[key] = Call(key, self.send_signal)
        return self.calls[key]

    def send_signal(self, signal):
        neighbour = self.ends.get(self.other)
        if neighbour:
            asyncio.ensure_future(neighbour.signal(signal))
        else:
            tell({"to": self.other, "signal": signal})

    async def open(self, args):
        call = self.call(args["key"])
        if args["role"] == "offerer":
            call.connect()
            call.attach(call.connection.createDataChannel("bench"))
            await call.describe(await call.connection.createOffer())
        open_at = await call.opened
        return {"startedAtMs": call.started_at, "openAtMs": open_at}

    async def signal(self, args):
        await self.call(args["key"]).take_signal(args)

    async def close(self, args):
        call = self.calls.pop(args["key"], None)
        if call and call.connection:
            await call.connection.close()

    async def received(self, args):
        call = self.call(args["key"])
        return {"bytes": call.bytes, "messages": call.messages, "atMs": now_ms()}

    async def flood(self, args):
        channel = self.call(args["key"]).channel
        channel.bufferedAmountLowThreshold = LOW_BUFFERED_BYTES
        low = asyncio.Event()
        channel.on("bufferedamountlow", low.set)
        message = b"a" * args["bytes"]
        end = time.monotonic() + args["seconds"]
        sent = 0
        while time.monotonic() < end:
            if channel.bufferedAmount >= MOST_BUFFERED_BYTES:
                low.clear()
                await low.wait()
            channel.send(message)
            sent += 1
        return sent

    async def echo(self, args):
        call = self.call(args["key"])
        call.listener = call.channel.send

    async def pingPong(self, args):
        call = self.call(args["key"])
        message = b"a" * args["bytes"]
        samples = []
        while len(samples) < args["count"]:
            came_back = asyncio.get_running_loop().create_future()
            call.listener = came_back.set_result
            started = time.perf_counter()
            call.channel.send(message)
            await came_back
            samples.append((time.perf_counter() - started) * 1000)
        call.listener = None
        return samples

    async def collectGarbage(self, args):
        gc.collect()


async def answer(end, request):
    try:
        result = await getattr(end, request["name"])(request["args"])
        tell({"id": request["id"], "result": result})
    except Exception as error:  # whatever it is, who asked is told
        tell({"id": request["id"], "error": repr(error)})


async def main():
    ends = {}
    for name in sys.argv[1].split(","):
        ends[name] = End(name, ends)
    lines = asyncio.StreamReader(limit=2**22)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    tell({"ready": True})
    while line := await lines.readline():
        request = json.loads(line)
        asyncio.ensure_future(answer(ends[request["end"]], request))


asyncio.run(main())
