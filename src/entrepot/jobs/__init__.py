"""Durable jobs and workflows, schedules, reactions to events, run history.  The only code that knows the job engine."""
