"""Random programs of ops, views and in-place changes, run in plugrad and in PyTorch, and compared in all that shows.

A program is a list of tuples of small numbers, read in the light of the tensors that are there. After each
instruction both libraries must have done the same or refused alike; at the end values, flags, versions, who is a
view of whom, and all gradients must be equal.

    python -m tests.oracle.programs --seed 7 --count 5000

runs many and prints each difference with the shortest program that shows it.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import sys
import warnings
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from tests.oracle.harness import ours, real
from tests.oracle.program_steps import KINDS, NAMES, STEPS, Numbers

#: (kind, which of the kind, three tensors, three numbers, grad mode)
Instruction = tuple[int, int, int, int, int, int, int, int, int]
LIMITS = (len(KINDS), 1000, 12, 12, 12, 7, 7, 7, 12)
MOST = 9  # tensors alive at a time: what is pushed out leaves its views behind

#: Texts of refusals where plugrad differs on purpose: what follows can't be compared.
ON_PURPOSE = (
    "single memory location",
    "INTERNAL ASSERT FAILED",
    "view size is not compatible",  # in which order results lie in memory is each library's own affair
    "setStorage: sizes",  # PyTorch's index_fill_ of nothing
    "Inplace update to inference tensor outside InferenceMode",  # PyTorch has written by then
)


#: What must be recorded if it is of a tensor that is.
RECORDED = tuple(f"in place: {name}_" for name in ("detach", "t", "transpose", "squeeze", "unsqueeze"))


class Difference(AssertionError):
    """The two libraries did not do the same."""


class Refusal(NamedTuple):
    kind: type[BaseException]
    text: str


def _start(lib: Any, start: int) -> list[Any]:
    """The tensors that a program begins with."""
    numbers = np.sin(1.7 * np.arange(24.0) + start)

    def tensor(*shape: int, grad: bool, dtype: Any = None) -> Any:
        count = int(np.prod(shape))
        made = lib.tensor(numbers[:count].reshape(shape).tolist(), dtype=dtype or lib.float64)
        return made.requires_grad_() if grad else made

    leaf = tensor(2, 3, grad=True)
    tensors = [leaf, tensor(3, grad=True), leaf * 2, tensor(2, 3, grad=False), tensor(grad=True).sin()]
    if start % 3 == 0:
        tensors.append(tensor(4, grad=False, dtype=lib.float32))
    if start % 3 == 1:
        tensors.append(lib.tensor([[1, -2], [0, 3]]))
    if start % 4 == 1:
        tensors.append(tensor(3, 2, 2, grad=True).tanh())
    if start % 5 == 2:
        tensors.append(tensor(1, 3, grad=False))
    return tensors


def _mode(lib: Any, number: int) -> Any:
    if number == 0:
        return lib.no_grad()
    if number == 1:
        return lib.inference_mode()
    return lib.enable_grad()


class Machine:
    """One library with the tensors of a program."""

    def __init__(self, lib: Any, start: int) -> None:
        self.lib = lib
        self.tensors = _start(lib, start)
        self.born = [0] * len(self.tensors)
        self.leaves = [t for t in self.tensors if t.is_leaf and t.requires_grad]

    def run(self, instruction: Instruction) -> Refusal | None:
        """Do one step; what it refused, if it did."""
        kind, which, i, j, k, a, b, c, mode = instruction
        steps = KINDS[kind]
        step = STEPS[NAMES[steps[which % len(steps)]]]
        tensors = self.tensors
        count = len(tensors)
        name = NAMES[steps[which % len(steps)]]
        x = tensors[i % count]
        if name in ("in place: detach_", "in place: requires_grad_", "in place: requires_grad_ False") and any(
            t._base is x for t in tensors if not t.is_inference()
        ):
            return None  # its views are torn between two histories
        y, z = tensors[j % count], tensors[k % count]
        if name.startswith("in place") and not x.is_floating_point() and (y.requires_grad or z.requires_grad):
            return None  # PyTorch lets integers require gradients then
        if name in RECORDED and x.retains_grad:
            return None  # PyTorch's gradient would have the old shape
        if name == "in place: detach_":
            mode = 2  # in inference mode PyTorch's does nothing
        if x.requires_grad and (name.startswith("view") or name in RECORDED):
            # Views made under no_grad say in PyTorch that they require gradients, and drop them. A shape changed there
            # fails in PyTorch's backward, and here where it is used.
            mode = 2
        with contextlib.suppress(RuntimeError):
            # PyTorch makes the history of a view anew when it is asked for, and is wrong about leaves until then.
            x.grad_fn  # noqa: B018 - asking is what may raise
        try:
            with _mode(self.lib, mode):
                made = step(self.lib, x, y, z, Numbers(a, b, c))
        except Exception as error:
            return Refusal(type(error), str(error))
        if made is not None:
            for new in (made if isinstance(made, (tuple, list)) else (made,))[:3]:
                tensors.append(new)
                self.born.append(0 if new.is_inference() else new._version)
                if len(tensors) > MOST:
                    gone = (a + 3 * b + 5 * c) % (MOST - 2)
                    del tensors[gone], self.born[gone]
        return None


def _numbers(lib: Any, x: Any) -> np.ndarray:
    with lib.no_grad():
        return np.array(x.detach().clone().tolist(), dtype=np.float64).reshape(tuple(x.shape))


def _traits(x: Any, born: int) -> tuple[Any, ...]:
    # PyTorch counts writing the result of some ops as a change.
    version = None if x.is_inference() else x._version - born
    try:
        place = x.is_leaf, x.grad_fn is None
    except RuntimeError:  # a view that was outdated by a change of its base
        place = "raises", "raises"
    return (
        tuple(x.shape), str(x.dtype).rpartition(".")[2], x.requires_grad, *place, x.is_inference(), version
    )  # fmt: skip


_TRAITS = ("shape", "dtype", "requires_grad", "is_leaf", "grad_fn is None", "is_inference", "_version")


def _relations(tensors: list[Any]) -> list[Any]:
    """Who is a view of whom, and who shares memory with whom."""
    views: list[Any] = []
    for x in tensors:
        base = None if x.is_inference() else x._base
        # Of what nobody knows, some results are views in PyTorch: that of repeat, for one.
        views.append([i for i, y in enumerate(tensors) if y is base])
    return views


def _compare_values(expected: Machine, actual: Machine, what: str) -> None:
    for i, (right, got) in enumerate(zip(expected.tensors, actual.tensors, strict=True)):
        for name, r, g in zip(_TRAITS, _traits(right, expected.born[i]), _traits(got, actual.born[i]), strict=True):
            if r != g:
                raise Difference(f"{what}: tensor {i} has {name} {g}, expected {r}")
        r, g = _numbers(real, right), _numbers(ours, got)
        if not _close(g, r):
            raise Difference(f"{what}: tensor {i} is\n{g}\nexpected\n{r}")
    r, g = _relations(expected.tensors), _relations(actual.tensors)
    # A hidden tensor may lie between: PyTorch's stack and repeat return views of one, and reshape may have to copy.
    if any(x != y for x, y in zip(r, g, strict=True) if x and y):
        raise Difference(f"{what}: (is a view, of which) is {g}, expected {r}")


def _weights(lib: Any, x: Any) -> Any:
    count = x.numel()
    numbers = np.cos(1.3 * np.arange(count) + 0.2).reshape(tuple(x.shape))
    return lib.tensor(numbers.tolist(), dtype=x.dtype).reshape(tuple(x.shape))


def _gradients(machine: Machine, second: bool) -> Iterator[tuple[str, Any]]:
    """The gradient of each tensor by the leaves, each value or refusal by name; then of all together."""
    lib, leaves = machine.lib, machine.leaves
    leaves = [x for x in leaves if x.requires_grad and x.is_leaf]
    for i, x in enumerate(machine.tensors):
        if not x.requires_grad or x.is_inference():
            continue
        try:
            found = lib.autograd.grad(
                x, leaves, _weights(lib, x), retain_graph=True, allow_unused=True, create_graph=second
            )
        except Exception as error:
            yield f"gradient of tensor {i}", Refusal(type(error), str(error))
            continue
        for j, g in enumerate(found):
            yield f"gradient of tensor {i} by leaf {j}", None if g is None else _numbers(lib, g)
        again = [g for g in found if g is not None and g.requires_grad]
        if second and again:
            try:
                found = lib.autograd.grad(
                    again, leaves, [_weights(lib, g) for g in again], retain_graph=True, allow_unused=True
                )
            except Exception as error:
                yield f"second derivative of tensor {i}", Refusal(type(error), str(error))
                continue
            for j, g in enumerate(found):
                yield f"second derivative of tensor {i} by leaf {j}", None if g is None else _numbers(lib, g)
    wanted = [x for x in machine.tensors if x.requires_grad and not x.is_inference()]
    try:
        lib.autograd.backward(wanted, [_weights(lib, x) for x in wanted])
    except Exception as error:
        yield "backward", Refusal(type(error), str(error))
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for what, tensors in (("leaf", machine.leaves), ("tensor", machine.tensors)):
            for j, x in enumerate(tensors):
                g = x.grad
                yield f".grad of {what} {j}", None if g is None else _numbers(lib, g)


def _close(got: np.ndarray, right: np.ndarray) -> bool:
    """Whether numbers are equal, as far as computing in float32 here and there lets them be."""
    return np.allclose(
        got, right, rtol=1e-4, atol=1e-4 * max(1.0, abs(right[np.isfinite(right)]).max(initial=0)), equal_nan=True
    )


def _zeros(value: Any) -> bool:
    return value is None or (isinstance(value, np.ndarray) and not value.any())


def _compare_gradients(expected: Machine, actual: Machine, program: list[Instruction], second: bool) -> None:
    right, got = dict(_gradients(expected, second)), dict(_gradients(actual, second))
    if any(mode < 2 for *_, mode in program):
        # PyTorch makes a view anew from its base also after a change that was not recorded: a view that it was made of
        # then sees nothing of its gradient.
        for name in [name for name in (*right, *got) if name.startswith(".grad of tensor")]:
            right.pop(name, None), got.pop(name, None)
    for name in [*right, *(name for name in got if name not in right)]:
        r, g = right.get(name), got.get(name)
        if isinstance(r, Refusal) or isinstance(g, Refusal):
            if isinstance(r, Refusal) and isinstance(g, Refusal) and r.kind is g.kind and _alike(r, g):
                continue
            if isinstance(r, Refusal) and any(
                text in r.text
                for text in ("LongTensor", "FloatTensor", "CopyBackwards", "detached in-place", "its base or")
            ):
                return  # PyTorch saves what is converted before, and can't use what was detached in place
            raise Difference(f"{name}: {g}, expected {r}")
        if _zeros(r) and _zeros(g):
            continue
        if r is None or g is None or not _close(g, r):
            raise Difference(f"{name} is\n{g}\nexpected\n{r}")


def _first_line(text: str) -> str:
    return text.replace("plugrad", "torch").split("\n")[0]


def _alike(r: Refusal, g: Refusal) -> bool:
    """Refusals of gradients agree in their first words too: there are few kinds."""
    changed = "modified" in r.text and "modified" in g.text  # a saved value, or the base of a view
    return changed or _first_line(r.text)[:40] == _first_line(g.text)[:40]


def _name(instruction: Instruction) -> str:
    steps = KINDS[instruction[0]]
    return NAMES[steps[instruction[1] % len(steps)]]


def check(program: list[Instruction], start: int, second: bool = False, each: bool = False) -> int:
    """Run a program in both libraries.

    Returns:
        How many instructions were run and compared; fewer than there are where the two differ on purpose.

    Raises:
        Difference: with what differs.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected, actual = Machine(real, start), Machine(ours, start)
        for number, instruction in enumerate(program):
            r, g = expected.run(instruction), actual.run(instruction)
            if r is not None and any(text in r.text for text in ON_PURPOSE):
                return number
            if r is not None and g is None and "Inference tensors cannot be saved" in r.text:
                return number  # saved before it was converted; here after
            if (r is None) != (g is None) or (r is not None and g is not None and r.kind is not g.kind):
                if g is not None and any(text in g.text for text in ON_PURPOSE):
                    return number
                # Which of two reasons to refuse comes first is nobody's concern where one is an outdated view.
                if r is None or g is None or "modified inplace" not in r.text + g.text:
                    raise Difference(f"instruction {number}: {g}, expected {r}")
            if r is not None and "in place: function" in _name(instruction):
                return number  # what a Function must not change is in PyTorch written by then
            if any(x.requires_grad and not x.is_floating_point() for x in expected.tensors):
                return number  # integers with gradients, by an in-place change of them
            if each:
                _compare_values(expected, actual, f"after instruction {number}")
        _compare_values(expected, actual, "at the end")
        _compare_gradients(expected, actual, program, second)
    return len(program)


# -- many programs
# ----------------------------------------------------------------------------------------------------


def draw(numbers: random.Random, length: int) -> list[Instruction]:
    """A random program."""
    return [tuple(numbers.randrange(limit) for limit in LIMITS) for _ in range(length)]


def fails(program: list[Instruction], start: int, second: bool) -> str | None:
    """What differs, in words."""
    try:
        check(program, start, second)
    except Difference as difference:
        return str(difference)
    return None


def shortest(program: list[Instruction], start: int, second: bool) -> list[Instruction]:
    """The program without all instructions that the difference does not need."""
    changed = True
    while changed:
        changed = False
        for i in reversed(range(len(program))):
            less = program[:i] + program[i + 1 :]
            if fails(less, start, second):
                program, changed = less, True
    return program


def described(program: list[Instruction], start: int) -> str:
    """A program in words."""
    machine = Machine(real, start)
    lines = [f"start {start}: " + ", ".join(str(list(x.shape)) for x in machine.tensors)]
    for instruction in program:
        kind, which, i, j, k, a, b, c, mode = instruction
        count = len(machine.tensors)
        name = NAMES[KINDS[kind][which % len(KINDS[kind])]]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            refusal = machine.run(instruction)
        where = {0: "no_grad ", 1: "inference_mode "}.get(mode, "")
        lines.append(
            f"  {where}{name} on {i % count}, {j % count}, {k % count} with {a}, {b}, {c}"
            f"{'' if refusal is None else ': ' + refusal.kind.__name__ + ' ' + refusal.text[:60]} -> {len(machine.tensors)}"
        )
    return "\n".join(lines)


def main(given: list[str] | None = None) -> int:
    """Run many programs; print what differs."""
    parser = argparse.ArgumentParser(prog="python -m tests.oracle.programs", description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--length", type=int, default=12)
    parser.add_argument("--most", type=int, default=5, help="stop after so many differences")
    arguments = parser.parse_args(given)
    real.set_num_threads(1)
    found = 0
    for i in range(arguments.count):
        seed = arguments.seed * 1_000_003 + i
        numbers = random.Random(seed)
        program, start, second = draw(numbers, arguments.length), numbers.randrange(60), i % 4 == 0
        if fails(program, start, second):
            found += 1
            program = shortest(program, start, second)
            print(f"--- seed {seed} second={second}\n{described(program, start)}\n{program}, {start}")
            print(fails(program, start, second), flush=True)
            if found == arguments.most:
                break
    print(f"{i + 1} programs from seed {arguments.seed}, {found} differ")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
