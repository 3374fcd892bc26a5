"""Calls that PyTorch refuses, or answers in a way of its own: the same exception, and the same words."""

from __future__ import annotations

import math
import warnings
from typing import Any

import pytest

from tests.oracle.harness import ours, real

SHAPES = """
torch.hsplit(torch.tensor(1.0), 2)
torch.vsplit(torch.ones(3), 2)
torch.dsplit(torch.ones(3, 4), 2)
torch.hsplit(torch.ones(3, 4), 3)
torch.vsplit(torch.ones(3, 4), 2)
torch.hsplit(torch.ones(3, 4), 0)
torch.hsplit(torch.ones(3, 4), -1)
torch.ones(3, 4).hsplit('a')
torch.atleast_1d(2.0)
torch.atleast_1d([2.0])
torch.rot90(torch.ones(3, 4), 1, [0])
torch.rot90(torch.ones(3, 4), 1, [0, -2])
torch.rot90(torch.ones(3), 1, [0, 1])
torch.rot90(torch.ones(3, 4), 1, [0, 2])
torch.rot90(torch.ones(3, 4), 1.0)
torch.narrow_copy(torch.ones(3, 4), 0, 1, 5)
torch.narrow_copy(torch.ones(3, 4), 0, 5, 1)
torch.narrow_copy(torch.tensor(1.0), 0, 0, 1)
torch.unravel_index(torch.tensor([1.0, 2]), (3, 4))
torch.unravel_index(torch.tensor([True]), (3, 4))
torch.unravel_index(torch.tensor(1), (3, -4))
torch.unravel_index(torch.tensor(1), 'a')
torch.unravel_index(torch.tensor(1), (3, 2.0))
torch.ones(3, 4).select_scatter(torch.ones(3), 0, 1)
torch.ones(3, 4).select_scatter(torch.ones(4), 0, 3)
torch.ones(3, 4).select_scatter(torch.ones(4), 2, 3)
torch.ones(()).select_scatter(torch.ones(()), 0, 0)
torch.ones(3, 4).slice_scatter(torch.ones(3, 2), 1)
torch.ones(3, 4).slice_scatter(torch.ones(3, 2), 1, step=0)
torch.ones(()).slice_scatter(torch.ones(0, 4), 0, 3, 1)
torch.ones(3, 4).diagonal_scatter(torch.ones(2))
torch.ones(3).diagonal_scatter(torch.ones(3))
torch.ones(3, 4).as_strided((2, 2), (1,))
torch.ones(3, 4).as_strided((2, 2), (1, -1))
torch.ones(3, 4).as_strided((2, 2), (10, 10))
torch.ones(3, 4).as_strided((-2, 2), (10, 10))
torch.ones(3, 4).as_strided((2, 2), (1, 1), -1)
torch.as_strided_scatter(torch.ones(3, 4), torch.ones(2, 1), (2, 2), (1, 2), 1)
torch.ones(3).fill_diagonal_(7)
torch.ones(2, 3, 2).fill_diagonal_(7)
torch.ones(3, 4).sum_to_size(2, 4)
torch.ones(3, 4).sum_to_size(1, 3, 4)
torch.ones(3).adjoint()
torch.ones(3).mH
torch.ones(3).H
torch.ones(2, 3, 4).H
torch.cartesian_prod()
torch.cartesian_prod(torch.ones(3, 4), torch.ones(3))
torch.cartesian_prod([torch.ones(3)])
torch.cartesian_prod(torch.ones(3), torch.ones(3).long())
torch.combinations(torch.ones(3), -1)
torch.combinations(torch.ones(3, 4))
"""

COUNTS = """
torch.quantile(torch.ones(3, 4), 1.3)
torch.quantile(torch.ones(3, 4), -.3)
torch.quantile(torch.ones(3, 4), nan)
torch.quantile(torch.ones(3, 4), torch.tensor([1.3]))
torch.quantile(torch.ones(3, 4), torch.tensor([0.3], dtype=torch.float64))
torch.quantile(torch.ones(3, 4), torch.tensor([[0.3]]))
torch.quantile(torch.ones(3, 4).long(), 0.3)
torch.quantile(torch.ones(3, 4), 0.3, interpolation='foo')
torch.quantile(torch.ones(0, 4), 0.3)
torch.nanquantile(torch.ones(0, 4), 0.3, dim=1)
torch.quantile(torch.ones(3, 4), 0.3, 5)
torch.nanmedian(torch.ones(3, 4).bool())
torch.mode(torch.ones(0, 3), 0)
torch.mode(torch.tensor([1j]))
torch.mode(torch.tensor([2, 1]), dim=-2)
torch.histc(torch.ones(3), 4, 8, 3)
torch.histc(torch.ones(3), 0)
torch.histc(torch.ones(3).long(), 4)
torch.histc(torch.tensor([1.0, inf]), 4)
torch.histc(torch.ones(3), 4, min=0, max=inf)
torch.histogram(torch.arange(12.0), 4, range=(8.0, 0.0))
torch.histogram(torch.ones(3, 4), 4, weight=torch.ones(3) * 2)
torch.histogram(torch.ones(3, 4), 4, weight=torch.ones(3, 4).double())
torch.histogram(torch.ones(3).long(), 4)
torch.histogram(torch.ones(3), 0)
torch.histogram(torch.ones(3), torch.tensor([[0.0, 3, 6]]))
torch.histogram(torch.ones(3), torch.tensor([3.0]))
torch.histogram(torch.tensor([1.0, nan]), 4)
torch.histogram(torch.ones(3), torch.tensor([0, 3.0], dtype=torch.float64))
torch.histogram(torch.ones(3), 3, range=(0,))
torch.histogram(torch.ones(3, requires_grad=True), 3)[0].sum().backward()
torch.histogramdd(torch.ones(3, 2), [3])
torch.histogramdd(torch.ones(3), [3])
torch.bincount(torch.tensor([1, 3]), minlength=-6)
torch.bincount(torch.tensor([1, -3]))
torch.bincount(torch.tensor([1.0, 3]))
torch.bincount(torch.tensor([True, False]))
torch.bincount(torch.tensor([[1, 3]]))
torch.bincount(torch.tensor(3))
torch.bincount(torch.tensor([1, 3]), torch.tensor([1.0]))
torch.bincount(torch.tensor([1, 3]), torch.ones(2, requires_grad=True)).sum().backward()
torch.isin(torch.tensor([True]), torch.tensor([True]))
torch.isin(torch.tensor([1j]), torch.tensor([1j]))
torch.isin(torch.tensor([1, 2]), True)
torch.isin(1, 1)
torch.isin('a', torch.ones(2))
torch.nonzero_static(torch.ones(3), size=-1)
torch.nonzero_static(torch.ones(3))
torch.trapezoid(torch.ones(3, 4), torch.tensor([0.0, 1, 3]))
torch.trapezoid(torch.ones(3), torch.ones(3), dx=1)
torch.trapezoid(torch.tensor(1.0))
torch.trapezoid(torch.ones(3).bool())
torch.trapezoid(torch.ones(3), dx='a')
torch.trapezoid(torch.ones(3), dim=4)
torch.cumulative_trapezoid(torch.tensor(1.0))
torch.cumulative_trapezoid(torch.ones(3).bool())
torch.cumulative_trapezoid(torch.ones(3, 4), torch.tensor([0.0, 1, 3]))
torch.gradient(torch.ones(3), edge_order=3)
torch.gradient(torch.ones(1))
torch.gradient(torch.ones(2), edge_order=2)
torch.gradient(torch.ones(2, 2), dim=5)
torch.gradient(torch.ones(2, 2), dim=(0, 0))
torch.gradient(torch.ones(2, 2), spacing=[2.0])
torch.gradient(torch.ones(2, 2), spacing=[3, 4], dim=0)
torch.gradient(torch.ones(3).bool())
torch.gradient(torch.ones(3), spacing='a')
torch.gradient(torch.ones(3).to(torch.uint8))
torch.gradient(torch.ones(3), spacing=(torch.tensor([[0.0, 1, 3]]),), dim=0)
"""

REDUCED = """
torch.ones(3).scatter_reduce(0, torch.tensor([0, 1]), torch.ones(2), 'foo')
torch.ones(3).scatter_reduce(0, torch.tensor([0, 1]), torch.ones(2).long(), 'sum')
torch.ones(3).scatter_reduce(0, torch.tensor([0.0, 1]), torch.ones(2), 'sum')
torch.ones(3).scatter_reduce(0, torch.tensor([0, 3]), torch.ones(2), 'prod')
torch.ones(3).scatter_reduce(0, torch.tensor([0, -1]), torch.ones(2), 'amax')
torch.ones(3).scatter_reduce(1, torch.tensor([0, 1]), torch.ones(2), 'sum')
torch.ones(3).scatter_reduce(0, torch.tensor([[0, 1]]), torch.ones(2), 'sum')
torch.ones(3).scatter_reduce(0, torch.tensor([0, 1]), torch.ones(1), 'sum')
torch.ones(3).scatter_reduce(0, torch.tensor([0, 1]), 4.0, 'sum')
torch.ones(3).bool().scatter_reduce(0, torch.tensor([0]), torch.tensor([True]), 'mean')
torch.ones(3, requires_grad=True).scatter_reduce_(0, torch.tensor([0]), torch.ones(1), 'sum')
torch.ones(3).index_reduce(0, torch.tensor([0, 1]), torch.ones(2), 'sum')
torch.ones(3).index_reduce(0, torch.tensor([0.0, 1]), torch.ones(2), 'prod')
torch.ones(3).index_reduce(0, torch.tensor([0, 1]), torch.ones(2).long(), 'prod')
torch.ones(3).index_reduce(0, torch.tensor([0, 1]), torch.ones(3), 'prod')
torch.ones(3).index_reduce(0, torch.tensor([[0, 1]]), torch.ones(2), 'prod')
torch.ones(3).index_reduce(0, torch.tensor([0, 3]), torch.ones(2), 'prod')
torch.ones(3, 4).index_reduce(0, torch.tensor([0, 1]), torch.ones(2, 3), 'prod')
torch.ones(3, 4).index_reduce(0, torch.tensor([0, 1]), torch.ones(2), 'prod')
torch.ones(3).bool().index_reduce(0, torch.tensor([0]), torch.tensor([True]), 'prod')
"""


def called(lib: Any, code: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return eval(code, {"torch": lib, "nan": math.nan, "inf": math.inf})


def calls(*tables: str) -> list[str]:
    return [line for table in tables for line in table.strip().splitlines()]


@pytest.mark.parametrize("code", calls(SHAPES, COUNTS, REDUCED))
def test_same_refusal(code: str) -> None:
    with pytest.raises(Exception) as theirs:  # noqa: PT011 - whatever PyTorch raises
        called(real, code)
    with pytest.raises(type(theirs.value)) as mine:
        called(ours, code)
    first, _, hint = str(mine.value).partition("\nHint: ")
    expected = str(theirs.value).replace("torch.", "plugrad.").rstrip()
    assert first.replace("torch.", "plugrad.").rstrip() == expected
    assert "\n" not in hint
