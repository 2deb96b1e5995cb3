"""Tables of the pricing slice.  Only this slice reads or writes them."""

from entrepot.pricing.models.decisions import Approval, Counter, Decision, Freeze, Limits, Standing, Touched
from entrepot.pricing.models.groups import Commission, Cost, Group, Member, Rule, RuleVersion, Stars, SupplierStore

__all__ = [
    "Approval",
    "Commission",
    "Cost",
    "Counter",
    "Decision",
    "Freeze",
    "Group",
    "Limits",
    "Member",
    "Rule",
    "RuleVersion",
    "Standing",
    "Stars",
    "SupplierStore",
    "Touched",
]
