"""The programs of the comparison: built, started on free ports, pinned, watched and stopped; and their CPU time.

Load generator and mock upstream share the first core that we may use, every peer has the second: a peer is never
measured beside another.
"""
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time

HOST = "127.0.0.1"
CORES = sorted(os.sched_getaffinity(0))
LOAD_CORE, PEER_CORE = CORES[0], CORES[min(1, len(CORES) - 1)]
KEY = "sk-bench"  # of examples/peers.yaml


class Failure(Exception):
    """Ends the run; its text is for people."""


def free_ports(count):
    """Different ports that were free a moment ago."""
    held = [socket.create_server((HOST, 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in held]
    for s in held:
        s.close()
    return ports


def replaced(text, pairs, where):
    for old, new in pairs:
        if old not in text:
            raise Failure(f"{where} does not say '{old}' any more: bench/gateway/peers.py has to follow it.")
        text = text.replace(old, new)
    return text


def tail(path, lines=15):
    try:
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""


class Program:
    """A child in a session of its own, so that a Ctrl-C reaches only us; it also ends when we are killed."""

    def __init__(self, name, command, log, core=None, cwd=None, env=None):
        self.name, self.log = name, log
        pin = [] if core is None else ["taskset", "-c", str(core)]
        with open(log, "ab") as out:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", *pin, *map(str, command)], stdin=subprocess.DEVNULL, stdout=out,
                stderr=out, start_new_session=True, cwd=cwd, env={**os.environ, **(env or {})})
        self.pid = self.process.pid

    def check(self):
        if self.process.poll() is not None:
            raise Failure(f"{self.name} ended ({self.process.returncode}):\n{tail(self.log)}")

    def pids(self):
        """Of it and of all below it."""
        found, todo = [], [self.pid]
        while todo:
            pid = todo.pop()
            found.append(pid)
            for children in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
                todo.extend(map(int, children.read_text().split()))
        return found

    def cpu_ns(self):
        """CPU time of all its processes, threads that have ended included: the kernel's CPU clock of each process."""
        return sum(time.clock_gettime_ns((~pid << 3) | 2) for pid in self.pids())

    def settled_cpu_ns(self, at_least):
        """The same, once what the load left behind is done: at least so many seconds later, and at rest."""
        time.sleep(at_least)
        before, end = self.cpu_ns(), time.monotonic() + 20
        while time.monotonic() < end:
            time.sleep(0.1)
            now = self.cpu_ns()
            if now - before < 1_000_000:
                return now
            before = now
        raise Failure(f"{self.name} does not come to rest.")

    def memory(self):
        """Bytes: the proportional set size, and what of it has no file behind it."""
        pss = anonymous = 0
        for pid in self.pids():
            for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    pss += int(line.split()[1]) * 1024
                elif line.startswith("Pss_Anon:"):
                    anonymous += int(line.split()[1]) * 1024
        return pss, anonymous

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(self.pid, signal.SIGKILL)
                self.process.wait()


class Place:
    """The folder of one run, what is built in it, and every program that runs."""

    def __init__(self, root, tools, trine):
        self.root, self.tools = root, tools
        self.base = root / "build" / "bench" / "gateway"
        for old in self.base.glob("run-*"):  # of runs that were killed or asked to keep theirs
            if not pathlib.Path("/proc", old.name[4:]).exists():
                shutil.rmtree(old, ignore_errors=True)
        self.folder = self.base / f"run-{os.getpid()}"
        self.folder.mkdir(parents=True)
        self.programs = []
        # A copy: a build that goes on meanwhile does not exchange what is measured.
        self.trine = self.folder / "trine"
        shutil.copy2(trine, self.trine)

    def build(self):
        """Mock and load generator, and the bodies of the requests."""
        for name in ("mock", "loadgen"):
            source, program = self.tools / f"{name}.cpp", self.base / name
            if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
                done = subprocess.run(["g++", "-O2", "-std=c++17", "-o", program, source], capture_output=True, text=True)
                if done.returncode:
                    raise Failure(f"{source} does not compile:\n{done.stderr[-2000:]}")
        for name, size, model, stream in (("c1k", 1024, "mock", False), ("c32k", 32768, "mock", False),
                                          ("s100", 1024, "mock-n100-d0", True), ("s100p", 1024, "mock-n100-d10", True)):
            (self.folder / f"{name}.json").write_text(json.dumps(request_body(size, model, stream)))

    def start(self, *args, **named):
        program = Program(*args, **named)
        self.programs.append(program)
        return program

    def stop(self, program):
        program.stop()
        self.programs.remove(program)

    def close(self, keep):
        for program in reversed(self.programs):
            program.stop()
        self.programs.clear()
        if not keep:
            shutil.rmtree(self.folder, ignore_errors=True)

    def ready(self, program, port, path, seconds=20):
        end = time.monotonic() + seconds
        while True:
            program.check()
            try:
                connection = http.client.HTTPConnection(HOST, port, timeout=2)
                connection.request("GET", path)
                if connection.getresponse().status == 200:
                    return
            except OSError:
                pass
            finally:
                connection.close()
            if time.monotonic() > end:
                raise Failure(f"{program.name} does not answer on port {port}:\n{tail(program.log)}")
            time.sleep(0.05)

    def start_mock(self):
        [port] = free_ports(1)
        mock = self.start("mock", [self.base / "mock", port], self.folder / "mock.log", core=LOAD_CORE)
        self.ready(mock, port, "/v1/models")
        return mock, port

    def start_nginx(self, upstream):
        """The configuration of the tools; ports and temporary folders are ours."""
        nginx = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
        if not nginx:
            raise Failure("There is no nginx to compare with: ./dev setup bench installs it.")
        [port] = free_ports(1)
        folder = self.folder / "nginx"
        folder.mkdir()
        temporary = "".join(f"  {kind}_temp_path {kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        config = replaced((self.tools / "conf" / "nginx.conf").read_text(), [
            (f"{HOST}:9101", f"{HOST}:{port}"), (f"{HOST}:9100", f"{HOST}:{upstream}"), ("http {\n", "http {\n" + temporary),
            ("pid nginx.pid;", "daemon off;\npid nginx.pid;")], "nginx.conf of the tools")
        (folder / "nginx.conf").write_text(config)
        os.chmod(folder, 0o755)
        program = self.start("nginx", [nginx, "-p", folder, "-c", folder / "nginx.conf", "-e", folder / "error.log"],
                             self.folder / "nginx.log", core=PEER_CORE)
        self.ready(program, port, "/v1/models")
        return program, port

    def start_trine(self, upstream, name):
        """examples/peers.yaml with ports and ledger of this run."""
        traffic, admin = free_ports(2)
        config = replaced((self.root / "examples" / "peers.yaml").read_text(), [
            (f"{HOST}:8080", f"{HOST}:{traffic}"), (f"{HOST}:8081", f"{HOST}:{admin}"),
            (f"http://{HOST}:9100/", f"http://{HOST}:{upstream}/"), ("var/ledger-peers", str(self.folder / f"ledger-{name}"))],
            "examples/peers.yaml")
        file = self.folder / f"{name}.yaml"
        file.write_text(config)
        program = self.start("trine", [self.trine, "serve", "-c", file], self.folder / f"{name}.log", core=PEER_CORE, cwd=self.root)
        self.ready(program, traffic, "/health")
        return program, traffic

    def start_portkey(self, upstream):
        """The Portkey gateway from npm, as the tools install it; the second value is the headers that it wants."""
        folder = self.base / "portkey"
        server = folder / "node_modules" / "@portkey-ai" / "gateway" / "build" / "start-server.js"
        if not server.exists():
            if not shutil.which("npm"):
                raise Failure("there is no npm")
            folder.mkdir(exist_ok=True)
            # @hono/node-server above 1.14.2 breaks its streams (Portkey-AI/gateway#1389).
            (folder / "package.json").write_text(json.dumps({
                "name": "portkey-to-compare", "private": True, "dependencies": {"@portkey-ai/gateway": "1.15.2"},
                "overrides": {"@hono/node-server": "1.14.1"}}))
            print("Installing the Portkey gateway from npm ...", file=sys.stderr, flush=True)
            with open(folder / "npm.log", "wb") as log:
                done = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=folder, stdout=log,
                                      stderr=log, stdin=subprocess.DEVNULL, timeout=300)
            if done.returncode or not server.exists():
                raise Failure(f"npm could not install it: {(tail(folder / 'npm.log', 1) or 'no reason given')[:120]}")
        [port] = free_ports(1)
        program = self.start("portkey", ["node", server, f"--port={port}", "--headless"], self.folder / "portkey.log",
                             core=PEER_CORE, cwd=folder)
        self.ready(program, port, "/")
        return program, port, ["x-portkey-provider: openai", f"x-portkey-custom-host: http://{HOST}:{upstream}/v1"]

    def load_command(self, port, body, connections, seconds, rate=0, headers=()):
        command = ["taskset", "-c", LOAD_CORE, self.base / "loadgen", "-P", port, "-c", connections, "-d", seconds, "-w", 0,
                   "-r", rate, "-b", self.folder / f"{body}.json", "-H", f"Authorization: Bearer {KEY}"]
        for header in headers:
            command += ["-H", header]
        return list(map(str, command))

    def load(self, program, *args, **named):
        """Runs the load generator against the program. No request may fail."""
        command = self.load_command(*args, **named)
        done = subprocess.run(command, capture_output=True, text=True, timeout=named.get("seconds", 5) + 60)
        return self.judged(program, done.stdout, done.stderr)

    def judged(self, program, out, err):
        for other in self.programs:
            other.check()
        try:
            result = json.loads(out)
        except ValueError:
            raise Failure(f"The load generator said: {out[-200:]} {err[-200:]}") from None
        if result.get("err") or result.get("non200") or not result.get("req"):
            raise Failure(f"Load on {program.name}: {result.get('req', 0)} answered, {result.get('err')} failed, "
                          f"{result.get('non200')} not with 200.\n{tail(program.log)}")
        return result


def request_body(size, model, stream):
    words = []
    length = 0
    while length < size - 170:
        words.append(f"word{len(words) % 97} ")
        length += len(words[-1])
    body = {"model": model, "messages": [{"role": "system", "content": "You are a helpful assistant. "},
                                         {"role": "user", "content": "".join(words)}], "temperature": 0.2, "max_tokens": 256}
    if stream:
        body |= {"stream": True, "stream_options": {"include_usage": True}}
    return body
