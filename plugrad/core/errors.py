"""Exceptions of plugrad's own, and the texts that several modules share."""

from __future__ import annotations

from collections.abc import Iterable


class BackendError(RuntimeError):
    """A backend is missing, failed to load, refused registration, or lacks what was asked of it."""


class KernelNotFoundError(BackendError, NotImplementedError):
    """A backend has neither a kernel for an op nor what the op's generic definition needs."""


class OutOfMemoryError(RuntimeError):
    """A device has no memory left for an allocation."""


class LinAlgError(RuntimeError):
    """A matrix has not what was asked for: it is singular, or not positive-definite, or an iteration did not end."""


BACKWARD_TWICE = (
    "Trying to backward through the graph a second time (or directly access saved tensors after they have "
    "already been freed). Saved intermediate values of the graph are freed when you call .backward() or "
    "autograd.grad(). Specify retain_graph=True if you need to backward through the graph a second time or if "
    "you need to access saved tensors after calling backward."
)

LEAF_INPLACE = "a leaf Variable that requires grad is being used in an in-place operation."

INFERENCE_SAVED = (
    "Inference tensors cannot be saved for backward. Please do not use Tensors created in inference mode in "
    "computation tracked by autograd. To work around this, you can make a clone to get a normal tensor and use "
    "it in autograd, or use `plugrad.no_grad()` instead of `plugrad.inference_mode()`."
)

INFERENCE_INPLACE = (
    "Inplace update to inference tensor outside InferenceMode is not allowed."
    "You can make a clone to get a normal tensor before doing inplace update."
    "See https://github.com/pytorch/rfcs/pull/17 for more details."
)


def with_hint(text: str, hint: str) -> str:
    """Join PyTorch's text and one hint line of ours."""
    return f"{text}\nHint: {hint}"


def missing_dtype(backend: str, dtype: object, known: Iterable[object]) -> TypeError:
    """What is raised where a backend is asked for a dtype that its arrays can't have."""
    names = ", ".join(str(d).rpartition(".")[2] for d in known)
    return TypeError(
        with_hint(f"backend '{backend}' has no {dtype}", f"it has {names}; convert first, or use another device.")
    )
