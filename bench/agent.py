"""trine-meter as a child of a benchmark, and its readings as a gateway asks for them."""
import http.client
import json
import os
import signal
import ssl
import subprocess

TOKEN = "0123456789abcdef0123456789abcdef"


def gpus(program, words=(), env=None):
    """The GPUs that the program's meters find here: [{"device": UUID, "model": …, "gpu_index": …}]."""
    once = subprocess.run([program, "--once", "--json", *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                          env={**os.environ, **(env or {})})  # fmt: skip
    return [d for d in json.loads(once.stdout)["devices"] if d["boundary"] == "gpu"] if once.returncode == 0 else []


class Agent:
    """Runs for the length of a with block, on a free port of the loopback address."""

    def __init__(self, program, folder, words=(), env=None):
        token = folder / "token"
        token.touch(mode=0o600)
        token.write_text(TOKEN)
        self.words = [str(program), "--listen", "127.0.0.1:0", "--token-file", str(token), "--host", "gpu-1", "--log-level", "error", *words]
        self.env = {**os.environ, **(env or {})}

    def __enter__(self):
        self.process = subprocess.Popen(self.words, stdout=subprocess.PIPE, text=True, env=self.env)
        first = self.process.stdout.readline()
        if not first:
            raise RuntimeError(f"trine-meter did not start (status {self.process.wait()}); it says why above")
        self.port, self.pid = int(first.rsplit(":", 1)[1]), self.process.pid
        return self

    def __exit__(self, kind, *_):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(10)
        self.process.stdout.close()
        if status != 0 and kind is None:
            raise RuntimeError(f"trine-meter ended with status {status}")


class Gateway:
    """Asks as the gateway does: a kept connection, and only for what is new."""

    def __init__(self, port, cafile=None):
        if cafile:
            self.connection = http.client.HTTPSConnection("127.0.0.1", port, context=ssl.create_default_context(cafile=cafile))
        else:
            self.connection = http.client.HTTPConnection("127.0.0.1", port)
        self.since = ""
        self.samples = self.bytes = 0

    def ask(self):
        """The page; its samples: [device id, wall_us, mono_us, counter_uj, power_mw, utilisation, sm_activity]."""
        self.connection.request("GET", "/v1/readings" + self.since, headers={"Authorization": "Bearer " + TOKEN})
        response = self.connection.getresponse()
        body = response.read()
        if response.status != 200:
            raise RuntimeError(f"the agent answered {response.status}: {body[:200]!r}")
        page = json.loads(body)
        self.since = f"?since={page['run']}:{page['next']}"
        self.samples += len(page["samples"])
        self.bytes += len(body)
        return page
