"""Faults of the fault server: replies that tempt a client to read wrongly, for ever, or more than it may."""

from __future__ import annotations

import gzip
import json
import zlib

from Testing.backends.faultserver import PIECE, Faults, Talk, completion, good_body

FAULTS = Faults()
MUCH = 40_000_000


def chunk(data: bytes, size: bytes | None = None) -> bytes:
    return (b"%x" % len(data) if size is None else size) + b"\r\n" + data + b"\r\n"


# --- lengths of chunks that Python's int() takes, and RFC 9112 does not


def chunked_as(name: str, size: bytes, *, much: bool = False) -> None:
    def does(talk: Talk) -> None:
        talk.head("200 OK", "Transfer-Encoding: chunked")
        talk.send(size + b"\r\n")
        for _ in range(MUCH // len(PIECE) if much else 1):
            talk.send(PIECE)
        talk.hang_up()

    FAULTS[name] = does


chunked_as("chunk-minus-one", b"-1", much=True)
chunked_as("chunk-minus-five", b"-5")
chunked_as("chunk-plus", b"+5")
chunked_as("chunk-0x", b"0x5")
chunked_as("chunk-underscore", b"1_0")
chunked_as("chunk-space", b" 5")
chunked_as("chunk-empty", b"")
chunked_as("chunk-huge", b"f" * 15, much=True)
chunked_as("chunk-huger", b"f" * 40)
chunked_as("chunk-long-line", b"5;" + b"x" * 100_000)
chunked_as("chunk-other-digits", "\u0665".encode())


@FAULTS.fault
def chunk_with_extension(talk: Talk) -> None:
    talk.head("200 OK", "Transfer-Encoding: chunked")
    body = good_body(talk)
    talk.send(chunk(body, b"%X ;name=value" % len(body)) + b"0\r\nTrailer: yes\r\n\r\n")


@FAULTS.fault
def chunks_much(talk: Talk) -> None:
    talk.head("200 OK", "Transfer-Encoding: chunked")
    for _ in range(MUCH // len(PIECE)):
        talk.send(chunk(PIECE))
    talk.send(b"0\r\n\r\n")


@FAULTS.fault
def trailers_for_ever(talk: Talk) -> None:
    talk.head("200 OK", "Transfer-Encoding: chunked")
    talk.send(chunk(good_body(talk)) + b"0\r\n")
    while not talk.server.down.wait(0.01):
        talk.send(b"More: yes\r\n")


@FAULTS.fault
def chunked_and_length(talk: Talk) -> None:
    talk.head("200 OK", "Transfer-Encoding: chunked", "Content-Length: 3")
    talk.send(chunk(good_body(talk)) + b"0\r\n\r\n")


# --- where a redirect leads


def redirecting(name: str, location: str) -> None:
    def does(talk: Talk) -> None:
        talk.reply(307, b"", f"Location: {location}")

    FAULTS[name] = does


redirecting("redirect-bracket", "http://[")
redirecting("redirect-port", "http://127.0.0.1:99999/")
redirecting("redirect-port-text", "http://127.0.0.1:port/")
redirecting("redirect-file", "file:///etc/passwd")
redirecting("redirect-nothing", "//")
redirecting("redirect-password", "http://me:secret@127.0.0.1/")
redirecting("redirect-scheme", "javascript:alert(1)")
redirecting("redirect-odd-bytes", "http://\xff\xfe\x01/")
redirecting("redirect-local-name", "http://elsewhere.localhost/")


# --- status lines and headers


def beginning(name: str, head: bytes) -> None:
    def does(talk: Talk) -> None:
        talk.send(head)
        talk.hang_up()

    FAULTS[name] = does


beginning("status-negative", b"HTTP/1.1 -200 OK\r\n\r\n")
beginning("status-huge", b"HTTP/1.1 2000000 OK\r\n\r\n")
beginning("status-text", b"HTTP/1.1 fine OK\r\n\r\n")
beginning("status-nothing", b"HTTP/1.1\r\n\r\n")
beginning("version-nine", b"HTTP/9.9 200 OK\r\n\r\n{}")
beginning("nul-bytes", b"\0" * 5000)
beginning("header-without-colon", b"HTTP/1.1 200 OK\r\nno colon here\r\n\r\n{}")
beginning("header-nul", b"HTTP/1.1 200 OK\r\nX-Odd: a\0b\r\nContent-Length: 2\r\n\r\n{}")
beginning("header-line-ends", b"HTTP/1.1 200 OK\nContent-Length: 2\n\n{}")
beginning("length-negative", b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n{}")
beginning("length-huge", b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 400 + b"\r\n\r\n{}")
beginning("no-content", b"HTTP/1.1 204 No Content\r\n\r\n")
beginning("switching", b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n")


@FAULTS.fault
def retry_after_absurd(talk: Talk) -> None:
    talk.reply(503, b"", "Retry-After: Fri, 99 Foo 99999 99:99:99 +99999999")


@FAULTS.fault
def charset_unheard_of(talk: Talk) -> None:
    talk.reply(200, good_body(talk), "Content-Type: application/json; charset=klingon")


@FAULTS.fault
def charset_that_is_none(talk: Talk) -> None:
    talk.reply(200, good_body(talk).replace(b"heard", b"h\xe9"), "Content-Type: text/plain; charset=rot13")


# --- packing


@FAULTS.fault
def gzip_two_members(talk: Talk) -> None:
    body = good_body(talk)
    talk.reply(200, gzip.compress(body[:50]) + gzip.compress(body[50:]), "Content-Encoding: gzip")


@FAULTS.fault
def gzip_many_members(talk: Talk) -> None:
    talk.reply(200, gzip.compress(b"") * 100_000, "Content-Encoding: gzip")


@FAULTS.fault
def gzip_twice(talk: Talk) -> None:
    talk.reply(200, gzip.compress(gzip.compress(good_body(talk))), "Content-Encoding: gzip, gzip")


@FAULTS.fault
def gzip_bomb_in_a_bomb(talk: Talk) -> None:
    bomb = gzip.compress(gzip.compress(bytes(MUCH)))
    talk.reply(200, bomb, "Content-Encoding: gzip, gzip")


@FAULTS.fault
def gzip_bomb_in_members(talk: Talk) -> None:
    talk.reply(200, gzip.compress(b" " * 1_000_000) * 40, "Content-Encoding: gzip")


@FAULTS.fault
def gzip_rubbish_behind(talk: Talk) -> None:
    talk.reply(200, gzip.compress(good_body(talk)) + b"rubbish", "Content-Encoding: gzip")


@FAULTS.fault
def deflate_raw(talk: Talk) -> None:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    talk.reply(200, packer.compress(good_body(talk)) + packer.flush(), "Content-Encoding: deflate")


@FAULTS.fault
def gzip_error_damaged(talk: Talk) -> None:
    talk.reply(401, b"\x1f\x8b broken", "Content-Encoding: gzip")


# --- JSON


@FAULTS.fault
def byte_order_mark(talk: Talk) -> None:
    talk.reply(200, b"\xef\xbb\xbf" + good_body(talk))


@FAULTS.fault
def utf_16(talk: Talk) -> None:
    talk.reply(200, good_body(talk).decode().encode("utf-16"))


@FAULTS.fault
def latin_1(talk: Talk) -> None:
    body = json.dumps(completion(talk.request, {"content": "größer"}), ensure_ascii=False).encode("latin-1")
    talk.reply(200, body, "Content-Type: application/json; charset=iso-8859-1")


@FAULTS.fault
def infinity(talk: Talk) -> None:
    body = good_body(talk).replace(b'"prompt_tokens": 7', b'"prompt_tokens": -Infinity, "x": 1e999')
    talk.reply(200, body)


@FAULTS.fault
def usage_odd(talk: Talk) -> None:
    talk.says(usage={"prompt_tokens": -3, "completion_tokens": 2**60, "total_tokens": [1]})


@FAULTS.fault
def nested_in_usage(talk: Talk) -> None:
    deep = b"[" * 900 + b"]" * 900
    talk.reply(200, good_body(talk).replace(b'"prompt_tokens": 7', b'"prompt_tokens": ' + deep))


@FAULTS.fault
def many_marks(talk: Talk) -> None:
    talk.says({"content": "<think>" * 300_000 + "left"})


@FAULTS.fault
def many_numbers(talk: Talk) -> None:
    talk.reply(200, b"[" + b"1," * 1_000_000 + b"1]")


@FAULTS.fault
def long_model_name(talk: Talk) -> None:
    talk.says(model="m" * 2_000_000, system_fingerprint="f\x1b[2J" * 50)


@FAULTS.fault
def second_choice_first(talk: Talk) -> None:
    choices = completion(talk.request, {"content": "right"})["choices"]
    choices[0]["index"] = 1
    talk.says(choices=choices + completion(talk.request, {"content": "left"})["choices"])


@FAULTS.fault
def loading_first(talk: Talk) -> None:
    if talk.request.nth == 1:
        talk.says({"content": ""}, reason="load")
    else:
        talk.says()


@FAULTS.fault
def status_520_once(talk: Talk) -> None:
    if talk.request.nth == 1:
        talk.reply(520, b"<html>Web server is returning an unknown error</html>")
    else:
        talk.says()


@FAULTS.fault
def status_529_once(talk: Talk) -> None:
    if talk.request.nth == 1:
        talk.reply(529, {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}})
    else:
        talk.says()


# --- streams that nobody asked for


def event(value: object) -> bytes:
    return b"data: " + json.dumps(value).encode() + b"\n\n"


def delta(text: str, reason: str | None = None, index: int = 0) -> dict[str, object]:
    choice = {"index": index, "delta": {"content": text}, "finish_reason": reason}
    return {"object": "chat.completion.chunk", "model": "served-1", "choices": [choice]}


def streaming(name: str, *events: bytes, media: str = "text/event-stream", stays: bool = False) -> None:
    def does(talk: Talk) -> None:
        talk.head("200 OK", f"Content-Type: {media}", "Connection: close")
        talk.send(b"".join(events))
        talk.hang() if stays else talk.hang_up()

    FAULTS[name] = does


PIECES = (event(delta("le")), b": a comment\n\n", event(delta("no", index=1)), event(delta("ft", "stop")))
DONE = b"data: [DONE]\n\n"
streaming("streamed", *PIECES, DONE)
streaming("streamed-unnamed", *PIECES, DONE, media="application/json")
streaming("streamed-after-comment", b": processing\n\n", *PIECES, DONE, media="text/plain")
streaming("streamed-without-done", *PIECES)
streaming("streamed-and-open", *PIECES, DONE, stays=True)
streaming("streamed-crlf", *(piece.replace(b"\n", b"\r\n") for piece in PIECES), DONE)
streaming("streamed-half", event(delta("le")))
streaming("streamed-broken", event(delta("le")), b'data: {"choices": [\n\n', DONE)
streaming("streamed-error", event(delta("le")), event({"error": {"message": "worker lost"}}), DONE)
streaming("streamed-nothing", b"")


# --- parts of the key


def key_of(talk: Talk) -> str:
    return talk.request.headers.get("authorization", "").partition(" ")[2]


@FAULTS.fault
def key_in_pieces(talk: Talk) -> None:
    key = key_of(talk)
    parts = [{"type": "text", "text": key[at : at + 4]} for at in range(0, len(key), 4)]
    talk.says({"content": parts}, model=key[:37].upper(), system_fingerprint="\n".join(key))


@FAULTS.fault
def key_split_in_error(talk: Talk) -> None:
    talk.reply(400, {"error": {"message": "x" * 280 + key_of(talk), "code": "\0".join(key_of(talk))}})


@FAULTS.fault
def key_escaped_in_error(talk: Talk) -> None:
    escaped = "".join(f"\\u{ord(character):04x}" for character in key_of(talk))
    talk.reply(400, b'{"error": {"message": "' + escaped.encode() + b'"}}')


@FAULTS.fault
def key_as_host(talk: Talk) -> None:
    talk.reply(302, b"", f"Location: https://{key_of(talk)}.invalid/")


@FAULTS.fault
def key_as_encoding(talk: Talk) -> None:
    talk.reply(200, good_body(talk), f"Content-Encoding: {key_of(talk)}")


@FAULTS.fault
def key_in_header_name(talk: Talk) -> None:
    talk.head("500 Oh", f"{key_of(talk)}", f"Retry-After: {key_of(talk)}", "Content-Length: 0")


@FAULTS.fault
def key_as_reason(talk: Talk) -> None:
    talk.says({"content": "left"}, reason=key_of(talk)[3:] + "x" * 40)


@FAULTS.fault
def key_cut_by_server(talk: Talk) -> None:
    key = key_of(talk)
    talk.reply(401, {"error": {"message": f"Incorrect API key provided: {key[:9]}****{key[-6:]}"}})
