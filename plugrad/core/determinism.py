"""Whether kernels may compute a sum in another order in every run."""

from __future__ import annotations

_deterministic = False
_warn_only = False


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Set whether ops must give the same result, bit for bit, whenever they get the same input.

    On a GPU some sums are fastest when threads add in whatever order they come; with ``mode`` set, kernels that
    sort instead are used. On the host nothing changes: all is deterministic there.

    Differs from PyTorch: every op has a deterministic form, so that none raises, or warns.

    Args:
        mode: Whether results must be the same in every run.
        warn_only: Kept for `is_deterministic_algorithms_warn_only_enabled`; there is nothing to warn of.

    Example::

        >>> import plugrad
        >>> plugrad.use_deterministic_algorithms(True)
        >>> plugrad.are_deterministic_algorithms_enabled()
        True
        >>> plugrad.use_deterministic_algorithms(False)
    """
    global _deterministic, _warn_only
    if not isinstance(mode, bool):
        raise TypeError(
            "_set_deterministic_algorithms(): argument 'mode' (position 1) must be bool, "
            f"not {type(mode).__name__}\nHint: pass True or False."
        )
    _deterministic, _warn_only = mode, bool(warn_only)


def are_deterministic_algorithms_enabled() -> bool:
    """Return whether ops must give the same result in every run.

    Example::

        >>> import plugrad
        >>> plugrad.are_deterministic_algorithms_enabled()
        False
    """
    return _deterministic


def is_deterministic_algorithms_warn_only_enabled() -> bool:
    """Return what ``warn_only`` was when `use_deterministic_algorithms` was last called.

    Example::

        >>> import plugrad
        >>> plugrad.is_deterministic_algorithms_warn_only_enabled()
        False
    """
    return _warn_only
