#!/usr/bin/env python3
"""Judges a Bedside node with the unmodified LiveKit client from PyPI.

Joins a room and waits until enough decoded video frames of another participant have arrived.
Prints one JSON object and exits with 0 when they did, with 1 when they did not, with 2 when the
wheel is missing. With --publish it also sends a moving picture, so that two runs can judge each
other without a browser.

The token comes from --token or, kept out of the process list, from LIVEKIT_TOKEN.
"""

import argparse
import asyncio
import json
import os
import sys
import time

try:
    from livekit import rtc
except ImportError:
    print(json.dumps({"ok": False, "error": "pip install -r requirements.txt"}))
    sys.exit(2)

WIDTH, HEIGHT, RATE = 640, 360, 15


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True, help="for example ws://127.0.0.1:8080")
    parser.add_argument("--token", default=os.environ.get("LIVEKIT_TOKEN", ""))
    parser.add_argument("--frames", type=int, default=30, help="decoded frames to wait for")
    parser.add_argument("--timeout", type=float, default=30.0, help="seconds to wait at most")
    parser.add_argument("--publish", action="store_true", help="send a moving picture too")
    parser.add_argument("--linger", type=float, default=0.0, help="seconds to stay afterwards")
    parser.add_argument(
        "--single", action="store_true", help="one peer connection (/rtc/v1) instead of two"
    )
    return parser.parse_args()


class Witness:
    """Counts the frames of the first participant whose video arrives."""

    def __init__(self, wanted):
        self.wanted = wanted
        self.frames = 0
        self.size = (0, 0)
        self.publisher = None
        self.enough = asyncio.Event()
        self.disconnected = asyncio.Event()
        self.reason = None
        self.tasks = set()

    def subscribed(self, track, _publication, participant):
        if track.kind == rtc.TrackKind.KIND_VIDEO:
            task = asyncio.ensure_future(self.watch(track, participant.identity))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    def ended(self, reason):
        self.reason = str(reason)
        self.disconnected.set()

    async def watch(self, track, identity):
        stream = rtc.VideoStream(track)
        async for event in stream:
            self.frames += 1
            self.size = (event.frame.width, event.frame.height)
            self.publisher = identity
            if self.frames >= self.wanted:
                self.enough.set()


async def publish(room):
    """Sends a grey picture with a bar that moves, so that no two frames are alike."""
    source = rtc.VideoSource(WIDTH, HEIGHT)
    track = rtc.LocalVideoTrack.create_video_track("camera", source)
    options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_CAMERA)
    await room.local_participant.publish_track(track, options)
    number = 0
    while True:
        picture = bytearray(b"\x80" * (WIDTH * HEIGHT * 4))
        row = (number * 7 % HEIGHT) * WIDTH * 4
        picture[row : row + WIDTH * 4] = b"\xff" * (WIDTH * 4)
        frame = rtc.VideoFrame(WIDTH, HEIGHT, rtc.VideoBufferType.RGBA, bytes(picture))
        source.capture_frame(frame)
        number += 1
        await asyncio.sleep(1 / RATE)


async def run(options):
    witness = Witness(options.frames)
    room = rtc.Room()
    room.on("track_subscribed", witness.subscribed)
    room.on("disconnected", witness.ended)
    began = time.monotonic()
    # Said either way: the default has changed between versions.
    connect = rtc.RoomOptions(auto_subscribe=True, single_peer_connection=options.single)
    await asyncio.wait_for(room.connect(options.url, options.token, connect), options.timeout)
    connected = time.monotonic() - began
    sender = asyncio.ensure_future(publish(room)) if options.publish else None
    waiting = [
        asyncio.ensure_future(witness.enough.wait()),
        asyncio.ensure_future(witness.disconnected.wait()),
    ]
    await asyncio.wait(waiting, timeout=options.timeout, return_when=asyncio.FIRST_COMPLETED)
    took = time.monotonic() - began
    ok = witness.enough.is_set()
    if ok and options.linger:
        await asyncio.sleep(options.linger)
    if sender:
        sender.cancel()
    if not witness.disconnected.is_set():
        await room.disconnect()
    return {
        "ok": ok,
        "frames": witness.frames,
        "width": witness.size[0],
        "height": witness.size[1],
        "publisher": witness.publisher,
        "connected_seconds": round(connected, 3),
        "seconds": round(took, 3),
        "disconnected": None if ok else witness.reason,
    }


def main():
    options = arguments()
    try:
        result = asyncio.run(run(options))
    except Exception as error:  # Whatever the wheel raises is the finding.
        result = {"ok": False, "error": f"{type(error).__name__}: {error}"}
    print(json.dumps(result), flush=True)
    # The wheel's native threads may panic while the interpreter shuts down; the verdict stands.
    os._exit(0 if result["ok"] else 1)


if __name__ == "__main__":
    main()
