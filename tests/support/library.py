"""The library that a test speaks to: plugrad, or real PyTorch as a check of the test itself.

``PLUGRAD_TESTS_AGAINST=torch pytest tests/behaviour`` runs the very same tests against PyTorch. What they
expect is then PyTorch's behaviour by construction, not by anybody's memory of it.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import re
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

NAME = os.environ.get("PLUGRAD_TESTS_AGAINST", "plugrad")
AGAINST_TORCH = NAME == "torch"

torch: Any = importlib.import_module(NAME)

if AGAINST_TORCH:
    torch.set_warn_always(True)  # else a warning that an earlier test met would be missing in a later one
    with warnings.catch_warnings():
        # At its first use, forward-mode differentiation warns that it uses what is deprecated.
        warnings.simplefilter("ignore")
        importlib.import_module("torch._decomp.decompositions_for_jvp")


def differs_from_torch(reason: str) -> pytest.MarkDecorator:
    """Mark a test of something that plugrad does on purpose otherwise than PyTorch."""
    return pytest.mark.skipif(AGAINST_TORCH, reason=f"plugrad differs on purpose: {reason}")


def in_our_words(text: str) -> str:
    """PyTorch's text with ``torch.x`` replaced by this library's name; links and paths stay PyTorch's."""
    return re.sub(r"(?<![\w/#.])torch(?=\.[A-Za-z_]| Tensor)", NAME, text)


def without_device(text: str) -> str:
    """A text as it would be on the CPU: reprs and type names say where else a tensor is."""
    text = re.sub(r", device='[^']*'", "", text)
    return re.sub(rf"\b{NAME}\.\w+\.(\w+Tensor)\b", rf"{NAME}.\1", text)


def shown(value: Any) -> str:
    """A repr without its device."""
    return without_device(repr(value))


def says(message: str, *texts: str) -> bool:
    """Whether a message is one of PyTorch's texts, alone or followed by lines of hints."""
    message = without_device(message)
    for text in map(in_our_words, texts):
        hint = message.removeprefix(text).lstrip(" ")  # some of PyTorch's texts end in a space
        if message.startswith(text) and (not hint or hint.startswith("\n")):
            return True
    return False


@contextlib.contextmanager
def raises(kind: type[BaseException], *texts: str) -> Iterator[pytest.ExceptionInfo[BaseException]]:
    """Expect an exception of PyTorch's type with PyTorch's text (or one of several), then maybe a hint."""
    with pytest.raises(kind) as info:
        yield info
    message = info.value.args[0] if info.value.args else ""
    assert says(str(message), *texts), f"\n     got: {message}\nexpected: {in_our_words(texts[0])}"


@contextlib.contextmanager
def warns(kind: type[Warning], text: str) -> Iterator[None]:
    """Expect a warning of PyTorch's category that starts with PyTorch's text, and nothing else."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        yield
    messages = [str(warning.message) for warning in seen if issubclass(warning.category, kind)]
    expected = in_our_words(text)
    assert any(message.startswith(expected) for message in messages), f"\n     got: {messages}\nexpected: {expected}"


@contextlib.contextmanager
def unchanged(*tensors: Any) -> Iterator[None]:
    """Expect that what happens inside writes nothing to these tensors."""
    before = [(repr(tensor.tolist()), tensor._version) for tensor in tensors]
    yield
    assert [(repr(tensor.tolist()), tensor._version) for tensor in tensors] == before
