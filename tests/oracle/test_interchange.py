"""Memory shared with PyTorch's tensors, both ways."""

from __future__ import annotations

import pytest
import torch

import plugrad
import plugrad.array_api as xp


@pytest.mark.parametrize("take", [torch.from_dlpack, torch.utils.dlpack.from_dlpack, torch.as_tensor])
def test_pytorch_shares_the_memory_of_a_tensor(take):
    x = xp.asarray([[1.0, 2.0], [3.0, 4.0]])
    t = take(x)
    assert (t.dtype, tuple(t.shape)) == (torch.float32, (2, 2))
    t[0, 0] = 5.0
    x[1, 1] = 6.0
    assert x.tolist() == t.tolist() == [[5.0, 2.0], [3.0, 6.0]]


@pytest.mark.parametrize("take", [xp.from_dlpack, plugrad.from_dlpack, plugrad.as_tensor, xp.asarray])
def test_a_tensor_shares_the_memory_of_pytorchs(take):
    t = torch.tensor([[1.0, 2.0], [3.0, 4.0]], dtype=torch.float64)
    x = take(t)
    assert x.dtype is plugrad.float64
    t[0, 0] = 5.0
    x[1, 1] = 6.0
    assert x.tolist() == t.tolist() == [[5.0, 2.0], [3.0, 6.0]]


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int16", "int64", "float16", "float32", "complex64"])
def test_dtypes(dtype):
    t = torch.ones(3, dtype=getattr(torch, dtype))
    x = plugrad.from_dlpack(t)
    assert x.dtype is getattr(plugrad, dtype)
    assert torch.from_dlpack(x).dtype is t.dtype


def test_no_graph_goes_over():
    message = "Can't export tensors that require gradient, use tensor.detach()"
    for make, take in (
        (plugrad.ones, torch.from_dlpack),
        (torch.ones, plugrad.from_dlpack),
        (torch.ones, torch.from_dlpack),
    ):
        with pytest.raises(BufferError) as info:
            take(make(2, requires_grad=True))
        assert str(info.value) == message
