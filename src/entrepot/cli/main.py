"""The commands.  Each imports what it needs when it runs, so that ``entrepot --help`` answers at once."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from entrepot.kit.errors import EntrepotError

app = App(name="entrepot", help="Entrepot: the places where you sell, joined to the shelf where the goods lie.")
user = App(name="user", help="People who sign in.")
seller = App(name="seller", help="Sellers: whose goods and orders they are.")
app.command(user)
app.command(seller)
connector = App(name="connector", help="For authors of connectors to other systems.")
app.command(connector)


store = App(name="store", help="Web shops whose prices are watched.")
app.command(store)
watch = App(name="watch", help="Products whose prices are watched.")
app.command(watch)


@app.command
def up() -> None:
    """Run everything: the database, the web process and a worker.  Ctrl-C stops them."""
    from entrepot.cli.supervisor import EVERYTHING, supervise  # noqa: PLC0415

    supervise(EVERYTHING, environment={})


@app.command
def demo(
    *,
    port: int = 8800,
    folder: Annotated[Path, Parameter(help="Where the demo keeps its data.")] = Path("var/demo"),
    speed: Annotated[str, Parameter(help="Orders per minute that buyers place, or “all” at once.")] = "12",
) -> None:
    """Run everything beside a simulated outside world: a marketplace with buyers, a carrier, a mailbox."""
    from entrepot.cli.demo import run_demo  # noqa: PLC0415

    run_demo(port=port, folder=folder, speed=speed)


@app.command(name="demo-data", show=False)
def demo_data() -> None:
    """Fill a new demo."""
    from entrepot.cli.demo_data import fill  # noqa: PLC0415

    fill()


@app.command(show=False)
def prepare() -> None:
    """Start the database and migrate it, for the processes that the supervisor starts."""
    from entrepot.cli.database import prepare as start  # noqa: PLC0415

    start()


@app.command(show=False)
def leave() -> None:
    """Stop the database that :func:`prepare` started."""
    from entrepot.cli.database import leave as end  # noqa: PLC0415

    end()


@app.command
def web() -> None:
    """Run one web process.  Run as many as you need; they share the database."""
    from entrepot.cli.processes import run_web  # noqa: PLC0415

    run_web()


@app.command
def worker() -> None:
    """Run one worker: the process that does the jobs.  Run as many as you need."""
    from entrepot.cli.processes import run_worker  # noqa: PLC0415

    run_worker()


@app.command
def migrate() -> None:
    """Bring the database up to the schema of this release.  Safe to repeat."""
    from entrepot.cli.database import migrate_database  # noqa: PLC0415

    migrate_database()


@app.command
def doctor(*, show_role: Annotated[bool, Parameter(help="Print the password of the database role.")] = False) -> None:
    """Check this instance and say what is wrong and what to do.  Ends with 1 if something is."""
    from entrepot.cli.doctor import examine  # noqa: PLC0415

    sys.exit(examine(show_role=show_role))


@app.command
def backup(file: Path) -> None:
    """Write the database and the documents into one FILE."""
    from entrepot.cli.backup import write_backup  # noqa: PLC0415

    write_backup(file)


@app.command
def restore(
    file: Path, *, yes: Annotated[bool, Parameter(help="Do not ask before replacing the data here.")] = False
) -> None:
    """Replace the data of this instance with those of FILE, after checking them.  The hub must be stopped."""
    from entrepot.cli.backup import restore_backup  # noqa: PLC0415

    restore_backup(file, ask=not yes)


@app.command
def notebook(
    *, port: Annotated[int, Parameter(help="On this machine alone; the address printed has a token.")] = 2718
) -> None:
    """Open a notebook (marimo) on the watched prices.  Needs the extra “notebook”; Ctrl-C ends it."""
    from entrepot.cli.notebook import run_notebook  # noqa: PLC0415

    sys.exit(run_notebook(port=port))


@app.command(name="print-agent")
def print_agent(
    *,
    url: Annotated[str, Parameter(env_var="ENTREPOT_PRINT_URL", help="Address of the hub.")],
    token: Annotated[str, Parameter(env_var="ENTREPOT_PRINT_TOKEN", help="API key (ek_...:secret) or access token with the right to fetch print jobs; better in the environment than on the command line.")],
    workstation: Annotated[str, Parameter(env_var="ENTREPOT_PRINT_WORKSTATION", help="Its name, as the hub shows it.")],
    name: Annotated[str, Parameter(help="What the hub calls this agent; this machine's name unless given.")] = "",
    folder: Annotated[Path | None, Parameter(help="Write files here instead of printing: to try it out.")] = None,
    once: Annotated[bool, Parameter(help="Print what waits, then end.")] = False,
) -> None:  # fmt: skip
    """Print what the hub queues for a workstation, on the printers near this machine.  Ctrl-C stops it."""
    import platform  # noqa: PLC0415

    from entrepot.cli.print_agent import Place, run_agent  # noqa: PLC0415

    place = Place(workstation=workstation, agent=(name or platform.node() or "agent")[:60], folder=folder)
    run_agent(url=url, token=token, place=place, once=once)


@user.command(name="add")
def user_add(
    email: str,
    *,
    name: str = "",
    role: str = "owner",
    of: Annotated[str, Parameter(name="--seller", help="Only for this seller; else the whole instance.")] = "",
) -> None:
    """Add a person and print their generated password."""
    from entrepot.cli.people import add_user  # noqa: PLC0415

    add_user(email, name=name, role=role, seller=of)


@seller.command(name="add")
def seller_add(name: str, *, currency: str = "EUR", country: str = "NL") -> None:
    """Add a seller."""
    from entrepot.cli.people import add_seller  # noqa: PLC0415

    add_seller(name, currency=currency, country=country)


OfSeller = Annotated[str, Parameter(name="--seller", help="Whose; not needed if there is only one seller.")]


@store.command(name="create")
def store_create(  # noqa: PLR0913 -- what a store is
    *,
    domain: Annotated[list[str], Parameter(help="A host of it; give it again for another.")],
    name: Annotated[str, Parameter(help="What people call it; else its first host.")] = "",
    selector: Annotated[list[str] | None, Parameter(help="field=kind:expression, tried in their order; give it again for another: price=json:$.offers.price, price=css:.price, availability=xpath://link/@href.")] = None,
    locale: Annotated[str, Parameter(help="How its pages write numbers: de_DE.")] = "",
    currency: Annotated[str, Parameter(help="Of prices whose page names none: EUR.")] = "",
    generic: Annotated[bool, Parameter(help="Look for fields that no selector answers.")] = True,
    mode: Annotated[str, Parameter(help="http, browser or service.")] = "http",
    interval_ms: Annotated[int, Parameter(help="Between two requests to one host.")] = 1000,
    concurrency: Annotated[int, Parameter(help="Requests to one host at once.")] = 1,
    check_minutes: Annotated[int, Parameter(help="Between two checks of a page.")] = 240,
    of: OfSeller = "",
) -> None:  # fmt: skip
    """Add a store."""
    from entrepot.cli.prices import create_store  # noqa: PLC0415
    from entrepot.pricewatch.fetching.contract import FetchMode  # noqa: PLC0415
    from entrepot.pricewatch.watching.stores import StoreDraft  # noqa: PLC0415

    if mode not in set(FetchMode):
        message = f"“{mode}” is no way to fetch a page: use http, browser or service."
        raise SystemExit(message)
    draft = StoreDraft(
        name=name,
        domains=tuple(domain),
        locale=locale,
        currency=currency,
        selectors=tuple(selector or ()),
        generic=generic,
        fetch_mode=FetchMode(mode),
        interval_ms=interval_ms,
        concurrency=concurrency,
        check_minutes=check_minutes,
    )
    create_store(draft, seller=of)


@store.command(name="list")
def store_list(*, of: OfSeller = "") -> None:
    """List stores."""
    from entrepot.cli.prices import list_stores  # noqa: PLC0415

    list_stores(seller=of)


@store.command(name="show")
def store_show(name: str, *, of: OfSeller = "") -> None:
    """Print how a store, given by name or host, is fetched and read."""
    from entrepot.cli.prices import show_store  # noqa: PLC0415

    show_store(name, seller=of)


@store.command(name="export")
def store_export(name: str, file: Path, *, of: OfSeller = "") -> None:
    """Write a store into FILE, to share it; cookies and headers are left out."""
    from entrepot.cli.prices import show_store  # noqa: PLC0415

    show_store(name, seller=of, file=file)


@store.command(name="import")
def store_import(file: Path, *, yes: Annotated[bool, Parameter(help="Do not ask.")] = False, of: OfSeller = "") -> None:
    """Add the store that FILE defines, after showing it."""
    from entrepot.cli.prices import import_store  # noqa: PLC0415

    import_store(file, seller=of, yes=yes)


@store.command(name="test")
def store_test(url: str, *, of: OfSeller = "") -> None:
    """Fetch a page as its store is set up, and print what is found on it; nothing is stored."""
    from entrepot.cli.prices import test_store  # noqa: PLC0415

    test_store(url, seller=of)


@watch.command(name="add")
def watch_add(
    url: str,
    *,
    title: Annotated[str, Parameter(help="Of the product; else as the page says.")] = "",
    sku: Annotated[str, Parameter(help="Of your product that it is.")] = "",
    of: OfSeller = "",
) -> None:
    """Watch the price on a page."""
    from entrepot.cli.prices import watch_page  # noqa: PLC0415

    watch_page(url, seller=of, title=title, sku=sku)


@connector.command(name="new")
def connector_new(
    name: str,
    *,
    title: Annotated[str, Parameter(help="What people call the channel.")] = "",
    folder: Annotated[Path, Parameter(help="Where the new distribution is written.")] = Path(),
) -> None:
    """Write the skeleton of a connector: package, conformance test, manual page."""
    from entrepot.cli.connector import make_connector  # noqa: PLC0415

    make_connector(name, title=title, folder=folder)


def run() -> None:
    """Run the command line; an error on purpose becomes its sentence."""
    try:
        app()
    except EntrepotError as error:
        print(f"{error.title}: {error.detail}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
