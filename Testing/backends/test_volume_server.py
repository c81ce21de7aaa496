"""A volume server takes prepared arrays and nothing else, and its answers depend on what the array shows."""

from __future__ import annotations

import ast
import hashlib
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests

from CTSpatialVQALib.backends import volume_server
from CTSpatialVQALib.backends.case_data import CaseData
from CTSpatialVQALib.backends.consent import Destination
from CTSpatialVQALib.backends.volume_backend import VolumeServerBackend
from CTSpatialVQALib.errors import BadInput, WorkFailed
from CTSpatialVQALib.imaging.contract_catalogue import contract_named
from CTSpatialVQALib.imaging.voxel_edits import mirrored
from CTSpatialVQALib.records.case import Case
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.words import Outcome, Probe
from Testing.backends.volume_servers import Server, serving
from Testing.imaging.patients import phantom, phantom_volume
from Testing.volumes.small_volumes import stored_as, write_nifti

QUESTION = Question(question_id="q", case_id="c", text="Where is the liver?", reference="x")
ID = "0123456789abcdef" * 2


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("server")) as one:
        yield one


def backend_of(url: str, contract: str = "merlin", **given: Any) -> VolumeServerBackend:
    given = {"key": None, "options": {}, "consent": lambda destination: False, **given}
    return VolumeServerBackend("v", url=url, contract=contract_named(contract), **given)


def npy(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def put(url: str, body: bytes, name: str = ID, sha256: str | None = None, **given: Any) -> requests.Response:
    sha256 = hashlib.sha256(body).hexdigest() if sha256 is None else sha256
    return requests.put(f"{url}/arrays/{name}?sha256={sha256}", data=body, timeout=10, **given)


def case_of(path: Path) -> CaseData:
    return CaseData(Case(case_id="c", patient_id="p", ct=path))


def told(backend: VolumeServerBackend, case: CaseData, probe: Probe = Probe.FULL) -> str:
    answer = backend.ask(QUESTION, case, probe)
    assert answer.outcome is Outcome.ANSWERED, answer
    return answer.text


@pytest.mark.parametrize("contract", ["merlin", "m3d"])
def test_however_the_file_is_stored_the_answer_is_one_and_mirrored_it_is_another(
    contract: str, tmp_path: Path
) -> None:
    one = phantom()
    with serving(tmp_path, "--contract", contract) as server:
        backend = backend_of(server.url, contract)
        answers = set()
        for code in ("LPS", "RAS", "LAS", "IPR", "SAL", "PIL"):
            path = write_nifti(tmp_path / f"{code}.nii", *stored_as(code, one.hu, one.grid.affine))
            answers.add(told(backend, case_of(path)))
        turned = mirrored(phantom_volume())
        path = write_nifti(tmp_path / "mirrored.nii", turned.hu, turned.grid.affine)
        other = told(backend, case_of(path))
        assert len(answers) == 1
        assert other not in answers
        assert told(backend, case_of(tmp_path / "RAS.nii"), Probe.MIRRORED) == other
        assert len({told(backend, case_of(path)) for path in [tmp_path / "RAS.nii"] * 2}) == 1


@pytest.fixture
def case(tmp_path: Path) -> CaseData:
    return case_of(write_nifti(tmp_path / "c.nii", phantom().hu, phantom().grid.affine))


def test_an_array_is_uploaded_once_for_many_questions_and_taken_back_at_the_end(
    case: CaseData, server: Server
) -> None:
    backend = backend_of(server.url)
    before = requests.get(f"{server.url}/health", timeout=10).json()["arrays"]
    for _ in range(3):
        told(backend, case)
    assert requests.get(f"{server.url}/health", timeout=10).json()["arrays"] == before + 1
    backend.close()
    assert requests.get(f"{server.url}/health", timeout=10).json()["arrays"] == before


def test_an_array_that_the_server_forgot_is_uploaded_again(case: CaseData, server: Server) -> None:
    backend = backend_of(server.url)
    first = told(backend, case)
    for number in range(20):  # more than the server keeps
        assert put(server.url, npy(np.zeros((2, 2, 2), np.float32)), f"{number:032x}").status_code == 201
    assert told(backend, case) == first


def test_failures_of_the_model_are_outcomes_with_a_reason_and_the_server_goes_on(
    case: CaseData, server: Server
) -> None:
    backend = backend_of(server.url, options={"attempts": 1})

    def outcome(text: str, probe: Probe = Probe.FULL) -> tuple[Outcome, str]:
        answer = backend.ask(QUESTION.model_copy(update={"text": text}), case, probe)
        return answer.outcome, answer.detail

    assert outcome("please fail")[0] is Outcome.TRANSPORT_ERROR
    assert "the weights are gone" in outcome("please fail")[1]
    assert outcome("out of memory")[0] is Outcome.OUT_OF_MEMORY
    assert outcome("cut off")[0] is Outcome.TRUNCATED
    assert outcome("anything", Probe.TEXT_ONLY)[0] is Outcome.REFUSED
    assert told(backend, case)


def test_a_reply_keeps_what_the_server_said_beside_the_text(case: CaseData, server: Server) -> None:
    answer = backend_of(server.url).ask(QUESTION.model_copy(update={"text": "cut off"}), case, Probe.FULL)
    assert answer.facts["usage"] == {"tokens": 3}
    assert answer.facts["finish"] == "length"
    assert answer.text == "The liver is"


def test_version_is_what_the_server_says_and_another_contract_is_refused(server: Server) -> None:
    assert backend_of(server.url).version == "sided stand-in 1"
    assert backend_of(server.url, "merlin@published").version == "sided stand-in 1"
    with pytest.raises(BadInput, match="merlin"):
        _ = backend_of(server.url, "radfm").version


def test_a_server_that_is_not_there_is_named_by_its_layer() -> None:
    with pytest.raises(WorkFailed, match="port"):
        _ = backend_of("http://127.0.0.1:9", options={"attempts": 1}).version


def test_nothing_is_sent_to_another_machine_without_consent(case: CaseData) -> None:
    asked: list[Destination] = []

    def no(destination: Destination) -> bool:
        asked.append(destination)
        return False

    backend = backend_of("http://models.example.org:8100", consent=no)
    with pytest.raises(BadInput, match=r"--consent http://models\.example\.org:8100"):
        backend.ask(QUESTION, case, Probe.FULL)
    assert len(asked) == 1


BIG_ENDIAN = npy(np.zeros((2, 2), ">f4"))
LONG = npy(np.zeros((2, 2), np.float32)) + b"\0"
OBJECTS = b"\x93NUMPY\x01\x00v\x00" + (
    b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }".ljust(117) + b"\n" + b"cos\nsystem\n"
)


@pytest.mark.parametrize(
    "body",
    [OBJECTS, BIG_ENDIAN, LONG, npy(np.zeros((2, 2)))[:-8], b"no NPY", npy(np.zeros(2, "U3")), b""],
    ids=["objects", "big endian", "too long", "too short", "no npy", "text", "empty"],
)
def test_what_is_no_plain_array_is_refused(body: bytes, server: Server) -> None:
    assert put(server.url, body).status_code == 400
    asked = {"array": ID, "prompt": "?"}
    assert requests.post(f"{server.url}/ask", json=asked, timeout=10).status_code == 404


def test_an_array_that_was_damaged_on_the_way_is_refused(server: Server) -> None:
    said = put(server.url, npy(np.zeros(3, np.float32)), sha256="0" * 64)
    assert said.status_code == 400
    assert said.json()["error"]["code"] == "damaged"


@pytest.mark.parametrize(
    ("method", "path", "given", "status"),
    [
        ("GET", "/", {}, 404),
        ("GET", "/arrays/" + ID, {}, 404),
        ("PUT", "/arrays/../etc/passwd", {"data": b"x"}, 404),
        ("PUT", "/arrays/short", {"data": b"x"}, 404),
        ("POST", "/ask", {"data": b"not json"}, 400),
        ("POST", "/ask", {"data": b"[1]"}, 400),
        ("POST", "/ask", {"json": {"prompt": 3}}, 400),
        ("POST", "/ask", {"json": {"array": None, "prompt": "?", "contract": "radfm"}}, 400),
        ("POST", "/ask", {"data": b"x" * (volume_server.MOST_QUESTION_BYTES + 1)}, 413),
        ("GET", "/health", {"headers": {"Origin": "http://evil.example"}}, 403),
    ],
)
def test_requests_that_make_no_sense_are_refused_with_a_reason(
    method: str, path: str, given: dict[str, Any], status: int, server: Server
) -> None:
    try:
        said = requests.request(method, server.url + path, timeout=10, **given)
    except requests.ConnectionError:  # the server hung up before it had read it all
        assert status == 413
        return
    assert said.status_code == status
    assert said.json()["error"]["message"]


def test_with_a_token_only_who_shows_it_is_served(case: CaseData, tmp_path: Path) -> None:
    with serving(tmp_path, token="a-very-secret-token") as server:
        assert requests.get(f"{server.url}/health", timeout=10).status_code == 401
        with pytest.raises(WorkFailed, match="key"):
            _ = backend_of(server.url, key="another-token").version
        assert told(backend_of(server.url, key="a-very-secret-token"), case)


def test_it_listens_to_other_machines_only_with_a_token() -> None:
    command = [sys.executable, volume_server.__file__, "json:dumps", "--host", "0.0.0.0", "--port", "0"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert ran.returncode == 2
    assert volume_server.TOKEN_VARIABLE in ran.stderr


def test_an_adapter_that_is_not_there_and_a_port_that_is_taken_are_told_in_one_line(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "port_adapter.py").write_text("def answer(*asked):\n    return ''\n", "utf-8")
    with pytest.raises(SystemExit, match=r"no no_such_adapter\.py in "):
        volume_server.main(["no_such_adapter"])
    port = server.url.rsplit(":", 1)[1]
    with pytest.raises(SystemExit, match=rf"cannot listen on 127\.0\.0\.1:{port}: "):
        volume_server.main(["port_adapter", "--port", port])


def test_what_is_kept_is_bounded_in_number_and_bytes() -> None:
    arrays = volume_server.Arrays(most=3, most_bytes=1000)
    for number in range(5):
        arrays.put(str(number), np.zeros(100, np.uint8))
    assert arrays.count() == (3, 300)
    arrays.get("2")
    arrays.put("large", np.zeros(850, np.uint8))
    assert arrays.count() == (2, 950)
    assert arrays.get("2").size == 100


def test_the_file_stands_alone_on_python_3_9_with_numpy() -> None:
    source = Path(volume_server.__file__).read_text("utf-8")
    tree = ast.parse(source, feature_version=(3, 9))
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported - sys.stdlib_module_names == {"numpy"}
    blocked = (
        "import sys; sys.modules.update(dict.fromkeys(['CTSpatialVQALib', 'pydantic', 'requests'], None));"
        "sys.argv = ['x', '--help']; import runpy;"
        f"runpy.run_path({volume_server.__file__!r}, run_name='__main__')"
    )
    ran = subprocess.run([sys.executable, "-I", "-c", blocked], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "--contract" in ran.stdout


def test_nothing_leaves_but_array_prompt_and_random_ids(case: CaseData, tmp_path: Path) -> None:
    seen: list[bytes] = []
    backend = backend_of("http://127.0.0.1:9", options={"attempts": 1})
    send = backend.client._exchange.send

    def watched(method: str, url: str, body: Any = None, **given: Any) -> Any:
        seen.append(url.encode() + b"".join(bytes(piece) for piece in body or ()))
        return send(method, url, body, **given)

    with serving(tmp_path) as server:
        backend = backend_of(server.url)
        send = backend.client._exchange.send
        backend.client._exchange.send = watched  # type: ignore[method-assign]
        told(backend, case)
    put_, asked = seen
    array = case.shown(contract_named("merlin"), Probe.FULL, QUESTION).array
    assert put_.endswith(np.ascontiguousarray(array).tobytes())
    question = json.loads(asked.split(b"/ask", 1)[1])
    assert set(question) == {"array", "contract", "system", "prompt", "question", "generation"}
    for secret in (str(tmp_path).encode(), b"c.nii", b'"c"', b'"q"'):
        assert secret not in put_.split(b"NUMPY")[0] + asked


def test_each_documented_adapter_fits_the_server_and_a_contract(root: Path) -> None:
    text = (root / "docs/volume-server.md").read_text("utf-8")
    adapters = [ast.parse(block.split("```")[0]) for block in text.split("```python\n")[1:]]
    named = []
    for adapter in adapters:
        (answer,) = (node for node in adapter.body if isinstance(node, ast.FunctionDef))
        assert answer.name == "answer"
        assert [argument.arg for argument in answer.args.args] == ["array", "prompt", "generation"]
        strings = [node.value for node in ast.walk(adapter) if isinstance(node, ast.Constant)]
        named += [name for name in ("merlin", "ct-chat", "radfm", "vila-m3") if name in strings]
    assert named == ["merlin", "merlin", "ct-chat", "radfm", "vila-m3"]
