"""``is_grads_batched``: many incoming gradients in one walk."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.library import torch


def _outputs():
    x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    w = torch.tensor([2.0], requires_grad=True)
    return x, w, (0.1 * x.exp() * w).softmax(0)


def test_rows_are_those_of_a_loop() -> None:
    x, w, y = _outputs()
    seeds = torch.eye(3)
    found = torch.autograd.grad(y, (x, w), seeds, is_grads_batched=True, retain_graph=True)
    for i in range(3):
        for batch, alone in zip(found, torch.autograd.grad(y, (x, w), seeds[i], retain_graph=True), strict=True):
            assert not batch.requires_grad
            np.testing.assert_allclose(batch[i].cpu().numpy(), alone.cpu().numpy(), rtol=1e-5, atol=1e-12)


def test_unused_inputs_stay_none() -> None:
    x, _, y = _outputs()
    unused = torch.ones(2, requires_grad=True)
    found = torch.autograd.grad(y, (x, unused), torch.eye(3), is_grads_batched=True, allow_unused=True)
    assert found[0].shape == (3, 3)
    assert found[1] is None


def test_it_can_be_differentiated_again() -> None:
    x, _, y = _outputs()
    (rows,) = torch.autograd.grad(y, x, torch.eye(3), is_grads_batched=True, create_graph=True)
    (second,) = torch.autograd.grad(rows.square().sum(), x)
    fresh = x.detach().clone().requires_grad_()
    z = (0.1 * fresh.exp() * 2.0).softmax(0)
    alone = [torch.autograd.grad(z, fresh, row, create_graph=True)[0] for row in torch.eye(3)]
    (wanted,) = torch.autograd.grad(torch.stack(alone).square().sum(), fresh)
    np.testing.assert_allclose(second.cpu().numpy(), wanted.cpu().numpy(), rtol=1e-4, atol=1e-9)


def test_the_rest_of_the_shape_must_be_the_outputs() -> None:
    x, _, y = _outputs()
    with pytest.raises(RuntimeError, match="we interpret the first dimension of each grad_output as the batch"):
        torch.autograd.grad(y, x, torch.ones(3), is_grads_batched=True)
