"""What reductions refuse, in PyTorch's words, and before anything is computed."""

from __future__ import annotations

import pytest

from tests.support.library import raises, torch

SUM_FORMS = (
    " * (*, torch.dtype dtype = None)\n * (tuple of ints dim, bool keepdim = False, *, torch.dtype dtype = None)"
)
VAR_FORMS = (
    " * (tuple of ints dim, bool unbiased = True, bool keepdim = False)\n"
    " * (tuple of ints dim = None, *, Number correction = None, bool keepdim = False)\n"
    " * (bool unbiased = True)"
)


def zeros(*shape):
    return torch.zeros(shape)


def invalid(name, got, forms):
    return f"{name}() received an invalid combination of arguments - got ({got}), but expected one of:\n{forms}"


OUT_OF_RANGE = "Dimension out of range (expected to be in range of [-2, 1], but got 2)"
MANY = ("sum", "mean", "nansum", "nanmean", "amax", "amin", "var", "std", "all", "any", "logsumexp", "count_nonzero")
ONE = ("prod", "max", "min", "argmax", "argmin", "median", "cumsum", "cumprod", "logcumsumexp", "cummax", "cummin")


@pytest.mark.parametrize("name", MANY + ONE)
def test_dimension_out_of_range(name):
    with raises(IndexError, OUT_OF_RANGE):
        getattr(zeros(2, 3), name)(2)
    with raises(IndexError, "Dimension out of range (expected to be in range of [-2, 1], but got -3)"):
        getattr(zeros(2, 3), name)(-3)


@pytest.mark.parametrize("name", MANY)
def test_dimension_named_twice(name):
    with raises(RuntimeError, "dim 1 appears multiple times in the list of dims"):
        getattr(zeros(2, 3), name)((1, -1))


@pytest.mark.parametrize("name", ["sum", "mean", "prod", "amax", "argmax", "nansum"])
def test_input_that_is_no_tensor(name):
    with raises(TypeError, f"{name}(): argument 'input' (position 1) must be Tensor, not list"):
        getattr(torch, name)([1.0, 2.0])


CASES = {
    "sum, a misspelt name": (
        TypeError, invalid("sum", "axiss=int, ", SUM_FORMS), lambda: zeros(2).sum(axiss=0),
    ),
    "sum over a float": (TypeError, invalid("sum", "float", SUM_FORMS), lambda: zeros(2).sum(1.5)),
    "sum over a bool": (TypeError, invalid("sum", "bool", SUM_FORMS), lambda: zeros(2).sum(True)),
    "sum over a string": (TypeError, invalid("sum", "str", SUM_FORMS), lambda: zeros(2).sum("rows")),
    "sum over two numbers": (
        TypeError, "sum(): argument 'keepdim' (position 2) must be bool, not int", lambda: zeros(2, 2).sum(0, 1),
    ),
    "mean over two numbers": (
        TypeError, "mean(): argument 'keepdim' (position 2) must be bool, not int", lambda: zeros(2, 2).mean(0, 1),
    ),
    "prod over two dimensions": (
        TypeError,
        invalid("prod", "tuple", " * (*, torch.dtype dtype = None)\n * (int dim, bool keepdim = False, *, torch.dtype dtype = None)"),
        lambda: zeros(2, 2).prod((0, 1)),
    ),
    "amax over a float": (
        TypeError, "amax(): argument 'dim' (position 1) must be tuple of ints, not float", lambda: zeros(2).amax(0.5),
    ),
    "argmax over a tuple": (
        TypeError, "argmax(): argument 'dim' (position 1) must be int, not tuple", lambda: zeros(2).argmax((0,)),
    ),
    "amax, a misspelt name": (
        TypeError, "amax() got an unexpected keyword argument 'axiss'", lambda: zeros(2).amax(axiss=0),
    ),
    "var, a misspelt name": (
        TypeError,
        invalid("var", "ddof=int, ", VAR_FORMS + "\n      didn't match because some of the keywords were incorrect: ddof"),
        lambda: zeros(2).var(ddof=0),
    ),
    "max over two dimensions": (
        TypeError,
        "max() received an invalid combination of arguments - got (tuple), but expected one of:\n * ()\n"
        "      didn't match because some of the arguments have invalid types: (!tuple of (int, int)!)\n"
        " * (Tensor other)\n"
        "      didn't match because some of the arguments have invalid types: (!tuple of (int, int)!)\n"
        " * (int dim, bool keepdim = False)",
        lambda: zeros(2, 2).max((0, 1)),
    ),
    "max, a misspelt name": (
        TypeError,
        "max() received an invalid combination of arguments - got (axiss=int, ), but expected one of:\n * ()\n"
        "      didn't match because some of the keywords were incorrect: axiss\n"
        " * (Tensor other)\n"
        "      didn't match because some of the keywords were incorrect: axiss\n"
        " * (int dim, bool keepdim = False)",
        lambda: zeros(2).max(axiss=0),
    ),
    "logsumexp of everything": (
        TypeError, 'logsumexp() missing 1 required positional arguments: "dim"', lambda: zeros(2).logsumexp(),
    ),
    "cumsum of everything": (
        TypeError, 'cumsum() missing 1 required positional arguments: "dim"', lambda: zeros(2).cumsum(),
    ),
    "mean of integers": (
        RuntimeError,
        "mean(): could not infer output dtype. Input dtype must be either a floating point or complex dtype. Got: Long",
        lambda: torch.tensor([1, 2]).mean(),
    ),
    "mean in integers": (
        RuntimeError,
        "mean(): could not infer output dtype. Optional dtype must be either a floating point or complex dtype. "
        "Got: Long",
        lambda: zeros(2).mean(dtype=torch.int64),
    ),
    "nanmean of booleans": (
        RuntimeError,
        "nanmean(): expected input to have floating point or complex dtype but got Bool",
        lambda: torch.tensor([True]).nanmean(),
    ),
    "std of integers": (
        RuntimeError,
        "std and var only support floating point and complex dtypes",
        lambda: torch.tensor([1, 2]).std(),
    ),
    "norm of integers": (
        RuntimeError,
        "linalg.vector_norm: Expected a floating point or complex tensor as input. Got Long",
        lambda: torch.tensor([1, 2]).norm(),
    ),
    "norm in integers": (
        RuntimeError,
        "linalg.vector_norm: dtype should be floating point or complex, but got Long",
        lambda: zeros(2).norm(dtype=torch.int64),
    ),
    "norm of an unknown order": (
        RuntimeError, "linalg.matrix_norm: Order a not supported.", lambda: zeros(2, 2).norm("a"),
    ),
    "inf norm of nothing": (
        RuntimeError,
        "linalg.vector_norm cannot compute the inf norm on an empty tensor because the operation does not have an "
        "identity",
        lambda: zeros(0).norm(float("inf")),
    ),
    "inf norm over nothing": (
        RuntimeError,
        "linalg.vector_norm cannot compute the inf norm on the dimension 0because this dimension is empty and the "
        "operation does not have an identity",
        lambda: zeros(0, 3).norm(float("inf"), dim=0),
    ),
    "max of nothing": (
        RuntimeError,
        "max(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim with the "
        "'dim' argument.",
        lambda: zeros(0).max(),
    ),
    "amin of nothing": (
        RuntimeError,
        "amin(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim with the "
        "'dim' argument.",
        lambda: zeros(2, 0).amin(),
    ),
    "max over nothing": (
        IndexError, "max(): Expected reduction dim 0 to have non-zero size.", lambda: zeros(0, 3).max(-2),
    ),
    "amax over nothing": (
        IndexError, "amax(): Expected reduction dim 0 to have non-zero size.", lambda: zeros(0, 3).amax(0),
    ),
    "argmax of nothing": (
        IndexError,
        "argmax(): Expected reduction dim to be specified for input.numel() == 0.",
        lambda: zeros(0).argmax(),
    ),
    "median over nothing": (
        IndexError, "median(): Expected reduction dim 0 to have non-zero size.", lambda: zeros(0).median(0),
    ),
    "aminmax of nothing": (
        RuntimeError,
        "aminmax(): cannot compute aminmax over an empty dimension as the operation has no identity.",
        lambda: torch.aminmax(zeros(0)),
    ),
    "argmin of booleans": (
        RuntimeError, "argmin(): does not support bool input", lambda: torch.tensor([True]).argmin(),
    ),
    "median of booleans": (
        NotImplementedError, "\"median_cpu\" not implemented for 'Bool'", lambda: torch.tensor([True]).median(),
    ),
    "max of complex numbers": (
        NotImplementedError, "\"max_all\" not implemented for 'ComplexFloat'", lambda: torch.tensor([1j]).max(),
    ),
    "logcumsumexp of integers": (
        NotImplementedError,
        "\"logcumsumexp_out_cpu\" not implemented for 'Long'",
        lambda: torch.tensor([1]).logcumsumexp(0),
    ),
    "cummax of a number along 1": (
        IndexError, "cummax(): Expected reduction dim -1 or 0 for scalar but got 1", lambda: torch.tensor(1.0).cummax(1),
    ),
    "cumsum_ in another dtype": (
        NotImplementedError,
        "\"cumsum_out_cpu\" not implemented for 'Bool'",
        lambda: torch.tensor([True]).cumsum_(0),
    ),
    "diff of a number": (
        RuntimeError, "diff expects input to be at least one-dimensional", lambda: torch.tensor(1.0).diff(),
    ),
    "diff a negative number of times": (
        RuntimeError, "order must be non-negative but got -1", lambda: zeros(3).diff(-1),
    ),
    "diff with too few dimensions in front": (
        RuntimeError,
        "diff expects prepend or append to be the same dimension as input",
        lambda: zeros(2, 3).diff(prepend=zeros(1)),
    ),
    "diff with the wrong size behind": (
        RuntimeError,
        "diff expects the shape of tensor to prepend or append to match that of input except along the differencing "
        "dimension; input.size(0) = 2, but got tensor.size(0) = 3",
        lambda: zeros(2, 3).diff(append=zeros(3, 1)),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_refused(name):
    kind, text, call = CASES[name]
    with raises(kind, text):
        call()
