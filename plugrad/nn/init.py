"""Filling tensors in place with initial values: constants, and the usual random distributions.

The random numbers are drawn as PyTorch draws them, so that equal seeds give equal weights wherever the
generator gives PyTorch's numbers.
"""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any

from plugrad.core import creation, ops, random
from plugrad.core.modes import no_grad

if TYPE_CHECKING:
    from plugrad.core.random import Generator
    from plugrad.core.tensor import Tensor

LINEAR = (
    "linear", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d",
)  # fmt: skip


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    r"""Return the recommended gain for a nonlinearity.

    1 for linear maps, convolutions and sigmoid, 5/3 for tanh, sqrt(2) for relu,
    sqrt(2 / (1 + slope**2)) for leaky_relu, 3/4 for selu.

    Args:
        nonlinearity: Its name in `nn.functional`.
        param: The negative slope of leaky_relu, 0.01 by default.

    Raises:
        ValueError: The name is unknown, or the slope is no number.

    Example::

        >>> import plugrad
        >>> plugrad.nn.init.calculate_gain("leaky_relu", 1)
        1.0
    """
    if nonlinearity in LINEAR or nonlinearity == "sigmoid":
        return 1
    if nonlinearity == "tanh":
        return 5.0 / 3
    if nonlinearity == "relu":
        return math.sqrt(2.0)
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        if isinstance(slope, bool) or not isinstance(slope, (int, float)):
            raise ValueError(f"negative_slope {param} not a valid number")
        return math.sqrt(2.0 / (1 + slope**2))
    if nonlinearity == "selu":
        # Found to keep the variance in experiments with deep networks, see PyTorch issue 24991.
        return 3.0 / 4
    raise ValueError(f"Unsupported nonlinearity {nonlinearity}")


def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fill with values from the uniform distribution U(a, b).

    Args:
        tensor: The tensor to fill.
        a: Lower bound.
        b: Upper bound.
        generator: Where the random numbers come from; the device's default generator by default.

    Example::

        >>> import plugrad
        >>> w = plugrad.nn.init.uniform_(plugrad.empty(100), 2.0, 3.0)
        >>> bool((w >= 2).all() and (w <= 3).all())
        True
    """
    with no_grad():
        result: Tensor = tensor.uniform_(a, b, generator=generator)
        return result


def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fill with values from the normal distribution N(mean, std**2).

    Args:
        tensor: The tensor to fill.
        mean: Mean.
        std: Standard deviation.
        generator: Where the random numbers come from; the device's default generator by default.

    Example::

        >>> import plugrad
        >>> plugrad.nn.init.normal_(plugrad.empty(2), 5.0, 0.0)
        tensor([5., 5.])
    """
    with no_grad():
        result: Tensor = tensor.normal_(mean, std, generator=generator)
        return result


def trunc_normal_(
    tensor: Tensor,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: Generator | None = None,
) -> Tensor:
    """Fill with values from the normal distribution N(mean, std**2), drawn again until they lie in [a, b].

    Args:
        tensor: The tensor to fill.
        mean: Mean of the distribution that is cut.
        std: Its standard deviation.
        a: Lower bound.
        b: Upper bound.
        generator: Where the random numbers come from; the device's default generator by default.

    Example::

        >>> import plugrad
        >>> w = plugrad.nn.init.trunc_normal_(plugrad.empty(1000), a=-0.5, b=0.5)
        >>> bool(w.abs().max() <= 0.5)
        True
    """
    if mean < a - 2 * std or mean > b + 2 * std:
        warnings.warn(
            "mean is more than 2 std from [a, b] in nn.init.trunc_normal_. "
            "The distribution of values may be incorrect.",
            stacklevel=2,
        )
    with no_grad():
        # Where the interval holds enough of the mass, draw normal values; else uniform ones, by rejection.
        inside = _normal_cdf((b - mean) / std) - _normal_cdf((a - mean) / std)
        if inside > 0.3:
            return _redraw_outside(tensor, mean, std, a, b, generator)
        return _reject_uniform(tensor, mean, std, a, b, generator)


def _normal_cdf(x: float) -> float:
    return (1.0 + math.erf(x / math.sqrt(2.0))) / 2.0


def _redraw_outside(tensor: Any, mean: float, std: float, a: float, b: float, generator: Any) -> Tensor:
    # The bounds as the dtype holds them, so that a value that was rounded up to b counts as inside.
    low, high = (tensor.new_tensor(bound, device="cpu").item() for bound in (a, b))
    result = tensor.normal_(mean, std, generator=generator)
    while True:
        outside = (result < low) | (result > high)
        if not outside.any():
            break
        again = creation.empty_like(result).normal_(mean, std, generator=generator)
        result = ops.where(outside, again, result)
    if result is not tensor:
        tensor.copy_(result)
    return tensor  # type: ignore[no-any-return]  # the callee's Any


def _reject_uniform(tensor: Any, mean: float, std: float, a: float, b: float, generator: Any) -> Tensor:
    mode = max(a, min(mean, b))
    log_peak = -0.5 * ((mode - mean) / std) ** 2
    result = tensor.uniform_(a, b, generator=generator)
    candidates = result.clone()
    chance = creation.empty_like(tensor)

    def rejected(values: Any) -> Any:
        log_density = -0.5 * ((values - mean) / std) ** 2 - log_peak
        return chance.uniform_(generator=generator).log_() > log_density

    pending = rejected(candidates)
    while pending.any():
        candidates.uniform_(a, b, generator=generator)
        result = ops.where(pending, candidates, result)
        pending = ops.where(pending, rejected(candidates), pending)
    if result is not tensor:
        tensor.copy_(result)
    return tensor  # type: ignore[no-any-return]  # the callee's Any


def constant_(tensor: Tensor, val: float) -> Tensor:
    """Fill with one value.

    Args:
        tensor: The tensor to fill.
        val: The value.

    Example::

        >>> import plugrad
        >>> plugrad.nn.init.constant_(plugrad.empty(2), 0.5)
        tensor([0.5000, 0.5000])
    """
    with no_grad():
        result: Tensor = tensor.fill_(val)
        return result


def ones_(tensor: Tensor) -> Tensor:
    """Fill with ones.

    Example::

        >>> import plugrad
        >>> plugrad.nn.init.ones_(plugrad.empty(2))
        tensor([1., 1.])
    """
    return constant_(tensor, 1.0)


def zeros_(tensor: Tensor) -> Tensor:
    """Fill with zeros.

    Example::

        >>> import plugrad
        >>> plugrad.nn.init.zeros_(plugrad.empty(2))
        tensor([0., 0.])
    """
    with no_grad():
        result: Tensor = tensor.zero_()
        return result


def eye_(tensor: Tensor) -> Tensor:
    """Fill a matrix with the identity: ones on the diagonal, zeros elsewhere.

    Raises:
        ValueError: The tensor is no matrix.

    Example::

        >>> import plugrad
        >>> plugrad.nn.init.eye_(plugrad.empty(2, 3))
        tensor([[1., 0., 0.],
                [0., 1., 0.]])
    """
    if tensor.ndim != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    with no_grad():
        result: Tensor = tensor.copy_(creation.eye(*tensor.shape, dtype=tensor.dtype, device=tensor.device))
        return result


def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """Fill a convolution's weight such that it passes on as many channels as possible unchanged.

    Args:
        tensor: The weight: 3, 4 or 5 dimensions.
        groups: Number of groups of the convolution.

    Raises:
        ValueError: Another number of dimensions, or the first does not divide into the groups.

    Example::

        >>> import plugrad
        >>> plugrad.nn.init.dirac_(plugrad.empty(2, 2, 3))
        tensor([[[0., 1., 0.],
                 [0., 0., 0.]],
        <BLANKLINE>
                [[0., 0., 0.],
                 [0., 1., 0.]]])
    """
    if tensor.ndim not in (3, 4, 5):
        raise ValueError("Only tensors with 3, 4, or 5 dimensions are supported")
    channels = tensor.shape[0]
    if channels % groups != 0:
        raise ValueError("dim 0 must be divisible by groups")
    per_group = channels // groups
    centre = tuple(size // 2 for size in tensor.shape[2:])
    with no_grad():
        tensor.zero_()
        for group in range(groups):
            for i in range(min(per_group, tensor.shape[1])):
                tensor[(group * per_group + i, i, *centre)] = 1
    return tensor


def _calculate_fan_in_and_fan_out(tensor: Tensor) -> tuple[int, int]:
    """How many inputs feed one output of a layer with this weight, and how many outputs one input feeds."""
    if tensor.ndim < 2:
        raise ValueError("Fan in and fan out can not be computed for tensor with fewer than 2 dimensions")
    receptive_field = math.prod(tensor.shape[2:])
    return tensor.shape[1] * receptive_field, tensor.shape[0] * receptive_field


def _calculate_correct_fan(tensor: Tensor, mode: str) -> int:
    mode = mode.lower()
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"Mode {mode} not supported, please use one of {['fan_in', 'fan_out']}")
    fan_in, fan_out = _calculate_fan_in_and_fan_out(tensor)
    return fan_in if mode == "fan_in" else fan_out


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fill from U(-a, a) with a = gain * sqrt(6 / (fan_in + fan_out)), to keep variances (Glorot, 2010).

    Args:
        tensor: The weight: at least 2 dimensions.
        gain: Factor for the nonlinearity that follows, see `calculate_gain`.
        generator: Where the random numbers come from; the device's default generator by default.

    Raises:
        ValueError: Fewer than 2 dimensions.

    Example::

        >>> import plugrad
        >>> w = plugrad.nn.init.xavier_uniform_(plugrad.empty(2, 4))
        >>> bool(w.abs().max() <= 1.0)
        True
    """
    std = gain * math.sqrt(2.0 / float(sum(_calculate_fan_in_and_fan_out(tensor))))
    bound = math.sqrt(3.0) * std
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fill from N(0, s**2) with s = gain * sqrt(2 / (fan_in + fan_out)), to keep variances (Glorot, 2010).

    Args:
        tensor: The weight: at least 2 dimensions.
        gain: Factor for the nonlinearity that follows, see `calculate_gain`.
        generator: Where the random numbers come from; the device's default generator by default.

    Raises:
        ValueError: Fewer than 2 dimensions.

    Example::

        >>> import plugrad
        >>> plugrad.nn.init.xavier_normal_(plugrad.empty(2, 4), gain=0.0).abs().max().item()
        0.0
    """
    std = gain * math.sqrt(2.0 / float(sum(_calculate_fan_in_and_fan_out(tensor))))
    return normal_(tensor, 0.0, std, generator)


def kaiming_uniform_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """Fill from U(-b, b) with b = gain * sqrt(3 / fan), to keep variances behind rectifiers (He, 2015).

    Args:
        tensor: The weight: at least 2 dimensions.
        a: Negative slope of the rectifier that follows, with ``"leaky_relu"``.
        mode: ``"fan_in"`` keeps the variance of the forward pass, ``"fan_out"`` of the backward pass.
        nonlinearity: Which nonlinearity follows, see `calculate_gain`.
        generator: Where the random numbers come from; the device's default generator by default.

    Raises:
        ValueError: Fewer than 2 dimensions, or an unknown mode or nonlinearity.

    Example::

        >>> import plugrad
        >>> w = plugrad.nn.init.kaiming_uniform_(plugrad.empty(3, 6))
        >>> bool(w.abs().max() <= 1.0)
        True
    """
    std = _kaiming_std(tensor, a, mode, nonlinearity)
    if std is None:
        return tensor
    bound = math.sqrt(3.0) * std
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """Fill from N(0, std**2) with std = gain / sqrt(fan), to keep variances behind rectifiers (He, 2015).

    Args:
        tensor: The weight: at least 2 dimensions.
        a: Negative slope of the rectifier that follows, with ``"leaky_relu"``.
        mode: ``"fan_in"`` keeps the variance of the forward pass, ``"fan_out"`` of the backward pass.
        nonlinearity: Which nonlinearity follows, see `calculate_gain`.
        generator: Where the random numbers come from; the device's default generator by default.

    Raises:
        ValueError: Fewer than 2 dimensions, or an unknown mode or nonlinearity.

    Example::

        >>> import plugrad
        >>> plugrad.nn.init.kaiming_normal_(plugrad.empty(3, 6), nonlinearity="relu").shape
        plugrad.Size([3, 6])
    """
    std = _kaiming_std(tensor, a, mode, nonlinearity)
    return tensor if std is None else normal_(tensor, 0, std, generator)


def _kaiming_std(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float | None:
    """The standard deviation, or None where there is nothing to fill."""
    if 0 in tensor.shape:
        warnings.warn("Initializing zero-element tensors is a no-op", stacklevel=3)
        return None
    fan = _calculate_correct_fan(tensor, mode)
    return calculate_gain(nonlinearity, a) / math.sqrt(fan)


def orthogonal_(tensor: Tensor, gain: float = 1, generator: Generator | None = None) -> Tensor:
    """Fill with a (semi-)orthogonal matrix, drawn uniformly (Saxe, 2013).

    Dimensions behind the first are flattened.
    Q of the QR decomposition of a random normal matrix whose R has a positive diagonal: only then is the
    distribution uniform (Mezzadri, https://arxiv.org/abs/math-ph/0609050).

    Args:
        tensor: The weight: at least 2 dimensions.
        gain: Factor of the result.
        generator: Where the random numbers come from; the device's default generator by default.

    Raises:
        ValueError: Fewer than 2 dimensions.

    Example::

        >>> import plugrad
        >>> w = plugrad.nn.init.orthogonal_(plugrad.empty(2, 3, dtype=plugrad.float64))
        >>> bool(((w @ w.T) - plugrad.eye(2, dtype=plugrad.float64)).abs().max() < 1e-12)
        True
    """
    if tensor.ndim < 2:
        raise ValueError("Only tensors with 2 or more dimensions are supported")
    if tensor.numel() == 0:
        return tensor
    rows = tensor.shape[0]
    columns = tensor.numel() // rows
    flat = creation.empty((rows, columns), dtype=tensor.dtype, device=tensor.device)
    normal_(flat, 0, 1, generator)
    with no_grad():
        q = _orthonormal_columns(flat.mT).mT if rows < columns else _orthonormal_columns(flat)
        tensor.copy_(q.reshape(tensor.shape))
        result: Tensor = tensor.mul_(gain)
        return result


def _orthonormal_columns(matrix: Any) -> Any:
    """Q of the QR decomposition whose R has a positive diagonal, by Gram-Schmidt.

    That decomposition is unique. Projecting twice makes the columns orthogonal to rounding error
    (Giraud et al., https://doi.org/10.1007/s00211-005-0615-4).
    """
    basis = creation.zeros_like(matrix)
    for j in range(matrix.shape[1]):
        column = matrix[:, j]
        for _ in range(2):
            column = column - basis[:, :j] @ (column @ basis[:, :j])
        basis[:, j] = column / (column * column).sum().sqrt()
    return basis


def sparse_(tensor: Tensor, sparsity: float, std: float = 0.01, generator: Generator | None = None) -> Tensor:
    """Fill a matrix from N(0, std**2) with a share of zeros in every column (Martens, 2010).

    Args:
        tensor: The matrix.
        sparsity: Share of the elements of each column that is set to zero.
        std: Standard deviation of the others.
        generator: Where the normal values come from; the device's default generator by default.

    Raises:
        ValueError: The tensor is no matrix.

    Example::

        >>> import plugrad
        >>> w = plugrad.nn.init.sparse_(plugrad.empty(10, 3), sparsity=0.2)
        >>> (w == 0).sum(dim=0).tolist()
        [2, 2, 2]
    """
    if tensor.ndim != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    rows, columns = tensor.shape
    zeros = math.ceil(sparsity * rows)
    with no_grad():
        tensor.normal_(0, std, generator=generator)
        for column in range(columns):
            # From the default generator, as in PyTorch.
            tensor[random.randperm(rows)[:zeros], column] = 0
    return tensor
