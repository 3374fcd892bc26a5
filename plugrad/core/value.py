"""Value: what the op system and the engine need of a Tensor, and nothing more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plugrad.core.modes import mode

if TYPE_CHECKING:
    from plugrad.core.device import device as Device
    from plugrad.core.dtypes import dtype as DType


class Value:
    """A raw array and its place in the graph.

    Attributes:
        raw: The raw array of the device's backend.
        device: Where it lives; ``device.xp`` computes on it.
        dtype: plugrad's dtype of ``raw``.
        tracked: Whether ops on it are recorded: what users see as ``requires_grad``.
        edge: (node, output number) that gradients flow to; None for leaves, which gradients flow to themselves.
        version: One-element list, the count of in-place changes, shared by all views of the memory. None for
            tensors made in inference mode, which can't be saved for backward. A list, because it must be
            shared and costs 30 ns where an object costs 100.
    """

    __slots__ = ("__weakref__", "device", "dtype", "edge", "raw", "tracked", "version")

    raw: Any
    device: Device
    dtype: DType
    tracked: bool
    edge: tuple[Any, int] | None
    version: list[int] | None

    def __init__(self, raw: Any, device: Device, dtype: DType) -> None:
        self.raw = raw
        self.device = device
        self.dtype = dtype
        self.tracked = False
        self.edge = None
        self.version = [0] if mode() >= 0 else None
