"""The scheme by which all scalars are made: recipes chosen so that products are few."""

from collections import defaultdict
from typing import NamedTuple

from physics.potentials.recipes import Recipe, recipes
from physics.potentials.tensors import Tensor


class _Plan(NamedTuple):
    """Recipes to be added, in the order of their use, and their number of products."""

    cost: int
    recipes: dict[Tensor, Recipe]


class _Scheme:
    """The recipes in use. A tensor that serves several others is made once."""

    def __init__(self, roots: list[Tensor]) -> None:
        self.used: dict[Tensor, Recipe] = {}
        self.users: dict[Tensor, set[Tensor]] = defaultdict(set)
        self.options: dict[Tensor, list[tuple[int, Recipe]]] = {}
        for root in roots:
            self.users[root].add(root)
        for root in reversed(roots):
            self.add(root)

    def cheapest(self, tensor: Tensor) -> _Plan:
        """Plan to make a tensor with the fewest products beside those in use."""
        if tensor.is_moment or tensor in self.used:
            return _Plan(0, {})
        if tensor not in self.options:
            self.options[tensor] = [(len(r.products()), r) for r in recipes(tensor)]
        plans = []
        for own_cost, recipe in self.options[tensor]:
            cost = own_cost
            needed: dict[Tensor, Recipe] = {}
            for factor in dict.fromkeys(recipe.operands):
                plan = self.cheapest(factor)
                cost += plan.cost
                needed |= plan.recipes
            plans.append(_Plan(cost, needed | {tensor: recipe}))
        return min(plans, key=lambda plan: plan.cost)

    def add(self, tensor: Tensor) -> None:
        """Make a tensor."""
        for made, recipe in self.cheapest(tensor).recipes.items():
            self.used[made] = recipe
            for factor in recipe.operands:
                self.users[factor].add(made)

    def remove(self, tensor: Tensor) -> None:
        """Stop making a tensor, and what nothing else uses."""
        if tensor.is_moment:
            return
        for factor in dict.fromkeys(self.used.pop(tensor).operands):
            self.users[factor].discard(tensor)
            if not self.users[factor]:
                self.remove(factor)


def choose_recipes(roots: list[Tensor]) -> dict[Tensor, Recipe]:
    """
    Choose how to make tensors with few products, sharing what they have in common.

    Each tensor in turn, the last first, takes the plan that adds the fewest products to those in
    use; each is then planned once more, now that the others are known. (The scalars of most
    moments come last and need the most intermediate tensors: the order from first to last gives
    6 to 9 % more products.)

    Parameters
    ----------
    roots : list of Tensor
        Canonical.

    Returns
    -------
    dict of Tensor to Recipe
        Of the roots and everything between them and the basic moments; factors come first.
    """
    scheme = _Scheme(roots)
    for root in reversed(roots):
        if not root.is_moment:
            scheme.remove(root)
            scheme.add(root)
    ordered: dict[Tensor, Recipe] = {}

    def order(tensor: Tensor) -> None:
        if not tensor.is_moment and tensor not in ordered:
            recipe = scheme.used[tensor]
            for factor in recipe.operands:
                order(factor)
            ordered[tensor] = recipe

    for root in roots:
        order(root)
    return ordered
