from __future__ import annotations

import argparse
import copy
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from CTSpatialVQALib.audit.chain import EMPTY_HEAD, Head
from CTSpatialVQALib.audit.log import AuditLog, write_copy
from CTSpatialVQALib.audit.signing import KeyFiles, PublicKey, create_key, load_private_key, load_public_key
from CTSpatialVQALib.audit.verify import verify
from CTSpatialVQALib.cli import key_command, verify_command
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.records.event import EventKind, LogRecord
from CTSpatialVQALib.records.words import LogTrust
from Testing.audit.logbook import READER, forging, note


@pytest.fixture
def keys(tmp_path: Path) -> KeyFiles:
    folder = tmp_path / "keys"
    folder.mkdir()
    return create_key(folder / "reader-1.key")


@pytest.fixture
def public(keys: KeyFiles) -> PublicKey:
    return load_public_key(keys.public)


@pytest.fixture
def signed_log(ten_records: Path, keys: KeyFiles) -> Path:
    """Ten records, a signature as the eleventh, and two records after it."""
    with AuditLog.open(ten_records, READER) as log:
        log.sign(load_private_key(keys.private))
        log.append_many([note(12), note(13)])
    return ten_records


def rebuilt(log_path: Path, target: Path, *, change: int, without: tuple[int, ...] = ()) -> Path:
    """The log with record `change` forged and the whole chain computed anew, as anyone can."""
    with AuditLog.open(log_path, READER) as log:
        records = [record for record in log.records() if record.seq not in without]
    forged, head = [], EMPTY_HEAD
    for record in records:
        event = record.event
        if record.seq == change:
            event = event.model_copy(update={"payload": {"question_id": "forged"}})
        forged.append(LogRecord.following(head.seq + 1, head.sha256, event))
        head = Head(forged[-1].seq, forged[-1].sha256)
    write_copy(forged, target)
    return target


def test_a_signed_log_says_up_to_where_and_what_came_after(signed_log: Path, public: PublicKey) -> None:
    found = verify(signed_log, key=public)
    assert (found.trust, found.signed_seq, found.after_signature) == (LogTrust.SIGNED, 10, 2)
    assert found.notes == ()


def test_without_the_key_a_signature_is_mentioned_and_counts_for_nothing(signed_log: Path) -> None:
    found = verify(signed_log)
    assert (found.trust, found.signed_seq) == (LogTrust.CONSISTENT, None)
    assert found.notes == ("1 signature not checked: give the signer's public key",)


def test_the_last_signature_is_the_one_that_counts(
    signed_log: Path, keys: KeyFiles, public: PublicKey
) -> None:
    with AuditLog.open(signed_log, READER) as log:
        record = log.sign(load_private_key(keys.private))
    assert record.event.kind is EventKind.SIGNED
    assert record.event.payload["public_key"] == public.hex
    found = verify(signed_log, key=public)
    assert (found.signed_seq, found.after_signature) == (13, 0)


def test_a_chain_rebuilt_before_the_signature_is_found(
    signed_log: Path, public: PublicKey, tmp_path: Path
) -> None:
    forged = rebuilt(signed_log, tmp_path / "forged.sqlite", change=4)
    assert verify(forged).trust is LogTrust.CONSISTENT
    found = verify(forged, key=public)
    assert (found.trust, found.bad_seq) == (None, 11)
    assert found.problem is not None
    assert "rebuilt" in found.problem


def test_a_rebuilt_chain_without_its_signature_is_found(
    signed_log: Path, public: PublicKey, tmp_path: Path
) -> None:
    forged = rebuilt(signed_log, tmp_path / "forged.sqlite", change=4, without=(11,))
    found = verify(forged, key=public)
    assert found.trust is None
    assert found.problem is not None
    assert "no record is signed by the key" in found.problem


def test_a_rebuilt_chain_signed_by_somebody_else_is_found(
    signed_log: Path, public: PublicKey, tmp_path: Path
) -> None:
    forged = rebuilt(signed_log, tmp_path / "forged.sqlite", change=4, without=(11,))
    other = create_key(tmp_path / "other.key")
    with AuditLog.open(forged, READER) as log:
        log.sign(load_private_key(other.private))
    assert verify(forged, key=load_public_key(other.public)).trust is LogTrust.SIGNED
    found = verify(forged, key=public)
    assert not found.holds
    assert found.notes == ("1 signature by another key not checked",)


@pytest.mark.parametrize("field", ["seq", "sha256", "signed_utc", "public_key", "signature"])
def test_no_part_of_a_signature_can_be_changed(
    signed_log: Path, public: PublicKey, tmp_path: Path, field: str
) -> None:
    """With the chain computed anew after the change, so that only the signature can show it."""
    with AuditLog.open(signed_log, READER) as log:
        *before, signature, _, _ = log.records()
    wrong = {"seq": 9, "signed_utc": "2020-01-01T00:00:00Z"}.get(field, "0" * 64)
    payload = {**signature.event.payload, field: wrong}
    event = signature.event.model_copy(update={"payload": payload})
    forged = tmp_path / "forged.sqlite"
    write_copy([*before, LogRecord.following(11, before[-1].sha256, event)], forged)
    assert verify(forged).holds
    assert not verify(forged, key=public).holds


def test_a_signature_moved_to_another_log_is_found(
    signed_log: Path, public: PublicKey, tmp_path: Path
) -> None:
    with AuditLog.open(signed_log, READER) as log:
        signature = next(record for record in log.records() if record.event.kind is EventKind.SIGNED)
    other = tmp_path / "other.sqlite"
    with AuditLog.open(other, READER) as log:
        log.append_many([note(number) for number in range(10)])
        log.append(signature.event.kind, signature.event.payload)
    assert verify(other, key=public).bad_seq == 11


def test_a_tail_cut_behind_an_earlier_signature_needs_the_anchor(signed_log: Path, public: PublicKey) -> None:
    """What a signature cannot show, as docs/log.md says; the anchor shows it."""
    with AuditLog.open(signed_log, READER) as log:
        anchor = log.anchor_text
    with forging(signed_log) as connection:
        connection.execute("DELETE FROM record WHERE seq = 13")
    assert verify(signed_log, key=public).trust is LogTrust.SIGNED
    found = verify(signed_log, anchor, key=public)
    assert (found.trust, found.bad_seq) == (None, 13)


def test_anchor_and_signature_are_both_told(signed_log: Path, public: PublicKey) -> None:
    found = verify(signed_log, verify(signed_log).head.anchor, key=public)
    assert (found.trust, found.signed_seq, found.anchored_seq) == (LogTrust.SIGNED, 10, 13)


def test_an_empty_log_is_not_signed(log_path: Path, keys: KeyFiles) -> None:
    with AuditLog.open(log_path, READER) as log:
        with pytest.raises(BadInput, match="expected records to sign"):
            log.sign(load_private_key(keys.private))
        assert log.head == EMPTY_HEAD


@pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")
def test_the_private_key_is_for_its_owner_only(keys: KeyFiles) -> None:
    assert stat.S_IMODE(keys.private.stat().st_mode) == 0o600
    assert sorted(file.name for file in keys.private.parent.iterdir()) == [
        "reader-1.key",
        "reader-1.key.pub",
    ]
    keys.private.chmod(0o640)
    with pytest.raises(BadInput, match="others can read"):
        load_private_key(keys.private)


@pytest.mark.parametrize("existing", ["reader.key", "reader.key.pub"])
def test_a_key_is_never_replaced(tmp_path: Path, existing: str) -> None:
    (tmp_path / existing).write_text("kept")
    with pytest.raises(BadInput, match="expected a new file"):
        create_key(tmp_path / "reader.key")
    assert [file.name for file in tmp_path.iterdir()] == [existing]
    assert (tmp_path / existing).read_text() == "kept"


def rsa_key() -> bytes:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def locked(keys: KeyFiles) -> bytes:
    key = load_pem_private_key(keys.private.read_bytes(), None)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"password"))


def test_what_is_no_private_key_is_refused_without_a_word_of_it(keys: KeyFiles, tmp_path: Path) -> None:
    broken = keys.private.read_bytes()[:-40]
    for data in (b"", b"secret words", keys.public.read_bytes(), rsa_key(), locked(keys), broken):
        path = tmp_path / "wrong.key"
        path.write_bytes(data)
        path.chmod(0o600)
        with pytest.raises(BadInput, match="private Ed25519 key") as caught:
            load_private_key(path)
        assert caught.value.__cause__ is caught.value.__context__ is None
        assert not any(line and line in str(caught.value) for line in data.decode().splitlines())


def test_a_private_key_given_as_the_public_one_is_named(keys: KeyFiles, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"found a private key. Give the file that ends in \.pub"):
        load_public_key(keys.private)
    with pytest.raises(BadInput, match="found nothing"):
        load_public_key(tmp_path / "absent.pub")


def secrets_of(keys: KeyFiles) -> tuple[bytes, ...]:
    """The private key in every spelling in which it could leak."""
    key = load_pem_private_key(keys.private.read_bytes(), None)
    raw = key.private_bytes_raw()  # type: ignore[union-attr]
    pem = keys.private.read_bytes().splitlines()[1]
    return raw, raw.hex().encode(), raw.hex().upper().encode(), pem


def test_the_private_key_is_in_no_other_file_and_in_no_text(
    signed_log: Path, keys: KeyFiles, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    key = load_private_key(keys.private)
    assert run("sign", signed_log, "--key", keys.private, "--as", "reader-1") == 0
    assert run("verify", signed_log, "--key", keys.public, "--json") == 0
    told = capsys.readouterr()
    texts = [repr(key), str(key), repr(vars(key)), told.out, told.err]
    files = [path for path in tmp_path.rglob("*") if path.is_file() and path != keys.private]
    assert len(files) == 2
    for secret in secrets_of(keys):
        assert secret in keys.private.read_bytes() or secret not in keys.public.read_bytes()
        assert not any(secret in path.read_bytes() for path in files)
        assert not any(secret in text.encode() for text in texts)


def test_a_private_key_is_not_copied(keys: KeyFiles) -> None:
    key = load_private_key(keys.private)
    with pytest.raises(TypeError):
        copy.copy(key)
    with pytest.raises(TypeError):
        copy.deepcopy(key)


def run(*words: object) -> int:
    top = argparse.ArgumentParser()
    commands = top.add_subparsers()
    for one in (key_command, verify_command):
        one.add(commands)
    arguments = top.parse_args([str(word) for word in words])
    code: int = arguments.run(arguments)
    return code


def test_the_commands_make_a_key_sign_and_verify(
    ten_records: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = tmp_path / "reader.key"
    assert run("key", "--out", key) == 0
    assert run("verify", ten_records, "--key", f"{key}.pub") == 1
    assert "not signed by this key: no record is signed by the key" in capsys.readouterr().out
    assert run("sign", ten_records, "--key", key, "--as", "reader-1") == 0
    assert "signed up to record 10" in capsys.readouterr().out
    assert run("verify", ten_records, "--key", f"{key}.pub") == 0
    assert "signed, 11 records, signed up to 10, 0 after the signature" in capsys.readouterr().out


def test_signing_never_creates_a_log_and_names_a_bad_pseudonym(
    ten_records: Path, keys: KeyFiles, tmp_path: Path
) -> None:
    absent = tmp_path / "absent.sqlite"
    with pytest.raises(BadInput, match="expected an audit log, but found nothing"):
        run("sign", absent, "--key", keys.private, "--as", "reader-1")
    assert not absent.exists()
    with pytest.raises(BadInput, match=r"--as: id"):
        run("sign", ten_records, "--key", keys.private, "--as", " ")
    assert verify(ten_records).records == 10


def test_opening_a_log_does_not_load_the_library_that_signs(log_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from CTSpatialVQALib.audit.log import AuditLog;"
        "from CTSpatialVQALib.records.event import Actor;"
        "AuditLog.open(Path(sys.argv[1]), Actor(id='x')).close();"
        "sys.exit('cryptography' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code, log_path], check=False).returncode == 0
    assert log_path.read_bytes().startswith(b"SQLite")
