"""A mail server for tests: aiosmtpd on a free port of the loopback.

Arguments, as JSON: {"tls": "none" | "starttls" | "implicit", "cert": FILE, "key": FILE,
"user": NAME, "password": TEXT}. Prints one JSON object a line: first {"port": N}, then each letter
as it came. Lines on standard input say what letters are answered from then on: "250", "451", "550".
It ends with its standard input.
"""

import asyncio
import json
import logging
import ssl
import sys
import threading
import warnings

from aiosmtpd.smtp import SMTP, AuthResult

# What clients do wrong here is wanted.
logging.disable(logging.CRITICAL)
warnings.simplefilter("ignore")
settings = json.loads(sys.argv[1])
answer = "250"


def say(what):
    print(json.dumps(what), flush=True)


class Handler:
    async def handle_DATA(self, server, session, envelope):
        code = answer
        say({
            "answered": int(code),
            "tls": session.ssl is not None or settings["tls"] == "implicit",
            "authenticated": bool(session.authenticated),
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "text": envelope.content.decode(),
        })
        return f"{code} as told"


def authenticate(server, session, envelope, mechanism, data):
    wanted = (settings["user"].encode(), settings["password"].encode())
    return AuthResult(success=(data.login, data.password) == wanted)


async def main():
    global answer
    context = None
    if settings["tls"] != "none":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(settings["cert"], settings["key"])
    guarded = settings["tls"] != "none"

    def serve():
        starttls = context if settings["tls"] == "starttls" else None
        return SMTP(
            Handler(), hostname="mail.test", tls_context=starttls,
            require_starttls=starttls is not None,
            authenticator=authenticate if guarded else None, auth_required=guarded,
            auth_require_tls=settings["tls"] == "starttls",
        )

    implicit = context if settings["tls"] == "implicit" else None
    server = await asyncio.get_running_loop().create_server(serve, "127.0.0.1", 0, ssl=implicit)
    say({"port": server.sockets[0].getsockname()[1]})
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()

    def listen():
        global answer
        for line in sys.stdin:
            answer = line.strip()
            say({"told": answer})
        loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=listen, daemon=True).start()
    await ended.wait()


asyncio.run(main())
