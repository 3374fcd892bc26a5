"""PyTorch's names for ops: conversion."""

from __future__ import annotations

__all__: list[str] = []


class ConversionMethods:
    """The methods and operators of this chapter."""

    __slots__ = ()
