"""Faults of the fault server: statuses, redirects, and what a server does not take."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from Testing.backends.faultserver import Faults, Talk

FAULTS = Faults()


# --- statuses


@FAULTS.fault
def wait_seconds(talk: Talk) -> None:
    if talk.request.nth == 1:
        talk.reply(429, {"error": {"message": "slow down"}}, "Retry-After: 7")
    else:
        talk.says()


@FAULTS.fault
def wait_until_date(talk: Talk) -> None:
    if talk.request.nth == 1:
        when = format_datetime(datetime.now(UTC) + timedelta(seconds=9), usegmt=True)
        talk.reply(429, {"error": {"message": "slow down"}}, f"Retry-After: {when}")
    else:
        talk.says()


@FAULTS.fault
def wait_for_ever(talk: Talk) -> None:
    talk.reply(429, {"error": {"message": "slow down"}}, "Retry-After: 99999")


@FAULTS.fault
def wait_nonsense(talk: Talk) -> None:
    if talk.request.nth == 1:
        talk.reply(503, b"", "Retry-After: soon, perhaps")
    else:
        talk.says()


@FAULTS.fault
def full_once(talk: Talk) -> None:
    if talk.request.nth == 1:
        talk.reply(503, {"error": "model is loading"})
    else:
        talk.says()


@FAULTS.fault
def plain_text_500(talk: Talk) -> None:
    talk.reply(500, b"Internal Server Error: worker 3 died")


@FAULTS.fault
def cuda_out_of_memory(talk: Talk) -> None:
    talk.reply(500, {"error": {"message": "CUDA out of memory. Tried to allocate 2 GiB"}})


@FAULTS.fault
def page_502(talk: Talk) -> None:
    talk.reply(502, b"<html><h1>502 Bad Gateway</h1></html>", "Content-Type: text/html")


@FAULTS.fault
def status_504(talk: Talk) -> None:
    talk.reply(504, b"upstream timed out")


@FAULTS.fault
def status_408(talk: Talk) -> None:
    talk.reply(408, b"")


@FAULTS.fault
def status_401(talk: Talk) -> None:
    talk.reply(401, {"error": {"message": "Incorrect API key provided", "code": "invalid_api_key"}})


@FAULTS.fault
def status_403(talk: Talk) -> None:
    talk.reply(403, {"detail": "forbidden"})


@FAULTS.fault
def status_404(talk: Talk) -> None:
    talk.reply(404, b"404 page not found")


@FAULTS.fault
def unknown_model(talk: Talk) -> None:
    if talk.request.method == "GET":
        talk.reply(200, {"data": [{"id": "other-1"}, {"id": "other-2"}]})
    else:
        talk.reply(404, {"error": {"message": "The model `m` does not exist.", "code": "model_not_found"}})


@FAULTS.fault
def status_413(talk: Talk) -> None:
    talk.reply(413, b"<html>413 Request Entity Too Large</html>")


@FAULTS.fault
def context_too_long(talk: Talk) -> None:
    said = "This model's maximum context length is 4096 tokens, you requested 9000 (max_tokens=512 included)."
    talk.reply(400, {"error": {"message": said, "param": "max_tokens"}})


@FAULTS.fault
def no_pictures(talk: Talk) -> None:
    talk.reply(400, {"error": {"message": "image input is not supported by this model"}})


@FAULTS.fault
def filtered_prompt(talk: Talk) -> None:
    talk.reply(400, {"error": {"message": "The response was filtered", "code": "content_filter"}})


@FAULTS.fault
def status_103(talk: Talk) -> None:
    talk.reply(103, b"")


# --- redirects


@FAULTS.fault
def redirect_here(talk: Talk) -> None:
    talk.reply(307, b"", "Location: /redirected/v1/chat/completions")


@FAULTS.fault
def redirect_in_a_circle(talk: Talk) -> None:
    talk.reply(308, b"", f"Location: {talk.request.path}")


@FAULTS.fault
def redirect_nowhere(talk: Talk) -> None:
    talk.reply(302, b"")


# --- what a server does not take


def not_taking(name: str, field: str, refusal: dict[str, Any], status: int = 400) -> None:
    def does(talk: Talk) -> None:
        if field in talk.request.json:
            talk.reply(status, refusal)
        else:
            talk.says()

    FAULTS[name] = does


not_taking(
    "no-max-tokens",
    "max_tokens",
    {
        "error": {
            "message": "Unsupported parameter: 'max_tokens' is not supported with this model. "
            "Use 'max_completion_tokens' instead.",
            "param": "max_tokens",
            "code": "unsupported_parameter",
        }
    },
)
not_taking(
    "no-temperature",
    "temperature",
    {
        "error": {
            "message": "Unsupported value: 'temperature' does not support 0 with this model. "
            "Only the default (1) value is supported.",
            "param": "temperature",
            "code": "unsupported_value",
        }
    },
)
not_taking(
    "no-seed-422",
    "seed",
    {
        "detail": [
            {"type": "extra_forbidden", "loc": ["body", "seed"], "msg": "Extra inputs are not permitted"}
        ]
    },
    422,
)
not_taking("no-seed-text", "seed", {"detail": "Unexpected fields in the request: {'seed'}"}, 422)


@FAULTS.fault
def no_system_role(talk: Talk) -> None:
    if talk.request.json["messages"][0]["role"] == "system":
        talk.reply(400, {"error": {"message": "System role not supported"}})
    else:
        talk.says()


@FAULTS.fault
def picky(talk: Talk) -> None:
    """Refuses one thing after the other."""
    for field_name in ("max_tokens", "temperature", "seed", "max_completion_tokens"):
        if field_name in talk.request.json:
            talk.reply(
                400, {"error": {"message": f"Unknown parameter: '{field_name}'.", "param": field_name}}
            )
            return
    talk.says()


@FAULTS.fault
def refuses_everything(talk: Talk) -> None:
    named = ", ".join(talk.request.json)
    talk.reply(
        400, {"error": {"message": f"unsupported: {named}, seed, temperature, max_tokens, system role"}}
    )


# --- what no log may show


@FAULTS.fault
def key_in_error(talk: Talk) -> None:
    talk.reply(400, {"error": {"message": f"bad request with {talk.request.headers.get('authorization')}"}})


@FAULTS.fault
def key_in_reply(talk: Talk) -> None:
    key = talk.request.headers.get("authorization", "")
    message = {"content": f"you said {key}", "reasoning": f"he said {key}"}
    talk.says(message, reason="stop", model=key, system_fingerprint=key)


@FAULTS.fault
def key_in_redirect(talk: Talk) -> None:
    key = talk.request.headers.get("authorization", "").partition(" ")[2]
    talk.reply(302, b"", f"Location: https://elsewhere.invalid/{key}?key={key}")


@FAULTS.fault
def key_in_status(talk: Talk) -> None:
    key = talk.request.headers.get("authorization", "")
    talk.head(f"500 {key}", f"X-Echo: {key}", "Content-Length: 0")
