"""Faults of the fault server: replies that are not whole, no chat completion, or no answer."""

from __future__ import annotations

import gzip
from typing import Any

from Testing.backends.faultserver import Faults, Talk, completion, good_body

FAULTS = Faults()
BOMB = gzip.compress(b" " * 100_000_000, compresslevel=1)


# --- bodies


@FAULTS.fault
def half_json(talk: Talk) -> None:
    body = good_body(talk)
    talk.reply(200, body[: len(body) // 2])


@FAULTS.fault
def empty_body(talk: Talk) -> None:
    talk.reply(200, b"")


@FAULTS.fault
def a_list(talk: Talk) -> None:
    talk.reply(200, [completion(talk.request)])


@FAULTS.fault
def a_text(talk: Talk) -> None:
    talk.reply(200, "the nodule is on the left")


@FAULTS.fault
def null(talk: Talk) -> None:
    talk.reply(200, b"null")


@FAULTS.fault
def web_page(talk: Talk) -> None:
    talk.reply(200, b"<!DOCTYPE html><html>Welcome to the model server</html>")


@FAULTS.fault
def no_choices(talk: Talk) -> None:
    talk.reply(200, {"object": "chat.completion", "choices": []})


@FAULTS.fault
def odd_choices(talk: Talk) -> None:
    talk.reply(200, {"choices": ["the nodule is on the left"]})


@FAULTS.fault
def message_is_text(talk: Talk) -> None:
    talk.reply(200, {"choices": [{"message": "left", "finish_reason": "stop"}]})


@FAULTS.fault
def error_in_200(talk: Talk) -> None:
    talk.reply(200, {"error": {"message": "provider gave up"}})


@FAULTS.fault
def code_429_in_200_once(talk: Talk) -> None:
    if talk.request.nth == 1:
        talk.reply(200, {"error": {"message": "rate limited", "code": 429}})
    else:
        talk.says()


@FAULTS.fault
def not_utf8(talk: Talk) -> None:
    talk.reply(200, good_body(talk).replace(b"heard", b"h\xe9\xff\xferd"))


@FAULTS.fault
def not_a_number(talk: Talk) -> None:
    talk.reply(200, good_body(talk).replace(b'"prompt_tokens": 7', b'"prompt_tokens": NaN'))


@FAULTS.fault
def half_surrogate(talk: Talk) -> None:
    talk.reply(200, good_body(talk).replace(b"heard: ", b"heard: \\ud83d "))


@FAULTS.fault
def nested_deep(talk: Talk) -> None:
    talk.reply(200, b'{"choices":' + b"[" * 200_000)


@FAULTS.fault
def huge_number(talk: Talk) -> None:
    talk.reply(200, good_body(talk).replace(b'"prompt_tokens": 7', b'"prompt_tokens": ' + b"9" * 5000))


@FAULTS.fault
def gzipped(talk: Talk) -> None:
    talk.reply(200, gzip.compress(good_body(talk)), "Content-Encoding: gzip")


@FAULTS.fault
def gzip_bomb(talk: Talk) -> None:
    talk.reply(200, BOMB, "Content-Encoding: gzip")


@FAULTS.fault
def gzip_damaged(talk: Talk) -> None:
    talk.reply(200, gzip.compress(good_body(talk))[:-20], "Content-Encoding: gzip")


@FAULTS.fault
def packed_otherwise(talk: Talk) -> None:
    talk.reply(200, b"\x1b\x00", "Content-Encoding: br")


# --- what models and gateways say


def saying(name: str, message: dict[str, Any], *, reason: str | None = "stop") -> None:
    def does(talk: Talk) -> None:
        talk.says(message, reason=reason)  # type: ignore[arg-type]

    FAULTS[name] = does


saying("null-content", {"content": None})
saying("blank-content", {"content": " \n "})
saying("refusal", {"content": None, "refusal": "I cannot help with medical images."})
saying("filtered", {"content": "The nod"}, reason="content_filter")
saying("cut-off", {"content": "The nodule lies in the"}, reason="length")
saying("cut-off-while-thinking", {"content": None, "reasoning_content": "hm"}, reason="length")
saying("broken-off", {"content": "The nod"}, reason="error")
saying("reason-null", {"content": "left"}, reason=None)
saying("reasoning", {"content": "left", "reasoning": "the liver is right"})
saying("reasoning-content", {"content": "left", "reasoning_content": "the liver is right"})
saying("reasoning-twice", {"content": "left", "reasoning": "once", "reasoning_content": "once"})
saying("reasoning-details", {"content": "left", "reasoning_details": [{"text": "the liver is right"}]})
saying("think", {"content": "<think>\nthe liver is right\n</think>\n\nleft"})
saying("think-end-only", {"content": "the liver is right\n</think>\nleft"})
saying("think-without-end", {"content": "<think>the liver is right, so left"})
saying("medgemma-thought", {"content": "<unused94>thought\nthe liver is right<unused95>left"})
saying("only-thoughts", {"content": None, "reasoning": "the liver is right"})
saying("parts", {"content": [{"type": "text", "text": "le"}, {"type": "text", "text": "ft"}]})
saying(
    "parts-thinking", {"content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "left"}]}
)
saying("tool-call", {"content": None, "tool_calls": [{"function": {"name": "look"}}]})


@FAULTS.fault
def two_choices(talk: Talk) -> None:
    first = completion(talk.request, {"content": "left"})["choices"]
    second = completion(talk.request, {"content": "right"})["choices"]
    talk.says(choices=first + second)
