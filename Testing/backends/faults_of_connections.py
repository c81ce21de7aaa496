"""Faults of the fault server: silence, broken connections, and bytes that are not HTTP."""

from __future__ import annotations

import json

from Testing.backends.faultserver import PIECE, Faults, Talk, good_body

FAULTS = Faults()


# --- the wire


@FAULTS.fault
def hang_before_headers(talk: Talk) -> None:
    talk.hang()


@FAULTS.fault
def hang_in_headers(talk: Talk) -> None:
    talk.send(b"HTTP/1.1 200 OK\r\nContent-Le")
    talk.hang()


@FAULTS.fault
def hang_in_body(talk: Talk) -> None:
    talk.head("200 OK", "Content-Length: 5000")
    talk.send(b'{"choices":')
    talk.hang()


@FAULTS.fault
def drip_headers(talk: Talk) -> None:
    talk.send(b"HTTP/1.1 200 OK\r\n")
    while not talk.server.down.wait(0.05):
        talk.send(b"X")


@FAULTS.fault
def drip_body(talk: Talk) -> None:
    talk.head("200 OK", "Content-Length: 100000")
    while not talk.server.down.wait(0.05):
        talk.send(b" ")


@FAULTS.fault
def drip_until_closed(talk: Talk) -> None:
    """No length: a shut connection looks like the reply's end."""
    talk.head("200 OK", "Connection: close")
    talk.send(good_body(talk))
    while not talk.server.down.wait(0.05):
        talk.send(b" ")


@FAULTS.fault
def continue_for_ever(talk: Talk) -> None:
    while not talk.server.down.wait(0.01):
        talk.send(b"HTTP/1.1 100 Continue\r\n\r\n")


@FAULTS.fault
def reset_at_once(talk: Talk) -> None:
    talk.reset()


@FAULTS.fault
def reset_once(talk: Talk) -> None:
    if talk.request.nth == 1:
        talk.reset()
    else:
        talk.says()


@FAULTS.fault
def reset_in_body(talk: Talk) -> None:
    body = good_body(talk)
    talk.head("200 OK", f"Content-Length: {len(body)}")
    talk.send(body[: len(body) // 2])
    talk.reset()


@FAULTS.fault
def closed_at_once(talk: Talk) -> None:
    talk.hang_up()


@FAULTS.fault
def length_too_long(talk: Talk) -> None:
    body = good_body(talk)
    talk.head("200 OK", f"Content-Length: {len(body) + 50}")
    talk.send(body)
    talk.hang_up()


@FAULTS.fault
def length_too_short(talk: Talk) -> None:
    body = good_body(talk)
    talk.head("200 OK", f"Content-Length: {len(body) - 30}")
    talk.send(body)


@FAULTS.fault
def two_lengths(talk: Talk) -> None:
    body = good_body(talk)
    talk.head("200 OK", f"Content-Length: {len(body)}", "Content-Length: 3")
    talk.send(body)


@FAULTS.fault
def length_is_no_number(talk: Talk) -> None:
    talk.head("200 OK", "Content-Length: many")
    talk.send(good_body(talk))
    talk.hang_up()


@FAULTS.fault
def a_second_reply_behind(talk: Talk) -> None:
    """A reply nobody asked for stands behind the first one on the same connection."""
    body = good_body(talk)
    stray = json.dumps({"choices": [{"message": {"content": "stray"}, "finish_reason": "stop"}]}).encode()
    both = [b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(one), one) for one in (body, stray)]
    talk.send(b"".join(both))


@FAULTS.fault
def closes_after_each(talk: Talk) -> None:
    """Without saying so: the next request meets a dead connection."""
    talk.says()
    talk.hang_up()


@FAULTS.fault
def chunks_broken(talk: Talk) -> None:
    talk.head("200 OK", "Transfer-Encoding: chunked")
    talk.send(b'5\r\n{"cho\r\nZZZZ\r\nices')
    talk.hang_up()


@FAULTS.fault
def chunks_without_end(talk: Talk) -> None:
    body = good_body(talk)
    talk.head("200 OK", "Transfer-Encoding: chunked")
    talk.send(b"%x\r\n%b\r\n" % (len(body), body))
    talk.hang_up()


@FAULTS.fault
def chunked(talk: Talk) -> None:
    body = good_body(talk)
    talk.head("200 OK", "Transfer-Encoding: chunked")
    talk.send(b"".join(b"1\r\n%c\r\n" % one for one in body) + b"0\r\n\r\n")


@FAULTS.fault
def fifty_mb(talk: Talk) -> None:
    talk.head("200 OK", "Content-Length: 50000000")
    for _ in range(50_000_000 // len(PIECE)):
        talk.send(PIECE)


@FAULTS.fault
def fifty_mb_unannounced(talk: Talk) -> None:
    talk.head("200 OK", "Connection: close")
    for _ in range(50_000_000 // len(PIECE)):
        talk.send(PIECE)
    talk.hang_up()


@FAULTS.fault
def fifty_mb_error(talk: Talk) -> None:
    talk.head("400 Bad Request", "Connection: close")
    for _ in range(50_000_000 // len(PIECE)):
        talk.send(PIECE)
    talk.hang_up()


@FAULTS.fault
def not_http(talk: Talk) -> None:
    talk.send(b"SSH-2.0-OpenSSH_9.6\r\n")
    talk.hang_up()


@FAULTS.fault
def headers_without_end(talk: Talk) -> None:
    talk.send(b"HTTP/1.1 200 OK\r\n" + b"X-Many: 1\r\n" * 400 + b"\r\n")
    talk.hang_up()


@FAULTS.fault
def header_too_long(talk: Talk) -> None:
    talk.send(b"HTTP/1.1 200 OK\r\nX-Long: " + b"a" * 200_000 + b"\r\n\r\n")
    talk.hang_up()


@FAULTS.fault
def sets_a_cookie(talk: Talk) -> None:
    body = good_body(talk)
    talk.reply(200, body, "Set-Cookie: visitor=42; Path=/")
