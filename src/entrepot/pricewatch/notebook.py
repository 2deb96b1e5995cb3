"""Watched prices as a marimo notebook: ``entrepot notebook`` opens a copy of it that is yours to change."""

from typing import Any

import marimo

app = marimo.App(width="medium", app_title="Watched prices")


@app.cell
def _() -> tuple[Any, ...]:
    from contextlib import ExitStack

    import marimo as mo

    from entrepot.messaging.drawing import draw
    from entrepot.pricewatch.history.desk import PriceDesk
    from entrepot.pricewatch.history.domain import Span
    from entrepot.pricewatch.history.wording import explained

    return ExitStack, PriceDesk, Span, draw, explained, mo


@app.cell
def _(ExitStack: Any, PriceDesk: Any) -> tuple[Any, ...]:
    # The hub's services on the hub's database, as the application's role.
    opened = ExitStack()
    desk = opened.enter_context(PriceDesk.here())
    return desk, opened


@app.cell
async def _(desk: Any, mo: Any) -> tuple[Any, ...]:
    sellers = await desk.sellers()
    seller = mo.ui.dropdown(options=sellers, value=next(iter(sellers), None), label="Seller")
    mo.vstack([mo.md("# Watched prices"), seller])
    return (seller,)


@app.cell
async def _(desk: Any, mo: Any, seller: Any) -> tuple[Any, ...]:
    mine = desk.of(seller.value)
    overview = await mine.overview()
    products = await mine.products()
    mo.hstack(
        [
            mo.stat(overview.totals.products, label="Products"),
            mo.stat(overview.totals.listings, label="Listings"),
            mo.stat(overview.totals.changed, label="Changed within a day"),
            mo.stat(overview.totals.attention, label="Need attention"),
        ]
    )
    return mine, overview, products


@app.cell
def _(mo: Any, overview: Any) -> tuple[Any, ...]:
    good = [
        {"product": one.title, "price": one.price, "currency": one.currency, "lowest": one.low, "score": one.score}
        for one in overview.good
    ]
    mo.vstack([mo.md("## Good to buy now"), mo.ui.table(good) if good else mo.md("Nothing at the moment.")])
    return (good,)


@app.cell
def _(Span: Any, mo: Any, products: Any) -> tuple[Any, ...]:
    titles = {f"{number + 1}. {row['title']}": row["id"] for number, row in enumerate(products)}
    product = mo.ui.dropdown(options=titles, value=next(iter(titles), None), label="Product")
    span = mo.ui.dropdown(options={str(one): one for one in Span}, value=str(Span.QUARTER), label="Span")
    mo.vstack([mo.md("## One product"), mo.hstack([product, span], justify="start")])
    return product, span


@app.cell
async def _(draw: Any, explained: Any, mine: Any, mo: Any, product: Any, span: Any) -> tuple[Any, ...]:
    found = await mine.history(product.value, span.value) if product.value else None
    if found is None or found.figures is None:
        shown = mo.md("No price is known yet.")
    else:
        points = [(int(step.at.timestamp()), step.price) for step in found.steps if step.price is not None]
        points.append((int(found.until.timestamp()), points[-1][1]))
        shown = mo.vstack([mo.image(draw(points, found.currency, "Best price")), mo.md(explained(found.figures))])
    mo.vstack([shown])
    return found, shown


@app.cell
def _(found: Any, mo: Any) -> tuple[Any, ...]:
    compared = [
        {
            "store": one.listing.store,
            "now": one.figures.now,
            "lowest": one.figures.low,
            "average": one.figures.average,
            "highest": one.figures.high,
        }
        for one in (found.stores if found else [])
        if one.figures is not None
    ]
    mo.vstack([mo.md("### Stores compared"), mo.ui.table(compared) if compared else mo.md("–")])
    return (compared,)


if __name__ == "__main__":
    app.run()
