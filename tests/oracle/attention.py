"""Samples of attention, of embeddings in bags and of one-hot vectors, and what they refuse."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tests.oracle.harness import Draw, Row, Sample, fixed, sample


def scaled(draw: Draw) -> Iterator[Sample]:
    for lead in ((), (2,), (2, 3)):
        q, k, v = draw(*lead, 4, 5), draw(*lead, 6, 5), draw(*lead, 6, 3)
        yield sample(q, k, v)
        yield sample(q, k, v, scale=0.3)
        yield sample(q, k, v, is_causal=True)
        yield sample(q, k, v, draw(4, 6))
        yield sample(q, k, v, draw.bools(4, 6) | np.eye(4, 6, dtype=bool))
    yield sample(draw(2, 4, 5), draw(2, 6, 5), draw(2, 6, 3), draw.bools(2, 4, 6) & (np.arange(4) > 1)[:, None])
    yield sample(draw(1, 6, 4, 5), draw(1, 2, 3, 5), draw(1, 2, 3, 5), enable_gqa=True)


def heads(draw: Draw) -> Iterator[Sample]:
    e, n = 6, 3
    q, k, v = draw(4, 2, e), draw(5, 2, e), draw(5, 2, e)
    w, b = draw(3 * e, e), draw(3 * e)
    out = (draw(e, e), draw(e))

    def rest(*biases: Any, zero: bool = False) -> tuple[Any, ...]:
        return (e, n, w, b, *(biases or (None, None)), zero, 0.0, *out)

    yield sample(q, k, v, *rest())
    yield sample(q, k, v, *rest(), need_weights=False)
    yield sample(q, k, v, *rest(), average_attn_weights=False)
    yield sample(q[:, 0], k[:, 0], v[:, 0], *rest())
    yield sample(q, k, v, *rest(), attn_mask=draw(4, 5))
    yield sample(q, k, v, *rest(), attn_mask=draw.bools(4, 5) & ~np.eye(4, 5, dtype=bool), need_weights=False)
    yield sample(q, k, v, *rest(), attn_mask=draw(6, 4, 5), need_weights=False)
    padding = np.array([[False, False, True, False, True], [False] * 5])
    yield sample(q, k, v, *rest(), key_padding_mask=padding)
    yield sample(q, k, v, *rest(), key_padding_mask=padding, attn_mask=np.eye(4, 5, 1, dtype=bool), need_weights=False)
    yield sample(q, k, v, *rest(draw(1, 1, e), draw(1, 1, e)), key_padding_mask=padding, attn_mask=np.eye(4, 5, 1) > 0)
    yield sample(q, k, v, *rest(zero=True), key_padding_mask=padding)
    yield sample(q, q[..., :], q[..., :], *rest(), attn_mask=np.triu(np.ones((4, 4), bool), 1), is_causal=True)
    separate = {
        "use_separate_proj_weight": True,
        "q_proj_weight": draw(e, e),
        "k_proj_weight": draw(e, 4),
        "v_proj_weight": draw(e, 2),
    }
    yield sample(q, draw(5, 2, 4), draw(5, 2, 2), e, n, None, b, None, None, False, 0.0, *out, **separate)
    yield sample(q, k, v, *rest(), static_k=draw(6, 7, 2), static_v=draw(6, 7, 2))


def one_hot(draw: Draw) -> Iterator[Sample]:
    yield sample(np.array([0, 2, 1]))
    yield sample(np.array([[0, 2], [1, 1]]), 4)
    yield sample(np.array(3))
    yield sample(np.zeros(0, np.int64), 3)


def bags(draw: Draw) -> Iterator[Sample]:
    w = draw(6, 3)
    flat = np.array([1, 2, 2, 5, 0, 1, 4])
    for mode in ("sum", "mean", "max"):
        yield sample(np.array([[1, 2, 2], [0, 5, 1]]), w, mode=mode)
        yield sample(np.array([[1, 2, 2], [0, 5, 1]]), w, mode=mode, padding_idx=2)
        for offsets in ([0, 3, 5], [0, 0, 4], [0, 2, 7], [0]):
            yield sample(flat, w, np.array(offsets), mode=mode)
        yield sample(flat, w, np.array([0, 3, 7]), mode=mode, include_last_offset=True)
        yield sample(flat, w, np.array([0, 3, 5]), mode=mode, padding_idx=-6)
    yield sample(flat, w, np.array([0, 3]), mode="sum", per_sample_weights=draw(7))
    yield sample(np.array([[1, 2]], np.int32), w, mode="sum", per_sample_weights=fixed(draw(1, 2)))
    # Where counts of several rows differ, PyTorch divides some by the count of another.
    yield sample(np.array([[1, 1], [1, 1]]), w, scale_grad_by_freq=True, mode="sum")


ROWS: dict[str, Row] = {
    # PyTorch has no second derivative of its fused form.
    "nn.functional.scaled_dot_product_attention": Row(scaled, second=False, tolerance={"float32": 1e-4}),
    "nn.functional.multi_head_attention_forward": Row(heads, second=False, tolerance={"float32": 1e-3}),
    "nn.functional.one_hot": Row(one_hot),
    # PyTorch has no second derivative of it.
    "nn.functional.embedding_bag": Row(bags, second=False),
}


def _refused() -> dict[str, Callable[[Any], Any]]:
    found: dict[str, Callable[[Any], Any]] = {}

    def add(name: str, what: str, *args: Any, **options: Any) -> None:
        def tensor(lib: Any, value: Any) -> Any:
            if isinstance(value, list):
                kind, factor, *shape = value if value and isinstance(value[0], str) else ["float32", 1, *value]
                return lib.ones(tuple(shape), dtype=getattr(lib, kind)) * factor
            if isinstance(value, np.ndarray):
                return lib.tensor(value.tolist())
            return value

        def call(lib: Any) -> Any:
            named = {key: tensor(lib, value) for key, value in options.items()}
            return getattr(lib.nn.functional, name)(*[tensor(lib, value) for value in args], **named)

        found[f"{name}: {what}"] = call

    s = "scaled_dot_product_attention"
    add(s, "vectors", [3], [3], [3])
    add(s, "two masks", [1, 2, 3], [1, 4, 3], [1, 4, 3], [2, 4], is_causal=True)
    add(s, "dtypes", [1, 2, 3], ["float64", 1, 1, 4, 3], [1, 4, 3])
    add(s, "integer mask", [1, 2, 3], [1, 4, 3], [1, 4, 3], ["int64", 1, 2, 4])
    add(s, "mask's dtype", [1, 2, 3], [1, 4, 3], [1, 4, 3], ["float64", 1, 2, 4])
    add(s, "mask's shape", [1, 2, 3], [1, 4, 3], [1, 4, 3], [3, 4])
    add(s, "groups", [1, 4, 2, 3], [1, 3, 4, 3], [1, 3, 4, 3], enable_gqa=True)
    add(s, "integers", *[["int64", 1, 1, 2, 3]] * 3)
    add(s, "a number", 1, [2], [2])
    add("one_hot", "floats", [2])
    add("one_hot", "classes", ["int64", 1, 2], 1)
    add("one_hot", "negative", ["int64", -1, 2])
    add("one_hot", "nothing", ["int64", 1, 0])
    add("one_hot", "int32", ["int32", 1, 2], 3)
    w = [5, 3]
    add("embedding_bag", "no offsets", ["int64", 1, 4], w)
    add("embedding_bag", "offsets", ["int64", 1, 4], w, ["int64", 1, 1, 1])
    add("embedding_bag", "dimensions", ["int64", 1, 2, 2, 2], w)
    add("embedding_bag", "a vector", ["int64", 1, 2, 2], [5])
    add("embedding_bag", "mode", ["int64", 1, 2, 2], w, mode="foo")
    add("embedding_bag", "frequency", ["int64", 1, 2, 2], w, mode="max", scale_grad_by_freq=True)
    add("embedding_bag", "weights of means", ["int64", 1, 2, 2], w, per_sample_weights=[2, 2])
    add("embedding_bag", "weights", ["int64", 1, 2, 2], w, mode="sum", per_sample_weights=[4])
    add("embedding_bag", "index", ["int64", 9, 2, 2], w)
    add("embedding_bag", "last offset", ["int64", 1, 4], w, np.array([0, 9]))
    add("embedding_bag", "floats", [2, 2], w)
    add("embedding_bag", "dtypes", ["int64", 1, 2, 2], w, mode="sum", per_sample_weights=["float64", 1, 2, 2])
    add("embedding_bag", "padding", ["int64", 1, 2, 2], w, padding_idx=9)
    m = "multi_head_attention_forward"
    rest: tuple[Any, ...] = ([18, 6], [18], None, None, False, 0.0, [6, 6], [6])
    x, y = [4, 2, 6], [5, 2, 6]
    add(m, "dimensions", [6], y, y, 6, 3, *rest)
    add(m, "keys", x, [5, 6], y, 6, 3, *rest)
    add(m, "width", x, y, y, 5, 3, *rest)
    add(m, "heads", x, y, y, 6, 4, *rest)
    add(m, "values", x, y, [4, 2, 6], 6, 3, *rest)
    add(m, "causal without a mask", x, y, y, 6, 3, *rest, is_causal=True)
    add(m, "mask", x, y, y, 6, 3, *rest, attn_mask=[4, 4])
    add(m, "masks", x, y, y, 6, 3, *rest, attn_mask=[2, 4, 5])
    add(m, "padding", x, y, y, 6, 3, *rest, key_padding_mask=[2, 4])
    add(m, "integer mask", x, y, y, 6, 3, *rest, attn_mask=["int64", 1, 4, 5])
    add(m, "half a bias", x, y, y, 6, 3, [18, 6], [18], [1, 1, 6], None, False, 0.0, [6, 6], [6])
    add(m, "static keys", x, y, y, 6, 3, *rest, static_k=[5, 7, 2])
    return found


REFUSED = _refused()
