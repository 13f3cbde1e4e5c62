"""What is measured, figure by figure. Every function gives plain numbers; report.py judges them."""
import json
import os
import random
import socket
import statistics
import subprocess
import threading
import time

from peers import HOST, KEY, Failure

# Trine folds its journal into the ledger once a second, on a thread of its own: that work belongs to the requests
# before it, so its CPU time is read after it.
FOLD_SECONDS = 1.1

# The ledger's database keeps 16 MB of its pages; so many requests fill them, and memory grows until then by design.
FILL_REQUESTS = 80_000

# case: (body, connections, requests a second or 0 for as many as possible)
CASES = {"c1k": ("c1k", 32, 0), "c32k": ("c32k", 32, 0), "s100": ("s100", 32, 0), "paced": ("s100p", 200, 40),
         "first": ("s100p", 64, 20)}


def interleaved(place, peers, case, rounds, seconds, say):
    """`rounds` rounds in which each of `peers`, {name: (program, port, headers)}, has one turn; who begins changes.

    {name: [{cpu_us per request, first_us: the median time to the first event, requests a second}, one per round]}
    """
    body, connections, rate = CASES[case]
    found = {name: [] for name in peers}
    for name, (program, port, headers) in peers.items():  # warm, and not counted
        place.load(program, port, body, connections, min(seconds, 0.5), rate=rate, headers=headers)
    for number in range(rounds):
        say(f"{case}: round {number + 1} of {rounds}")
        names = list(peers) if number % 2 == 0 else list(reversed(peers))
        for name in names:
            program, port, headers = peers[name]
            before = program.settled_cpu_ns(0)
            result = place.load(program, port, body, connections, seconds, rate=rate, headers=headers)
            after = program.settled_cpu_ns(FOLD_SECONDS if name == "trine" and rate == 0 else 0)
            found[name].append({"cpu_us": (after - before) / 1e3 / result["req"], "first_us": result["ttfb_us"]["p50"],
                                "per_second": result["rps"], "requests": result["req"]})
    return found


def open_stream(port, body, timeout=10):
    """Sends a request on a connection of its own and waits for its first event. The socket, still open."""
    head = (f"POST /v1/chat/completions HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Bearer {KEY}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n").encode()
    connection = socket.create_connection((HOST, port), timeout)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.sendall(head + body)
    seen = b""
    while b"data: " not in seen:
        more = connection.recv(65536)
        if not more:
            raise Failure(f"A stream ended before its first event: {seen[:300]!r}")
        seen += more
    return connection


def flatness(place, upstream, minutes, say):
    """Memory of a gateway under a mixed load: 1 KB requests, streams, and streams whose client leaves."""
    program, port = place.start_trine(upstream, "flat")
    filled = 0
    while filled < FILL_REQUESTS:
        say(f"mixed load: {filled} requests before it")
        filled += place.load(program, port, "c1k", 32, 2)["req"]
    seconds = minutes * 60
    warm = max(0.2 * seconds, min(15, seconds / 2))
    body = (place.folder / "s100p.json").read_bytes()
    over, left, trouble = threading.Event(), [], []

    def leave_early(seed):
        chance = random.Random(seed)
        try:
            while not over.is_set():
                connection = open_stream(port, body)
                time.sleep(chance.uniform(0, 0.4))  # somewhere in the stream, which takes a second
                connection.close()
                left.append(1)
        except (OSError, Failure) as error:
            trouble.append(error)

    loads = [subprocess.Popen(place.load_command(port, name, connections, seconds, rate=rate), stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True)
             for name, connections, rate in (("c1k", 32, 400), ("s100", 32, 40))]
    leavers = [threading.Thread(target=leave_early, args=(seed,), daemon=True) for seed in range(4)]
    samples, begin = [], time.monotonic()
    try:
        for thread in leavers:
            thread.start()
        while (now := time.monotonic() - begin) < seconds:
            samples.append((round(now, 1), *program.memory()))
            say(f"mixed load: {now / 60:.1f} of {minutes:g} minutes, {samples[-1][1] / 1e6:.1f} MB")
            time.sleep(1)
        over.set()
        for thread in leavers:
            thread.join(15)
        answered = sum(place.judged(program, *load.communicate(timeout=60))["req"] for load in loads)
    finally:
        over.set()
        for load in loads:
            load.kill()
            load.wait()
    if trouble:
        raise Failure(f"Mixed load: {trouble[0]}")
    program.check()
    place.stop(program)
    quarters = []
    for number in range(4):
        begin, end = (warm + (seconds - warm) * part / 4 for part in (number, number + 1))
        inside = [sample for sample in samples if begin <= sample[0] < end]
        quarters.append({"pss": statistics.median(s[1] for s in inside), "anonymous": statistics.median(s[2] for s in inside)})
    growth = {what: 100 * (quarters[3][what] / quarters[0][what] - 1) for what in quarters[0]}
    return {"minutes": minutes, "warm_s": warm, "requests": answered, "left": len(left), "quarters": quarters,
            "growth_percent": growth, "samples": samples}


def client_leaves(place, times, say):
    """Milliseconds from the close of a client to the close that its upstream sees; the upstream then says nothing."""
    server = socket.create_server((HOST, 0))
    closed, heard = [], threading.Semaphore(0)
    event = b'data: {"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"a"}}]}\n\n'

    def serve(connection):
        seen = b""
        try:
            while b"max_tokens" not in seen:  # the body has come
                if not (more := connection.recv(65536)):
                    return  # a connection that carried no request
                seen += more
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
                               + f"{len(event):x}\r\n".encode() + event + b"\r\n")
            while connection.recv(65536):
                pass
        except OSError:
            pass  # a reset is a close, too
        closed.append(time.monotonic_ns())
        connection.close()
        heard.release()

    def accept():
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    program, port = place.start_trine(server.getsockname()[1], "leave")
    body = (place.folder / "s100p.json").read_bytes()
    delays = []
    say(f"client leaves: {times} times")
    for _ in range(times):
        connection = open_stream(port, body)
        time.sleep(0.01)
        begin = time.monotonic_ns()
        connection.close()
        if not heard.acquire(timeout=10):
            raise Failure("The upstream was not closed within 10 s after the client had left.")
        delays.append((closed.pop() - begin) / 1e6)
    place.stop(program)
    server.close()
    return delays


def memory_and_start(place, full, say):
    """By memory.mjs, which is a program of its own."""
    say("memory and start")
    out = place.folder / "memory.json"
    options = ["--streams", "2000", "--starts", "15"] if full else ["--streams", "1000", "--starts", "9"]
    try:
        done = subprocess.run(["node", place.root / "bench" / "gateway" / "memory.mjs", "--trine", place.trine, "--json", out,
                               *options], capture_output=True, text=True, timeout=300, env={**os.environ})
    except FileNotFoundError:
        raise Failure("there is no node") from None
    if done.returncode:
        raise Failure(f"memory.mjs failed: {done.stderr[-500:]}")
    return json.loads(out.read_text())
