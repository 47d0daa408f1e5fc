"""
Vectors of eight numbers for compiled functions, a lane for each atom.

In functions that numba compiles, a `Lanes` is a value like a float: ``+``, ``-``, ``*`` and ``/``
work lane by lane, also with a float on either side. It becomes one SIMD register where the
processor has AVX-512, and several where it has less. A scratch array of floats holds one in each
row: ``array[LANES * row + lane]``. Rows are not checked against the length of the array.
"""

import operator
from collections.abc import Callable

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.base import BaseContext
from numba.core.imputils import lower_builtin
from numba.core.typing import signature
from numba.core.typing.templates import ConcreteTemplate, Signature, infer_global
from numba.extending import intrinsic, models, register_model

LANES = 8
"""Numbers in a vector."""

_VECTOR = ir.VectorType(ir.DoubleType(), LANES)
_ALIGNMENT = 8


class Lanes(types.Type):
    """Type of the vectors, as numba knows it."""

    def __init__(self) -> None:
        super().__init__(name="Lanes")


lanes = Lanes()


@register_model(Lanes)
class _LanesModel(models.PrimitiveModel):
    """A vector of LLVM."""

    def __init__(self, manager: object, kind: types.Type) -> None:
        super().__init__(manager, kind, _VECTOR)


def splat(builder: ir.IRBuilder, number: ir.Value) -> ir.Value:
    """Generate the code that puts a number into every lane."""
    first = builder.insert_element(
        ir.Constant(_VECTOR, ir.Undefined), number, ir.Constant(ir.IntType(32), 0)
    )
    mask = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
    return builder.shuffle_vector(first, first, mask)


def _address(
    context: BaseContext, builder: ir.IRBuilder, kind: types.Array, array: ir.Value, row: ir.Value
) -> ir.Value:
    """Give the address of a row of a scratch array."""
    data = context.make_array(kind)(context, builder, array).data
    offset = builder.mul(row, ir.Constant(row.type, LANES))
    return builder.bitcast(builder.gep(data, [offset]), _VECTOR.as_pointer())


def read_row(
    context: BaseContext, builder: ir.IRBuilder, kind: types.Array, array: ir.Value, row: ir.Value
) -> ir.Value:
    """Generate the code that reads a row of a scratch array."""
    return builder.load(_address(context, builder, kind, array, row), align=_ALIGNMENT)


def write_row(  # noqa: PLR0917
    context: BaseContext, builder: ir.IRBuilder, kind: types.Array, array: ir.Value, row: ir.Value,
    value: ir.Value,
) -> None:  # fmt: skip
    """Generate the code that writes a row of a scratch array."""
    builder.store(value, _address(context, builder, kind, array, row), align=_ALIGNMENT)


def _is_scratch(array: types.Type, row: types.Type) -> bool:
    return (
        isinstance(array, types.Array)
        and array.dtype == types.float64
        and array.ndim == 1
        and array.layout == "C"
        and isinstance(row, types.Integer)
    )


@intrinsic
def load(typingctx, array, row):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201, ARG001
    """Read a row of a scratch array."""
    if not _is_scratch(array, row):
        return None

    def generate(context, builder, sig, args):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        row = context.cast(builder, args[1], sig.args[1], types.intp)
        return read_row(context, builder, sig.args[0], args[0], row)

    return lanes(array, row), generate


@intrinsic
def store(typingctx, array, row, value):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201, ARG001
    """Write a row of a scratch array."""
    if not _is_scratch(array, row) or value != lanes:
        return None

    def generate(context, builder, sig, args):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        row = context.cast(builder, args[1], sig.args[1], types.intp)
        write_row(context, builder, sig.args[0], args[0], row, args[2])
        return context.get_dummy_value()

    return types.void(array, row, value), generate


@intrinsic
def broadcast(typingctx, number):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201, ARG001
    """Put a float into every lane."""

    def generate(context, builder, sig, args):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, ARG001
        return splat(builder, args[0])

    return lanes(types.float64), generate


@intrinsic
def square_root(typingctx, value):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201, ARG001
    """Take the square root in every lane."""

    def generate(context, builder, sig, args):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, ARG001
        function = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(_VECTOR, [_VECTOR]), f"llvm.sqrt.v{LANES}f64"
        )
        return builder.call(function, args)

    return lanes(lanes), generate


def _define(symbol: Callable[..., object], instruction: str) -> None:
    """Define an operator of two vectors, or of a vector and a float."""
    pairs = [(lanes, lanes), (lanes, types.float64), (types.float64, lanes)]

    @infer_global(symbol)
    class _Typing(ConcreteTemplate):
        cases = [signature(lanes, *pair) for pair in pairs]  # noqa: RUF012

    def generate(
        context: BaseContext,  # noqa: ARG001
        builder: ir.IRBuilder,
        sig: Signature,
        args: tuple[ir.Value, ir.Value],
    ) -> ir.Value:
        operands = [
            value if kind == lanes else splat(builder, value)
            for kind, value in zip(sig.args, args, strict=True)
        ]
        return getattr(builder, instruction)(*operands)

    for pair in pairs:
        lower_builtin(symbol, *pair)(generate)


for _symbol, _instruction in [
    (operator.add, "fadd"), (operator.iadd, "fadd"), (operator.sub, "fsub"),
    (operator.mul, "fmul"), (operator.truediv, "fdiv"),
]:  # fmt: skip
    _define(_symbol, _instruction)
