"""The ``entrepot`` command: one module for each group of commands."""
