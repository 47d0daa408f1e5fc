"""
The contractions of a moment table as code without loops.

The products of a table are known when its kernel is compiled. So the code of each is written out,
with the moments in registers, instead of a loop that looks up what to multiply.
"""

from collections.abc import Sequence
from typing import Any

from llvmlite import ir
from numba.core import types
from numba.core.base import BaseContext
from numba.extending import intrinsic

from physics.potentials.lanes import read_row, splat, write_row

Product = tuple[int, int, int, float]
"""Left and right factor, target, and multiplicity."""


class _Rows:
    """Rows of a scratch array, each read and written once."""

    def __init__(
        self, context: BaseContext, builder: ir.IRBuilder, kind: types.Array, array: ir.Value
    ) -> None:
        self._builder = builder
        self._array = context, builder, kind, array
        self._values: dict[int, ir.Value] = {}
        self._changed: dict[int, None] = {}

    def __getitem__(self, row: int) -> ir.Value:
        if row not in self._values:
            self._values[row] = read_row(*self._array, ir.Constant(ir.IntType(64), row))
        return self._values[row]

    def add(self, row: int, *factors: ir.Value) -> None:
        """Add a product to a row."""
        term = factors[0]
        for factor in factors[1:]:
            term = self._builder.fmul(term, factor)
        self._values[row] = self._builder.fadd(self[row], term)
        self._changed[row] = None

    def write(self) -> None:
        """Write the rows that changed."""
        for row in self._changed:
            write_row(*self._array, ir.Constant(ir.IntType(64), row), self._values[row])


def multiplication(products: Sequence[Product]) -> Any:
    """
    Make the compiled function that multiplies basic moments into all others.

    Parameters
    ----------
    products : sequence of Product
        In an order in which every factor is complete before it is used.

    Returns
    -------
    Callable
        For use in compiled functions; it takes the scratch array of the moments.
    """

    @intrinsic
    def multiply(typingctx, moments):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, ARG001
        def generate(context, builder, sig, args):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
            m = _Rows(context, builder, sig.args[0], args[0])
            for left, right, target, multiplicity in products:
                m.add(target, m[left], m[right], *_constant(builder, multiplicity))
            m.write()
            return context.get_dummy_value()

        return types.void(moments), generate

    return multiply


def back_propagation(products: Sequence[Product]) -> Any:
    """
    Make the compiled function that carries derivatives back from the scalars.

    Parameters
    ----------
    products : sequence of Product
        As `multiplication` takes them.

    Returns
    -------
    Callable
        For use in compiled functions; it takes the scratch arrays of the moments and of the
        derivatives by them.
    """

    @intrinsic
    def propagate(typingctx, moments, adjoint):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, ARG001
        def generate(context, builder, sig, args):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
            m = _Rows(context, builder, sig.args[0], args[0])
            g = _Rows(context, builder, sig.args[1], args[1])
            for left, right, target, multiplicity in reversed(products):
                by_product = g[target]
                for constant in _constant(builder, multiplicity):
                    by_product = builder.fmul(by_product, constant)
                g.add(left, by_product, m[right])
                g.add(right, by_product, m[left])
            g.write()
            return context.get_dummy_value()

        return types.void(moments, adjoint), generate

    return propagate


def _constant(builder: ir.IRBuilder, number: float) -> list[ir.Value]:
    """Give a factor as a vector; none if it is 1."""
    return [] if number == 1 else [splat(builder, ir.Constant(ir.DoubleType(), float(number)))]
