"""What a report says, as sentences for the student.

A report keeps `{"key": ..., ...}`; a view turns it into words here, so that words can change, or be in another
language, without grading again. Parameters may hold text from a student's process: a view escapes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

SENTENCES = {
    "missing_name": "Your notebook never defines `{name}`.",
    "missing_first": "Your notebook defines none of {names}.",
    "missing_file": "Your code did not write the file `{name}`.",
    "raised": "Your code raised {type}: {text}",
    "raised_silently": "Your code raised {type}.",
    "not_written": "This part is not written yet.",
    "timed_out": "Your code did not finish within {seconds:g} seconds.",
    "out_of_memory": "Your code needed more memory than the {megabytes} MB allowed.",
    "kernel_died": "Your code ended the kernel, so there was nothing left to ask.",
    "no_reply": "What came back from your notebook's kernel could not be read.",
    "not_reached": "Not reached: your kernel had already ended.",
    "wrong_type": "Your result{where} is of type {actual}, which is not what is asked for.",
    "wrong_shape": "Your result{where} has shape {actual}, which is not the right shape.",
    "wrong_dtype": "Your result{where} has dtype {actual}, which is not the right dtype.",
    "wrong_device": "Your result{where} is on {actual}, which is not the right device.",
    "wrong_length": "Your result{where} has {actual} items, which is not the right number.",
    "wrong_keys": "Your result{where} has other keys than asked for.",
    "values_differ": "{wrong} of {total} values{where} differ ({share:.0%}).",
    "value_differs": "Your value{where} is not right.",
    "not_equal": "Your result{where} is not the right value.",
    "too_small": "{actual:.6g} is too small.",
    "too_large": "{actual:.6g} is too large.",
    "not_finite": "The result is {actual}, not a finite number.",
    "tier": "{actual:.6g} earns {earned:g} of {possible:g} points.",
    "unchanged": "The values did not change, but they should.",
    "did_not_raise": "Your code should raise an exception here, but it returned.",
    "raised_other": "Your code raised {type}, which is not the exception asked for.",
    "wrong_gradient": "Autograd's gradient of your function differs from its numerical derivative ({what}).",
    "no_gradient": "No gradient reaches {what}.",
    "wrong_parameters": "The parameters of your network do not have the right shapes: {actual}.",
    "said": "{sentence}",
    "unusable": "What your notebook defines is not of the kind that is asked for ({type}).",
    "no_value": "Your result{where} is a {actual}, not a tensor, array, number or list.",
    "value_too_large": "Your result is too large to be compared ({reason}).",
    "grader_error": "The grader failed here, not you. A person will look at it.",
}


def sentence(message: Mapping[str, Any]) -> str:
    """Return the message of a check in English, empty for an empty message."""
    if not message:
        return ""
    values = {"where": "", **message}
    if values["where"]:
        values["where"] = f" at {values['where']}"
    try:
        text = SENTENCES[_key(message)].format_map(values)
        return text + _nearest(message) + _by_how_much(message) + _expected(message)
    except (KeyError, ValueError, TypeError, IndexError):
        return str(message.get("key", ""))


def _key(message: Mapping[str, Any]) -> str:
    """Return the key of a sentence: a single value or an exception without a text has words of its own."""
    if message["key"] == "raised" and not message.get("text"):
        return "not_written" if message.get("type") == "NotImplementedError" else "raised_silently"
    if message["key"] == "values_differ" and message.get("total") == 1:
        return "value_differs"
    return str(message["key"])


def _nearest(message: Mapping[str, Any]) -> str:
    nearest = message.get("nearest")
    return f" Did you mean `{nearest}`?" if nearest else ""


def _by_how_much(message: Mapping[str, Any]) -> str:
    """Return the worst difference, where it is, the tolerance, and how many values are no numbers."""
    text = _worst(message) if "worst_absolute" in message else ""
    if message.get("not_finite"):
        text += f" Values that are NaN or infinite: {message['not_finite']}."
    return text


def _worst(message: Mapping[str, Any]) -> str:
    text = " It is off by " if message["total"] == 1 else " Largest difference: "
    text += f"{message['worst_absolute']:.3g}"
    tolerated = [("absolute", message["atol"]), ("relative", message["rtol"])]
    allowed = " and ".join(f"{kind} {size:.1g}" for kind, size in tolerated if size)
    if allowed and message["worst_relative"] is not None:  # a share of a class or a count says nothing
        text += f" ({message['worst_relative']:.2%})"
    if message.get("index") and message["total"] > 1:
        text += f" at index {tuple(message['index'])}"
    return f"{text}; tolerated: {allowed}." if allowed else f"{text}."


def _expected(message: Mapping[str, Any]) -> str:
    return f" Expected: {message['expected']}." if "expected" in message else ""
