"""Complex gradients: PyTorch's outside of the walk, their conjugates inside.

PyTorch's gradient of a real L with respect to z = x + iy is dL/dx + i dL/dy. The walk carries dL/dx - i dL/dy: in
that form a holomorphic function has its plain derivative for a rule, a linear one its plain transpose, and rules that
were written for real numbers are right for complex ones. Where gradients come in and where they are shown they are
conjugated: seeds, ``.grad``, results of ``grad``, hooks, Functions. Real gradients pass all of this by.
"""

from __future__ import annotations

from typing import Any


def conjugated(g: Any, device: Any, tensors: bool) -> Any:
    """The complex conjugate of a gradient: of a Tensor, recorded, or of a raw array."""
    return (device.ops if tensors else device.xp).conj(g)
