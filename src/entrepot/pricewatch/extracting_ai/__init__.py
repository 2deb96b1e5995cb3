"""Extracting with a language model of the operator's choice: off unless set up, and only ever a proposal."""
