"""Commands in a network of their own, where one address belongs to another machine that counts what it hears.

Started by `unshare --map-root-user --net --mount`: there is no network but a loopback device, which also has
the address of the "other machine"; a hosts file lets names lead there. Prints one JSON line per case.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from Testing.backends.faultserver import FaultServer, Talk
from Testing.security.forked_commands import Starter

OTHER = "192.0.2.7"  # of a block that is nobody's (RFC 5737)
HOSTS = f"127.0.0.1 here.test\n{OTHER} localhost models.localhost hub.test models.test\n"
ROWS = '{"id": "r1", "question": "On which side?", "reference": "left", "prediction": "left"}\n'


def network(folder: Path) -> None:
    (folder / "hosts").write_text(HOSTS)
    for command in (
        "ip link set lo up",
        f"ip addr add {OTHER}/32 dev lo",
        f"mount --bind {folder}/hosts /etc/hosts",
    ):
        subprocess.run(command.split(), check=True)


def study(folder: Path, backend: str) -> Path:
    question = {"id": "q1", "case_id": "c1", "question": "On which side is it?", "answer": "left"}
    (folder / "questions.jsonl").write_text(json.dumps(question) + "\n")
    path = folder / "study.toml"
    path.write_text(
        '[study]\nid = "s"\n[[questions]]\npath = "questions.jsonl"\nadd_cases = true\n'
        f'[[backends]]\nname = "b"\n{backend}\n'
    )
    return path


def run(starter: Starter, folder: Path, command: str, *options: str) -> str:
    path = str(folder / "study.toml")
    (folder / "rows.jsonl").write_text(ROWS)
    arguments = {
        "run": ["run", path, "--out", str(folder / "run"), "--probe", "text_only"],
        "test": ["backends", "test", "b", "--study", path],
        "score": ["score", str(folder / "rows.jsonl"), "--judge", "b", "--study", path],
    }[command]
    told = starter.run([*arguments, *options])
    return told.err + told.out


def main(folder: Path) -> None:
    network(folder)
    with FaultServer(host=OTHER) as other, FaultServer({"away": _away(other)}) as here:
        port = other.port
        chat = 'kind = "openai"\nurl = "{}"\nmodel = "m"\ncontract = "slices"\noptions = {{ attempts = 1 }}'
        volume = 'kind = "volume-server"\nurl = "{}"\ncontract = "m3d"\noptions = {{ attempts = 1 }}'
        hub = 'kind = "local"\nmodel = "a/b"\ncontract = "slices"\noptions = { offline = false }'
        named = [f"http://{name}:{port}" for name in ("localhost", "models.localhost", "models.test", OTHER)]
        backends = {url: chat.format(url) for url in named} | {
            f"volume {named[0]}": volume.format(named[0]),
            f"hub http://hub.test:{port}": hub,
        }
        os.environ |= {"HF_ENDPOINT": f"http://hub.test:{port}", "HF_HOME": str(folder / "hub")}
        os.environ["CTSPATIALVQA_GRANTS"] = str(folder / "grants.json")
        starter = Starter(folder)
        for case, backend in backends.items():
            study(folder, backend)
            origin = case.rpartition(" ")[2]
            wrong = ("", origin.replace("http:", "https:"), origin.replace(str(port), "80"), "http://a.test")
            for command in ("run", "test", "score") if "volume" not in case else ("run", "test"):
                for consent in (*wrong, f"localhost:{port}") if command == "test" else ("",):
                    options = ["--consent", consent] if consent else []
                    _tell(
                        f"{command} {case} {consent}", run(starter, folder, command, *options), other, origin
                    )
            _tell(f"consented {case}", run(starter, folder, "test", "--consent", origin), other, origin)
        study(folder, chat.format(here.url("away")))
        _tell("redirected", run(starter, folder, "test"), other, here.root)
        study(folder, chat.format(f"http://here.test:{here.port}"))
        _tell("a name that leads here", run(starter, folder, "test"), other, f"http://here.test:{here.port}")


def _away(other: FaultServer):  # noqa: ANN202
    def does(talk: Talk) -> None:
        talk.reply(307, b"", f"Location: {other.root}/v1/chat/completions")

    return does


def _tell(case: str, told: str, other: FaultServer, origin: str) -> None:
    says = f"--consent {origin}" in told
    line = {"case": case, "connections": other.connections, "says": says, "told": told[-400:]}
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
    other.connections = 0


if __name__ == "__main__":
    main(Path(sys.argv[1]))
