"""The functional face of dropout; `plugrad.nn.functional` is where users find it."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any

from plugrad.core import creation, dtypes, ops
from plugrad.core.generator import draw_seed
from plugrad.core.namespace import has_kernel
from plugrad.nn.functional.checks import check_dropout

if TYPE_CHECKING:
    from plugrad.core.tensor import Tensor

# The definitions of ops are written in an untyped language.
_ops: Any = ops

_OTHER = (
    "{name}: Received a {ndim}-D input to {name}, which is deprecated and will result in an error in a future release. "
    "To retain the behavior and silence this warning, please use dropout instead. Note that {name} exists to provide "
    "channel-wise dropout on inputs with {axes} spatial dimensions, a channel dimension, and an optional batch "
    "dimension (i.e. {low}D or {high}D inputs)."
)
_THREE = (
    "dropout2d: Received a 3D input to dropout2d and assuming that channel-wise 1D dropout behavior is desired - input "
    "is interpreted as shape (N, C, L), where C is the channel dim. This behavior will change in a future release to "
    "interpret the input as one without a batch dimension, i.e. shape (C, H, W). To maintain the 1D channel-wise "
    "dropout behavior, please switch to using dropout1d instead."
)
# The lower limit of SELU is -alpha * scale.
_LIMIT = 1.7580993408473766


def _check_probability(p: float) -> None:
    if p < 0.0 or p > 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")


def dropped(input: Tensor, p: float, training: bool, inplace: bool, *, feature: bool, alpha: bool) -> Tensor:
    """The input with elements, or whole channels, dropped; with ``alpha``, to SELU's lower limit."""
    check_dropout(input, p, training)
    if not training or p == 0 or not input.numel():
        return input
    if feature and input.ndim < 2:
        raise RuntimeError("Feature dropout requires at least 2 dimensions in the input")
    y: Tensor
    if p == 1:
        y = input.mul_(0) if inplace else input * 0
        return y
    shape = (*input.shape[:2], *[1] * (input.ndim - 2)) if feature else input.shape
    noise = creation.empty(shape, dtype=input.dtype, device=input.device).bernoulli_(1 - p)
    shift = None
    if alpha:
        scale = 1 / math.sqrt((_LIMIT * _LIMIT * p + 1) * (1 - p))
        shift = (noise - 1) * (_LIMIT * scale) + _LIMIT * scale * p
        noise.mul_(scale)
    else:
        noise.div_(1 - p)
    y = input.mul_(noise) if inplace else input * noise
    if shift is not None:
        y = y.add_(shift) if inplace else y + shift
    return y


def _of_features(input: Tensor, p: float, training: bool, inplace: bool, batched: bool) -> Tensor:
    """Channels dropped, also of a single sample."""
    if batched:
        return dropped(input, p, training, inplace, feature=True, alpha=False)
    y = dropped(input.unsqueeze(0), p, training, inplace, feature=True, alpha=False)
    return input if inplace else y.squeeze(0)


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Set elements to zero with probability p and scale the others by 1 / (1 - p).

    Args:
        input: Any shape.
        p: Probability of an element to be zeroed.
        training: If false, the input is returned unchanged.
        inplace: Whether to change the input itself.

    Raises:
        ValueError: p is not between 0 and 1.

    Example::

        >>> import plugrad
        >>> y = plugrad.nn.functional.dropout(plugrad.ones(100), p=0.5)
        >>> set(y.tolist()) <= {0.0, 2.0}
        True
    """
    _check_probability(p)
    check_dropout(input, p, training)
    if not training or p == 0:
        return input
    seed = draw_seed(input.device) if has_kernel(input.device.xp, "dropout_by_seed") else None
    if seed is not None:
        y = _ops.dropout_by_seed(input, p=p, seed=seed)
    else:
        keep = creation.empty_like(input, dtype=dtypes.bool_).bernoulli_(1 - p)
        y = _ops.dropout_mask(input, keep, scale=1 / (1 - p) if p < 1 else 0.0)
    result: Tensor = input.copy_(y) if inplace else y
    return result


def alpha_dropout(input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False) -> Tensor:
    """Set elements to SELU's lower limit with probability p, and keep mean and variance.

    https://arxiv.org/abs/1706.02515

    Args:
        input: Any shape.
        p: Probability of an element to be dropped.
        training: If false, the input is returned unchanged.
        inplace: Whether to change the input itself.

    Raises:
        ValueError: p is not between 0 and 1.

    Example::

        >>> import plugrad
        >>> y = plugrad.nn.functional.alpha_dropout(plugrad.zeros(100), training=True)
        >>> len(set(y.tolist()))
        2
    """
    _check_probability(p)
    return dropped(input, p, training, inplace, feature=False, alpha=True)


def feature_alpha_dropout(input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False) -> Tensor:
    """Set whole channels to SELU's lower limit with probability p, and keep mean and variance.

    Args:
        input: ``(N, C, *)``.
        p: Probability of an element to be dropped.
        training: If false, the input is returned unchanged.
        inplace: Whether to change the input itself.

    Raises:
        ValueError: p is not between 0 and 1.
        RuntimeError: There is one dimension.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.feature_alpha_dropout(plugrad.zeros(2, 3, 4), training=True).shape
        plugrad.Size([2, 3, 4])
    """
    _check_probability(p)
    return dropped(input, p, training, inplace, feature=True, alpha=True)


def dropout1d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Set whole channels of sequences to zero with probability p and scale the others by 1 / (1 - p).

    Args:
        input: (N, C, L) or (C, L).
        p: Probability of an element to be dropped.
        training: If false, the input is returned unchanged.
        inplace: Whether to change the input itself.

    Raises:
        ValueError: p is not between 0 and 1.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.dropout1d(plugrad.ones(2, 3, 4)).shape
        plugrad.Size([2, 3, 4])
    """
    _check_probability(p)
    ndim = input.dim()
    if ndim not in (2, 3):
        raise RuntimeError(
            f"dropout1d: Expected 2D or 3D input, but received a {ndim}D input. Note that dropout1d exists to provide "
            "channel-wise dropout on inputs with 1 spatial dimension, a channel dimension, and an optional batch "
            "dimension (i.e. 2D or 3D inputs)."
        )
    return _of_features(input, p, training, inplace, batched=ndim == 3)


def dropout2d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Set whole channels of images to zero with probability p and scale the others by 1 / (1 - p).

    Args:
        input: (N, C, H, W).
        p: Probability of an element to be dropped.
        training: If false, the input is returned unchanged.
        inplace: Whether to change the input itself.

    Raises:
        ValueError: p is not between 0 and 1.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.dropout2d(plugrad.ones(2, 3, 4, 4)).shape
        plugrad.Size([2, 3, 4, 4])
    """
    _check_probability(p)
    ndim = input.dim()
    if ndim not in (3, 4):
        warnings.warn(_OTHER.format(name="dropout2d", ndim=ndim, axes=2, low=3, high=4), stacklevel=2)
    if ndim == 3:
        warnings.warn(_THREE, stacklevel=2)
    return dropped(input, p, training, inplace, feature=True, alpha=False)


def dropout3d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Set whole channels of volumes to zero with probability p and scale the others by 1 / (1 - p).

    Args:
        input: (N, C, D, H, W) or (C, D, H, W).
        p: Probability of an element to be dropped.
        training: If false, the input is returned unchanged.
        inplace: Whether to change the input itself.

    Raises:
        ValueError: p is not between 0 and 1.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.dropout3d(plugrad.ones(2, 3, 4, 4, 4)).shape
        plugrad.Size([2, 3, 4, 4, 4])
    """
    _check_probability(p)
    ndim = input.dim()
    if ndim not in (4, 5):
        warnings.warn(_OTHER.format(name="dropout3d", ndim=ndim, axes=3, low=4, high=5), stacklevel=2)
    return _of_features(input, p, training, inplace, batched=ndim == 5)
