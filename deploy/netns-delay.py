#!/usr/bin/env python3
"""netns-delay.py DEVICE MILLISECONDS: a TUN device that hands every packet back, that much later.

What is routed into it comes out of it again, so a router that sends both directions through it
has twice that as round-trip time. `tc netem` would do the same, but many kernels come without it.
Prints `ready` when the device exists, which it does as long as this program runs.
"""

import collections
import fcntl
import os
import select
import struct
import sys
import time

TUNSETIFF = 0x400454CA
IFF_TUN = 0x0001
IFF_NO_PI = 0x1000
# Two seconds of a busy call; what does not fit is lost, as in any queue.
QUEUE_LIMIT = 8192
PACKET_LIMIT = 65535


def main(name: str, delay: float) -> None:
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN | IFF_NO_PI))
    print("ready", flush=True)
    queue = collections.deque()
    while True:
        wait = max(0.0, queue[0][0] - time.monotonic()) if queue else None
        if select.select([device], [], [], wait)[0]:
            packet = os.read(device, PACKET_LIMIT)
            if len(queue) < QUEUE_LIMIT:
                queue.append((time.monotonic() + delay, packet))
        while queue and queue[0][0] <= time.monotonic():
            os.write(device, queue.popleft()[1])


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) / 1000)
