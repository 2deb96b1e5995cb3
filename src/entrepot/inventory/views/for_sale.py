"""Stock for statements of other slices that go through a whole assortment at once.

Asking for single numbers is what :func:`entrepot.inventory.views.availability` is for.  Comparing a million offers with the
stock is a join, and a join has to happen in the database: so this is the query that others put into theirs.
"""

from typing import Literal

type Counted = Literal["all", "warehouse", "given"]

_NUMBERS: dict[Counted, str] = {
    "all": "SELECT product_id, available FROM stock_total WHERE seller_id = :seller {only}",
    "warehouse": """
        SELECT product_id, sum(v.on_hand - v.reserved)::int AS available
        FROM stock_level v JOIN location l ON l.id = v.location_id
        WHERE v.seller_id = :seller AND l.warehouse_id = :warehouse AND l.pickable
            AND (v.lot = '' OR lot_sellable(v.seller_id, v.product_id, v.lot)) {only}
        GROUP BY 1
    """,
    "given": """
        SELECT product_id, available FROM (
            SELECT g.id AS product_id, n.available FROM ({given}) n
            JOIN product g ON g.seller_id = :seller AND g.sku = n.sku
        ) named WHERE true {only}
    """,
}
_NARROWED = """
    touched AS MATERIALIZED (
        SELECT unnest(CAST(:products AS uuid[])) AS id
        UNION SELECT bundle_id FROM bundle_component WHERE component_id = ANY(:products)
    ),
    counted AS MATERIALIZED (
        SELECT id FROM touched
        UNION SELECT component_id FROM bundle_component WHERE bundle_id IN (SELECT id FROM touched)
    ),
"""


def for_sale(counted: Counted = "all", *, given: str = "", narrowed: bool = False) -> str:
    """Return a query of ``product_id, active, buffer, available`` for every product of the seller ``:seller``.

    Of a bundle, *available* is how many its components make, their buffers withheld; its own is not subtracted.

    The numbers are counted once and kept for the statement: before the first ANALYZE, minutes after a first import,
    PostgreSQL takes every table for a small one and would count them anew for each product.

    Args:
        counted: what counts: everything, what is in the building ``:warehouse``, or what somebody else counted.
        given: a query of ``sku, available`` with what somebody else counted; a bundle may be named in it itself.
        narrowed: only the products ``:products``, and bundles that contain them.
    """
    numbers = _NUMBERS[counted].format(
        given=given, only="AND product_id IN (SELECT id FROM counted)" if narrowed else ""
    )
    only = "AND p.id IN (SELECT id FROM touched)" if narrowed else ""
    only_bundles = "AND c.bundle_id IN (SELECT id FROM touched)" if narrowed else ""
    made = "coalesce(t.available, b.makes, 0)" if counted == "given" else "coalesce(b.makes, 0)"
    return f"""
        WITH {_NARROWED if narrowed else ""} numbers AS MATERIALIZED ({numbers})
        SELECT p.id AS product_id, p.active, p.buffer,
            CASE p.kind WHEN 'bundle' THEN {made} ELSE coalesce(t.available, 0) END AS available
        FROM product p
        LEFT JOIN numbers t ON t.product_id = p.id
        LEFT JOIN (
            SELECT c.bundle_id, min(greatest(0, coalesce(n.available, 0) - q.buffer) / c.quantity) AS makes
            FROM bundle_component c
            JOIN product q ON q.seller_id = c.seller_id AND q.id = c.component_id
            LEFT JOIN numbers n ON n.product_id = c.component_id
            WHERE c.seller_id = :seller {only_bundles} GROUP BY c.bundle_id
        ) b ON b.bundle_id = p.id
        WHERE p.seller_id = :seller {only}
    """  # noqa: S608 -- our own texts
