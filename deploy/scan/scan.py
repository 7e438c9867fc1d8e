"""Tries the API of a demo server as somebody hostile: schemathesis as each account, then sqlmap and
wapiti as those who reach most. Only ever sends to the server it is given, on loopback; every tool
has a bound of time, and requests stay under the rate of one account.

Usage: scan.py SERVER DEMO-LINES TOOLS FOLDER
Prints what each tool tried and found; ends with 1 when one found something."""

import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

HERE = Path(__file__).parent
TOOLS = Path(sys.argv[3])
# Requests a second: an account has 30.
RATE = 25
# Seconds of schemathesis an account, and of sqlmap a target.
SCHEMA_SECONDS = 150
SQL_SECONDS = 240
CRAWL_SECONDS = 600
READY_SECONDS = 120

CHECKS = ",".join([
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "ignored_auth",
])
# What would sign the scanning account out, or another one, before all was tried.
ENDS_SESSIONS = r"/(session|sessions)(/|$)|/account/password|/disable|/reset-factors"

WAPITI = (
    "sql,timesql,xss,permanentxss,exec,file,crlf,redirect,csp,http_headers,cookieflags,csrf,"
    "htaccess,methods,backup,upload"
)


class Server:
    """A demo server and its accounts, by role."""

    def __init__(self, url, demo_lines):
        host = urlsplit(url).hostname
        if host not in ("localhost", "127.0.0.1", "::1"):
            sys.exit(f"scan.py: {host} is not this machine.")
        self.url = url
        self.accounts = [line.split()[1:4] for line in demo_lines.splitlines()]

    def until_ready(self):
        """Waits until every part serves."""
        until = time.monotonic() + READY_SECONDS
        while time.monotonic() < until:
            try:
                urllib.request.urlopen(f"{self.url}/readyz", timeout=5)
                return
            except urllib.error.URLError:
                time.sleep(0.2)
        sys.exit("scan.py: the server is not ready.")

    def token(self, email, password):
        """A fresh token of an account."""
        body = json.dumps({"email": email, "password": password, "tokens": True}).encode()
        headers = {"Content-Type": "application/json", "Origin": self.url}
        request = urllib.request.Request(f"{self.url}/api/v1/sessions", body, headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)["tokens"]["token"]

    def token_of(self, role):
        """A fresh token of the first account of a role."""
        email, password = next(rest for first, *rest in self.accounts if first == role)
        return self.token(email, password)


def run(name, folder, command, **more):
    """Runs a tool with its output in a file, and returns how it ended and what it said."""
    log = folder / f"{name}.log"
    with log.open("wb") as out:
        code = subprocess.run(
            command, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, cwd=folder, **more
        ).returncode
    return code, log.read_text(errors="replace")


def schemathesis(server, folder, who, token, seconds, paths):
    """Every operation, with what its schema allows and what it forbids."""
    command = [
        TOOLS / "schemathesis/bin/st", "--config-file", HERE / "schemathesis.toml",
        "run", f"{server.url}/api/openapi.json",
        "--rate-limit", f"{RATE}/s", "--max-time", str(seconds), "--max-examples", "5",
        "--phases", "examples,coverage,fuzzing", "--checks", CHECKS,
        "--continue-on-failure", "--warnings", "off", *paths,
    ]
    code, said = run(f"schemathesis-{who}", folder, command, env={**os.environ, "BEDSIDE_TOKEN": token})
    cases = re.search(r"(\d+) generated", said)
    print(f"   schemathesis  {who:<32} {cases[1] if cases else '0':>6} cases  {'clean' if code == 0 else 'FOUND'}")
    return code == 0 and cases is not None


def every_role(server, folder):
    """Each account over what keeps it signed in, then over its session with a session of its own."""
    clean = True
    for role, email, password in server.accounts:
        who = f"{role}-{email.split('.')[0]}"
        rest = ["--exclude-path-regex", ENDS_SESSIONS]
        clean &= schemathesis(server, folder, who, server.token(email, password), SCHEMA_SECONDS, rest)
    # The rest last, as the account that nothing else is tried with afterwards.
    token = server.token_of("patient")
    return clean & schemathesis(
        server, folder, "sessions", token, SCHEMA_SECONDS, ["--include-path-regex", ENDS_SESSIONS]
    )


def injections(server):
    """What sqlmap is pointed at: role, path with a star where it injects, and a body."""
    return [
        ("coordinator", "/patients?cursor=*", None),
        ("coordinator", "/patients?limit=*", None),
        ("coordinator", "/patients/*", None),
        ("coordinator", "/visits?state=*", None),
        ("coordinator", "/visits?from=*", None),
        ("coordinator", "/visits/*", None),
        ("clinic_admin", "/accounts?cursor=*", None),
        ("compliance", "/audit-events?patient_id=*", None),
        ("compliance", "/audit-events?from=*", None),
        ("compliance", "/audit-reports/*", None),
        ("coordinator", "/sessions", {"email": "*", "password": "long enough to be tried"}),
        ("coordinator", "/sessions/second-factor", {"attempt": "*", "proof": {"kind": "totp", "code": "000000"}}),
        ("coordinator", "/guest/visit", {"secret": "*"}),
    ]


def sqlmap(server, folder):
    """Each place where text of a request may reach the database."""
    clean = True
    for number, (role, path, body) in enumerate(injections(server)):
        command = [
            TOOLS / "sqlmap/bin/sqlmap", "--batch", "--disable-coloring", "--flush-session", "--level", "2", "--risk", "2",
            "--dbms", "postgresql", "--delay", str(1 / RATE), "--time-sec", "5", "--ignore-code", "*",
            "--output-dir", folder / "sqlmap", "--url", f"{server.url}/api/v1{path}",
            "--headers", f"Authorization: Bearer {server.token_of(role)}\nOrigin: {server.url}\nContent-Type: application/json",
        ]
        if body is not None:
            command += ["--data", json.dumps(body)]
        name = f"sqlmap-{number:02}"
        try:
            _, said = run(name, folder, command, timeout=SQL_SECONDS)
            tried = "all tested parameters do not appear to be injectable" in said
            injectable = "is vulnerable" in said or "injectable (possible" in said or "sqlmap identified" in said
            verdict = "FOUND" if injectable else "clean" if tried else "NOT TRIED"
        except subprocess.TimeoutExpired:
            verdict = f"NOT ENDED in {SQL_SECONDS} s"
        print(f"   sqlmap        {path:<32} {role:>12}  {verdict}")
        clean &= verdict == "clean"
    return clean


def wapiti(server, folder):
    """The pages, and the API as its description tells it."""
    report = folder / "wapiti.json"
    token = server.token_of("clinic_admin")
    command = [
        TOOLS / "wapiti3/bin/wapiti", "--url", f"{server.url}/", "--swagger", f"{server.url}/api/openapi.json",
        "--scope", "domain", "--module", WAPITI, "--header", f"Authorization: Bearer {token}",
        "--max-scan-time", str(CRAWL_SECONDS), "--flush-session", "--no-bugreport", "--tasks", "2",
        "--exclude", f"{server.url}/api/v1/session", "--format", "json", "--output", report,
        "--store-session", folder / "wapiti",
    ]
    run("wapiti", folder, command, timeout=2 * CRAWL_SECONDS)
    if not report.exists():
        print("   wapiti        NOT TRIED")
        return False
    found = json.loads(report.read_text())
    kinds = {kind: places for kind, places in found["vulnerabilities"].items() if places}
    for kind, places in kinds.items():
        for place in places:
            print(f"   wapiti        {kind}: {place['method']} {place['path']} {place.get('info', '')}")
    print(f"   wapiti        {found['infos'].get('crawled_pages_nbr', '?')} pages  {'FOUND' if kinds else 'clean'}")
    return not kinds


def main():
    url, demo_lines, folder = sys.argv[1], Path(sys.argv[2]).read_text(), Path(sys.argv[4]).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    server = Server(url, demo_lines)
    server.until_ready()
    only = os.environ.get("SCAN", "schemathesis sqlmap wapiti").split()
    clean = True
    if "sqlmap" in only:
        clean &= sqlmap(server, folder)
    if "wapiti" in only:
        clean &= wapiti(server, folder)
    if "schemathesis" in only:
        clean &= every_role(server, folder)
    sys.exit(0 if clean else 1)


main()
