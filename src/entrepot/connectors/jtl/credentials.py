"""What a seller enters to connect JTL-Wawi."""

import re
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from entrepot.erp.contract import ErpCredentials
from entrepot.kit.credentials import NEEDED, FieldProblem
from entrepot.kit.text import N_

type Way = Literal["insert", "file"]
type Dialect = Literal["oldwawi", "wawiextern"]

_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|[0-9A-Fa-f:]{2,45}")
_INSTANCE = re.compile(r"[A-Za-z_][A-Za-z0-9_$#]{0,29}")


class JtlCredentials(ErpCredentials):
    """The database login, and how orders reach JTL."""

    way: Annotated[
        Literal["insert", "file"],
        Field(
            title=N_("How orders reach JTL"),
            description=N_(
                "The database needs the right to add rows to one table; the folder needs no right to write in the database."
            ),
            json_schema_extra={
                "choices": {
                    "insert": N_("Into the database (JTL-Worker imports them)"),
                    "file": N_("As files in a folder"),
                }
            },
        ),
    ] = "insert"
    host: Annotated[
        str,
        Field(
            title=N_("Server"),
            description=N_(
                "Name or address of the SQL Server, with its instance if it has one: wawi.example.org or wawi.example.org\\JTLWAWI."
            ),
            json_schema_extra={"needed": True},
            max_length=300,
        ),
    ] = ""
    database: Annotated[
        str,
        Field(
            title=N_("Database"),
            description=N_("Usually eazybusiness."),
            json_schema_extra={"needed": True},
            max_length=128,
        ),
    ] = "eazybusiness"
    user: Annotated[
        str,
        Field(
            title=N_("User"),
            description=N_("A login of its own that may only read; the manual shows how to make it."),
            json_schema_extra={"needed": True},
            max_length=128,
        ),
    ] = ""
    password: Annotated[
        SecretStr | None,
        Field(
            title=N_("Password"),
            description=N_("Of that login."),
            json_schema_extra={"needed": True},
        ),
    ] = None
    folder: Annotated[
        str,
        Field(
            title=N_("Folder"),
            description=N_("Only for files: the folder that JTL imports from, as this server sees it."),
            max_length=1000,
        ),
    ] = ""
    port: Annotated[
        int,
        Field(
            title=N_("Port"),
            description=N_("1433, unless the server listens elsewhere; not used with an instance."),
            ge=1,
            le=65535,
            json_schema_extra={"advanced": True},
        ),
    ] = 1433
    database_url: Annotated[
        SecretStr | None,
        Field(
            title=N_("Database address"),
            description=N_(
                "Instead of server, database, user and password: mssql://… or, for the sandbox, postgresql://user:password@host:port/database."
            ),
            json_schema_extra={"advanced": True},
        ),
    ] = None
    dialect: Annotated[
        Literal["oldwawi", "wawiextern"],
        Field(
            title=N_("Form of the XML"),
            description=N_(
                "The import inside JTL-Wawi and JTL-Worker read the first; JTLwawiExtern.dll reads the second."
            ),
            json_schema_extra={
                "advanced": True,
                "choices": {
                    "oldwawi": N_("Order import (twarenkorbpos)"),
                    "wawiextern": N_("JTLwawiExtern (tbestellpos)"),
                },
            },
        ),
    ] = "oldwawi"
    company: Annotated[
        int,
        Field(
            title=N_("Company"),
            description=N_("Key of the company in JTL (kFirma)."),
            ge=1,
            le=2**31 - 1,
            json_schema_extra={"advanced": True},
        ),
    ] = 1
    clerk: Annotated[
        int,
        Field(
            title=N_("JTL user"),
            description=N_("Key of the user that orders are entered by (kBenutzer)."),
            ge=1,
            le=2**31 - 1,
            json_schema_extra={"advanced": True},
        ),
    ] = 1
    shipping_method: Annotated[
        str,
        Field(
            title=N_("Shipping method"),
            description=N_("As it is called in JTL."),
            max_length=255,
            json_schema_extra={"advanced": True},
        ),
    ] = "DHL Paket"
    payment_days: Annotated[
        int,
        Field(
            title=N_("Days to pay"),
            description=N_("Term of payment of the orders."),
            ge=0,
            le=365,
            json_schema_extra={"advanced": True},
        ),
    ] = 8
    tax_rate: Annotated[
        Decimal,
        Field(
            title=N_("Usual tax rate"),
            description=N_("In percent, for lines whose rate is not known."),
            ge=0,
            le=100,
            decimal_places=2,
            json_schema_extra={"advanced": True},
        ),
    ] = Decimal("19.00")

    @field_validator("host")
    @classmethod
    def _a_server(cls, host: str) -> str:
        name, backslash, instance = host.partition("\\")
        if host and not (_HOST.fullmatch(name) and (not backslash or _INSTANCE.fullmatch(instance))):
            raise ValueError(N_("Give the name or address of a server, and nothing else."))
        return host

    @field_validator("folder")
    @classmethod
    def _a_folder(cls, folder: str) -> str:
        if folder and (not folder.startswith("/") or "\0" in folder):
            raise ValueError(N_("Give the whole path, beginning with /."))
        return folder

    @model_validator(mode="after")
    def _enough(self) -> Self:
        if self.database_url is None:
            for name in ("host", "database", "user", "password"):
                if not getattr(self, name):
                    raise FieldProblem(name, NEEDED)
        if self.way == "file" and not self.folder:
            raise FieldProblem("folder", NEEDED)
        return self
