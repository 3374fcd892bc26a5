"""PyTorch's names and signatures over the ops, chapter by chapter: a module function is the method, the same object."""

from __future__ import annotations

from plugrad.core.methods.accumulation import AccumulationMethods
from plugrad.core.methods.comparison import ComparisonMethods
from plugrad.core.methods.complex_numbers import ComplexMethods
from plugrad.core.methods.conversion import ConversionMethods
from plugrad.core.methods.counting import CountingMethods
from plugrad.core.methods.covariance import CovarianceMethods
from plugrad.core.methods.creation import CreationMethods
from plugrad.core.methods.diagonals import DiagonalMethods
from plugrad.core.methods.distributions import DistributionMethods
from plugrad.core.methods.expansion import ExpansionMethods
from plugrad.core.methods.extremum import ExtremumMethods
from plugrad.core.methods.filling import FillingMethods
from plugrad.core.methods.indexing import IndexingMethods
from plugrad.core.methods.linalg import LinalgMethods
from plugrad.core.methods.masks import MaskMethods
from plugrad.core.methods.matrix_functions import MatrixMethods
from plugrad.core.methods.neural import NeuralMethods
from plugrad.core.methods.patching import PatchingMethods
from plugrad.core.methods.pointwise import PointwiseMethods
from plugrad.core.methods.quantiles import QuantileMethods
from plugrad.core.methods.random import RandomMethods
from plugrad.core.methods.reduction import ReductionMethods
from plugrad.core.methods.repetition import RepetitionMethods
from plugrad.core.methods.scan import ScanMethods
from plugrad.core.methods.scatter import ScatterMethods
from plugrad.core.methods.shape import ShapeMethods
from plugrad.core.methods.short_time import ShortTimeMethods
from plugrad.core.methods.slices import SliceMethods
from plugrad.core.methods.sorting import SortingMethods
from plugrad.core.methods.special import SpecialMethods
from plugrad.core.methods.splitting import SplittingMethods
from plugrad.core.methods.spread import SpreadMethods
from plugrad.core.methods.transposition import TranspositionMethods


class Methods(
    PointwiseMethods,
    ComparisonMethods,
    ReductionMethods,
    ExtremumMethods,
    SpreadMethods,
    QuantileMethods,
    CountingMethods,
    ScanMethods,
    ShapeMethods,
    ExpansionMethods,
    TranspositionMethods,
    SplittingMethods,
    RepetitionMethods,
    DiagonalMethods,
    FillingMethods,
    IndexingMethods,
    SortingMethods,
    SliceMethods,
    PatchingMethods,
    ScatterMethods,
    AccumulationMethods,
    MaskMethods,
    ComplexMethods,
    SpecialMethods,
    LinalgMethods,
    MatrixMethods,
    CovarianceMethods,
    NeuralMethods,
    ConversionMethods,
    CreationMethods,
    ShortTimeMethods,
    RandomMethods,
    DistributionMethods,
):
    """All methods and operators of Tensor."""

    __slots__ = ()
