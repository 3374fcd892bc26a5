"""einsum: its language read, and what it says done by sums, diagonals and products of pairs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from plugrad.core import dispatch, ops
from plugrad.core.errors import with_hint
from plugrad.core.promote import result_type
from plugrad.core.value import Value

# Subscripts as numbers: A-Z are 0-25, a-z are 26-51; axes of an ellipsis count down from -1, the last axis.
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_NUMBERS = {letter: i for i, letter in enumerate(_LETTERS)}
_NOTHING = (
    "einsum(): must specify the equation string and at least one operand, or at least one operand and its "
    "subscripts list"
)

Labels = tuple[int, ...]


def einsum(*args: Any) -> Any:
    r"""Sum products of elements along named axes, by Einstein's convention.

    .. math:: y_{ik} = \sum_j a_{ij} b_{jk} \quad\text{is}\quad \texttt{einsum("ij,jk->ik", a, b)}

    Each operand has a letter for each axis. Axes with one letter are multiplied with each other; letters that
    are not in the output are summed. A letter twice in an operand means its diagonal, ``...`` the axes that
    have no letter. Without ``->`` the output has the letters that occur once, in alphabetical order. Operands
    are contracted from left to right.

    Args:
        *args: The equation and the operands (or one list of them); or each operand followed by its list of
            subscripts, integers from 0 to 51 and ``Ellipsis``, and maybe at the end such a list for the
            output.

    Returns:
        The tensor of the sums.

    Shape:
        - Operands: an axis for each subscript. Axes with the same subscript have one size, or 1.
        - Output: an axis for each output subscript.

    Raises:
        ValueError: There is no operand.
        RuntimeError: The equation is malformed, or does not fit the operands.

    Example::

        >>> import plugrad
        >>> a = plugrad.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> plugrad.einsum("ii", a)
        tensor(5.)
        >>> plugrad.einsum("ij,kj->ik", a, a)
        tensor([[ 5., 11.],
                [11., 25.]])
    """
    if len(args) < 2:
        raise ValueError(with_hint(_NOTHING, 'an example: plugrad.einsum("ij,jk->ik", a, b)'))
    operands: Any
    equation, operands = _from_sublists(args) if isinstance(args[0], Value) else (args[0], args[1:])
    if not isinstance(equation, str):
        raise TypeError(f"einsum(): argument 'equation' (position 1) must be str, not {type(equation).__name__}")
    if len(operands) == 1 and isinstance(operands[0], (list, tuple)):
        operands = operands[0]
    for i, x in enumerate(operands):
        if not isinstance(x, Value):
            raise TypeError(f"expected Tensor as element {i} in argument 1, but got {type(x).__name__}")
    if len(operands) == 2 and operands[0].dtype is operands[1].dtype:
        plan = _plan(equation, tuple(operands[0].raw.shape), tuple(operands[1].raw.shape))
        if plan is not None:
            return ops.contract(*operands, labels1=plan[0], labels2=plan[1], output=plan[2])
    subscripts, output = _read(equation, tuple([x.raw.ndim for x in operands]))
    sizes = _sizes([x.raw.shape for x in operands], subscripts)
    remaining = [_prepared(x, labels, sizes) for x, labels in zip(operands, subscripts, strict=True)]
    result, labels = remaining.pop(0)
    while remaining:
        x, others = remaining.pop(0)
        later = set(output).union(*[set(known) for _, known in remaining])
        result, labels = _pair(result, labels, x, others, later, None if remaining else output)
    result, labels = _summed(result, labels, set(output))
    return result if labels == output else result.permute(*[labels.index(a) for a in output])


def _from_sublists(args: tuple[Any, ...]) -> tuple[str, tuple[Any, ...]]:
    """The equation of the form with lists of numbers."""

    def text(subscripts: Any) -> str:
        letters = []
        for s in subscripts:
            if s is not Ellipsis and not 0 <= s < len(_LETTERS):
                raise ValueError("einsum(): subscript in subscript list is not within the valid range [0, 52)")
            letters.append("..." if s is Ellipsis else _LETTERS[s])
        return "".join(letters)

    equation = ",".join([text(subscripts) for subscripts in args[1::2]])
    if len(args) % 2:
        return f"{equation}->{text(args[-1])}", args[:-1:2]
    return equation, args[::2]


@lru_cache(256)
def _plan(equation: str, shape1: tuple[int, ...], shape2: tuple[int, ...]) -> tuple[Labels, Labels, Labels] | None:
    """The labels for one contraction, where that is all that an equation of two operands asks for."""
    (labels1, labels2), output = _read(equation, (len(shape1), len(shape2)))
    sizes = _sizes((shape1, shape2), (labels1, labels2))
    for shape, labels, others in ((shape1, labels1, labels2), (shape2, labels2, labels1)):
        if len(set(labels)) < len(labels) or not set(labels) <= {*others, *output}:
            return None
        if tuple([sizes[a] for a in labels]) != shape:
            return None
    return labels1, labels2, output


@lru_cache(256)
def _read(equation: str, ndims: Labels) -> tuple[tuple[Labels, ...], Labels]:
    """The labels of the axes of each operand and of the output."""
    left, arrow, right = equation.partition("->")
    terms = left.split(",")
    if len(terms) < len(ndims):
        raise RuntimeError(_explained("more operands were provided than specified in the equation", equation))
    if len(terms) > len(ndims):
        raise RuntimeError(_explained("fewer operands were provided than specified in the equation", equation))
    found = []
    position = 0
    for i, (term, ndim) in enumerate(zip(terms, ndims, strict=True)):
        labels = _term(term, position, equation, f"operand {i}")
        position += len(term) + 1
        letters = len(labels) - labels.count(None)
        if letters == len(labels) != ndim:
            raise RuntimeError(
                f"einsum(): the number of subscripts in the equation ({letters}) does not match the number "
                f"of dimensions ({ndim}) for operand {i} and no ellipsis was given"
            )
        if letters > ndim:
            raise RuntimeError(
                f"einsum(): the number of subscripts in the equation ({letters}) is more than the number of "
                f"dimensions ({ndim}) for operand {i}"
            )
        found.append(_without_ellipsis(labels, ndim - letters))
    widest = max([0, *[-min(labels, default=0) for labels in found]])
    everything = [a for labels in found for a in labels]
    if not arrow:
        once = sorted({a for a in everything if a >= 0 and everything.count(a) == 1})
        return tuple(found), (*range(-widest, 0), *once)
    output = _without_ellipsis(_term(right, position + 1, equation, "output"), widest)
    for a in output:
        if output.count(a) > 1:
            raise RuntimeError(f"einsum(): output subscript {_LETTERS[a]} appears more than once in the output")
        if a >= 0 and a not in everything:
            raise RuntimeError(
                f"einsum(): output subscript {_LETTERS[a]} does not appear in the equation for any input operand"
            )
    return tuple(found), output


def _term(term: str, position: int, equation: str, what: str) -> list[int | None]:
    """The labels of one operand or the output, None for the ellipsis."""
    output = what == "output"
    labels: list[int | None] = []
    i = 0
    while i < len(term):
        letter = term[i]
        if letter == ".":
            if None in labels:
                text = "for output but an ellipsis (...) was already found"
                if not output:
                    text = f"for {what} for which an ellipsis was already found"
                raise RuntimeError(_explained(f"found '.' {text}", equation))
            if term[i : i + 3] != "...":
                text = f"for {what} that is not part of any ellipsis{' (...)' * output}"
                raise RuntimeError(_explained(f"found '.' {text}", equation))
            labels.append(None)
            i += 2
        elif letter in _NUMBERS:
            labels.append(_NUMBERS[letter])
        elif letter != " ":
            raise RuntimeError(
                f"einsum(): invalid subscript given at index {position + i} in the equation string, "
                "subscripts must be in [a-zA-Z]"
            )
        i += 1
    return labels


def _explained(text: str, equation: str) -> str:
    return with_hint(f"einsum(): {text}", f'the equation is "{equation}".')


def _without_ellipsis(labels: list[int | None], width: int) -> Labels:
    result: list[int] = []
    for a in labels:
        if a is None:
            result += range(-width, 0)
        else:
            result.append(a)
    return tuple(result)


def _sizes(shapes: Sequence[tuple[int, ...]], subscripts: tuple[Labels, ...]) -> dict[int, int]:
    """The size of every label, where 1 stands for any."""
    sizes: dict[int, int] = {}
    for i, (shape, labels) in enumerate(zip(shapes, subscripts, strict=True)):
        own: dict[int, int] = {}
        for a, n in zip(labels, shape, strict=True):
            name = _LETTERS[a] if a >= 0 else "..."
            if own.setdefault(a, n) != n:
                raise RuntimeError(
                    f"einsum(): subscript {name} is repeated for operand {i} but the sizes don't match, {n} != {own[a]}"
                )
            known = sizes.setdefault(a, n)
            if known == 1:
                sizes[a] = n
            elif n not in (1, known):
                raise RuntimeError(
                    f"einsum(): subscript {name} has size {n} for operand {i} which does not broadcast with "
                    f"previously seen size {known}"
                )
    return sizes


def _prepared(x: Any, labels: Labels, sizes: dict[int, int]) -> tuple[Any, Labels]:
    """An operand whose labels differ, each with its full size: others of size 1 are left out."""
    kept = list(labels)
    while len(set(kept)) < len(kept):
        second = next(i for i, a in enumerate(kept) if a in kept[:i])
        a = kept[second]
        first = kept.index(a)
        x = x.diagonal(0, first, second)
        # The diagonal is the last axis.
        del kept[second], kept[first]
        kept.append(a)
    missing = [i for i, (a, n) in enumerate(zip(kept, x.raw.shape, strict=True)) if n != sizes[a]]
    if missing:
        x = x.squeeze(tuple(missing))
        kept = [a for i, a in enumerate(kept) if i not in missing]
    return x, tuple(kept)


def _summed(x: Any, labels: Labels, wanted: set[int], dtype: Any = None) -> tuple[Any, Labels]:
    """The sum over the labels that nobody wants."""
    unwanted = [i for i, a in enumerate(labels) if a not in wanted]
    if not unwanted:
        return x, labels
    return x.sum(unwanted, dtype=dtype), tuple([a for a in labels if a in wanted])


def _pair(x1: Any, labels1: Labels, x2: Any, labels2: Labels, later: set[int], output: Labels | None) -> Any:
    """The product of two operands, summed over what is not needed later."""
    x1, labels1 = _summed(x1, labels1, later.union(labels2), x1.dtype)
    x2, labels2 = _summed(x2, labels2, later.union(labels1), x2.dtype)
    summed = [a for a in labels1 if a in labels2 and a not in later]
    natural = tuple(
        [a for a in labels1 if a in labels2 and a not in summed]
        + [a for a in labels1 if a not in labels2]
        + [a for a in labels2 if a not in labels1]
    )
    wanted = natural if output is None else tuple([a for a in output if a in natural])
    if x1.dtype is not x2.dtype:
        if summed:
            raise RuntimeError(
                with_hint(
                    f"expected scalar type {x1.dtype.legacy_name} but found {x2.dtype.legacy_name}",
                    f"einsum() does not promote; convert one operand: x.to({x1.dtype}).",
                )
            )
        dtype = result_type((x1, x2))
        x1, x2 = dispatch.cast(x1, dtype), dispatch.cast(x2, dtype)
    return ops.contract(x1, x2, labels1=labels1, labels2=labels2, output=wanted), wanted
