"""What the documentation defines must not stay."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from plugrad.core import namespace, op


@pytest.fixture
def registers() -> Iterator[None]:
    """What ``@op`` adds to is put back, else the tests that walk all ops would meet those of a page."""
    kept = [(register, dict(register)) for register in (op.OPS, namespace.DEFINITIONS, namespace.FUNCTIONS)]
    yield
    for register, before in kept:
        register.clear()
        register.update(before)
