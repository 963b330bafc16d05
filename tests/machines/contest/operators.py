"""Every small wrongness that a machine can think of: one operator changed at a time."""

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
_NEGATIONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.GtE, ast.LtE: ast.Gt, ast.Gt: ast.LtE, ast.GtE: ast.Lt,
}  # fmt: skip
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mod: ast.FloorDiv,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mutant:
    """One changed source: `name` says where and what, without a line number."""

    name: str
    source: str


def mutants(source: str) -> Iterator[Mutant]:
    """Yield every mutant of a module's functions; types, docstrings and states stay."""
    tree = ast.parse(source)
    for function in _functions(tree):
        for place in _places(function):
            for wrong in _wrong(place):
                changed = _Exchange(place, wrong).visit(copy.deepcopy(tree))
                name = f"{function.name}: {_said(place)} -> {_said(wrong)}"
                yield Mutant(name, ast.unparse(ast.fix_missing_locations(changed)))


def _functions(tree: ast.Module) -> list[ast.FunctionDef]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def _places(function: ast.FunctionDef) -> list[ast.AST]:
    """The places of a function's body that can be wrong."""
    nodes = [node for statement in function.body for node in ast.walk(statement)]
    return [node for node in nodes if _wrong(node)]


def _said(node: ast.AST) -> str:
    """A statement by its condition, an expression whole; on one line."""
    if isinstance(node, ast.If):
        return f"if {ast.unparse(node.test)}"
    return " ".join(ast.unparse(node).split())


def _wrong(node: ast.AST) -> list[ast.AST]:
    """Every way to get this node wrong."""
    make = _WAYS.get(type(node))
    return make(node) if make else []


def _compare(node: ast.Compare) -> list[ast.AST]:
    kind = type(node.ops[0])
    others = [table[kind] for table in (_COMPARISONS, _NEGATIONS) if kind in table]
    return [ast.Compare(node.left, [other()], node.comparators) for other in others]


def _bool_op(node: ast.BoolOp) -> list[ast.AST]:
    """One operand left out, or the other word between them."""
    rest = [node.values[:n] + node.values[n + 1 :] for n in range(len(node.values))]
    fewer = [one[0] if len(one) == 1 else ast.BoolOp(node.op, one) for one in rest]
    other = ast.And() if isinstance(node.op, ast.Or) else ast.Or()
    return [*fewer, ast.BoolOp(other, node.values)]


def _condition(node: ast.If | ast.IfExp) -> list[ast.AST]:
    """Always one way, always the other."""
    kind = type(node)
    return [kind(ast.Constant(value), node.body, node.orelse) for value in (False, True)]


def _unary(node: ast.UnaryOp) -> list[ast.AST]:
    return [node.operand] if isinstance(node.op, ast.Not) else []


def _call(node: ast.Call) -> list[ast.AST]:
    is_max = isinstance(node.func, ast.Name) and node.func.id == "max"
    return [ast.Call(ast.Name("min", ast.Load()), node.args, node.keywords)] if is_max else []


def _arithmetic(node: ast.BinOp) -> list[ast.AST]:
    other = _ARITHMETIC.get(type(node.op))
    return [ast.BinOp(node.left, other(), node.right)] if other else []


def _constant(node: ast.Constant) -> list[ast.AST]:
    if isinstance(node.value, bool):
        return [ast.Constant(not node.value)]
    return [ast.Constant(node.value + 1)] if isinstance(node.value, int) else []


_WAYS: dict[type[ast.AST], Callable[..., list[ast.AST]]] = {
    ast.Compare: _compare, ast.BoolOp: _bool_op, ast.If: _condition, ast.IfExp: _condition,
    ast.UnaryOp: _unary, ast.Call: _call, ast.BinOp: _arithmetic, ast.Constant: _constant,
}  # fmt: skip


class _Exchange(ast.NodeTransformer):
    """Exchange the node that stands where `old` stands."""

    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.place, self.new = _place(old), new

    def visit(self, node: ast.AST) -> ast.AST:
        return self.new if _place(node) == self.place else self.generic_visit(node)


def _place(node: ast.AST) -> tuple[object, ...]:
    where = [getattr(node, name, None) for name in _WHERE]
    return (type(node), *where)


_WHERE = ("lineno", "col_offset", "end_lineno", "end_col_offset")
