"""Steps that migrations share.  Frozen: a released migration must do the same for ever, so change nothing, add."""

from alembic import op

ROLE = "entrepot_app"


def isolate(table: str, *, column: str = "seller_id", shared_rows: bool = False) -> None:
    """Bind *table* to the sellers of the transaction's scope.

    The owner stays free: migrations and backups need every row, and the hub never works as the owner.

    Args:
        table: its name.
        column: holds the seller.
        shared_rows: rows without a seller may be read by all; only the instance itself (scope ``*``) writes them.
    """
    mine = f"{column} = ANY ((SELECT scope_sellers())::uuid[])"
    read = f"{column} IS NULL OR {mine}" if shared_rows else mine
    write = f"({column} IS NULL AND (SELECT scope_is_instance())) OR {mine}" if shared_rows else mine
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY seller_reads ON {table} FOR SELECT TO PUBLIC USING ({read})")
    op.execute(f"CREATE POLICY seller_adds ON {table} FOR INSERT TO PUBLIC WITH CHECK ({write})")
    op.execute(f"CREATE POLICY seller_changes ON {table} FOR UPDATE TO PUBLIC USING ({write}) WITH CHECK ({write})")
    op.execute(f"CREATE POLICY seller_removes ON {table} FOR DELETE TO PUBLIC USING ({write})")


def append_only(table: str) -> None:
    """Take from the application the right to change or remove rows of *table*."""
    op.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {ROLE}")


def act_as_owner(*functions: str) -> None:
    """Spare trigger functions the proof whose rows they see: they follow a row that the statement was allowed to write.

    They are made ``SECURITY DEFINER`` with a search path of their own, and nobody but their owner may hang them on a table.
    """
    for function in functions:
        op.execute(f"ALTER FUNCTION {function}() SECURITY DEFINER SET search_path = public, pg_temp")
        op.execute(f"REVOKE EXECUTE ON FUNCTION {function}() FROM PUBLIC, {ROLE}")


def partition_by_month(table: str, *, months: int = 3) -> None:
    """Give *table*, which is partitioned by a range of moments, a partition for what is old, and those of *months* to come.

    Partitions live in the schema ``partitions``, which the application's role cannot reach: row-level security acts on
    the table that a statement names, so one that named a partition would go around it.  A job of the slice calls
    ``SELECT make_month_partitions(:table, :months)`` every day.
    """
    op.execute(f"CREATE TABLE partitions.{table}_rest PARTITION OF public.{table} DEFAULT")
    op.execute(f"SELECT make_month_partitions('{table}', {months})")
