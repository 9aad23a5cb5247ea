"""What happened in a run, or would happen."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cached_property
from html import escape
from typing import Any

from . import _native
from ._records import Refusal, StepReport


class Report:
    """What happened in a run, or would happen. It is true when all that was wanted is so.

    >>> import pyetcdplan
    >>> plan = pyetcdplan.plan("etcd: { hosts: { 10.10.10.10: { etcd_seq: 1 } } }")
    >>> report = plan.apply(pyetcdplan.SimulatedExecutor())
    >>> bool(report), len(report.failures), report.changed[-1].outcome
    (True, 0, 'changed')
    """

    def __init__(self, native: _native.Report) -> None:
        """Wraps the native report; runs make them."""
        self._native = native

    @classmethod
    def from_json(cls, text: str) -> Report:
        """Reads what :meth:`to_json` wrote."""
        return cls(_native.Report.from_json(text))

    def to_json(self) -> str:
        """Writes the report as a document."""
        return self._native.to_json()

    def to_html(self) -> str:
        """Writes the report as one page that needs nothing besides itself: what failed first.

        Where only the document is known, as after :meth:`from_json`, the page does not show which
        step waits for which.

        >>> import pyetcdplan
        >>> plan = pyetcdplan.plan("etcd: { hosts: { 10.10.10.10: { etcd_seq: 1 } } }")
        >>> "<title>Done: " in plan.apply(pyetcdplan.SimulatedExecutor()).to_html()
        True
        """
        return self._native.to_html()

    def to_dict(self) -> dict[str, Any]:
        """Gives the report as a document: dictionaries, lists, texts and numbers."""
        document: dict[str, Any] = json.loads(self.to_json())
        return document

    @cached_property
    def _document(self) -> Mapping[str, Any]:
        return self.to_dict()

    @cached_property
    def steps(self) -> list[StepReport]:
        """What happened to each step, in the order of the plan."""
        return [StepReport.from_dict(step) for step in self._document["report"]["steps"]]

    @property
    def changed(self) -> list[StepReport]:
        """The steps that changed something, or would."""
        return [step for step in self.steps if step.outcome in ("changed", "would_change")]

    @property
    def failures(self) -> list[StepReport]:
        """The steps that failed."""
        return [step for step in self.steps if step.outcome == "failed"]

    @property
    def refusals(self) -> tuple[Refusal, ...]:
        """What guards refuse; of a preview only, since a run that is refused has no report."""
        return tuple(Refusal.from_dict(refusal) for refusal in self._document["refusals"])

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be known besides, and was no reason to refuse: a sentence each."""
        return tuple(self._document["report"]["notes"])

    @property
    def stopped(self) -> bool:
        """Whether the run was asked to stop before all was done."""
        return bool(self._document["report"]["stopped"])

    @property
    def duration(self) -> float:
        """How long the run took, in seconds."""
        return float(self._document["report"]["duration_ms"]) / 1000

    def __bool__(self) -> bool:
        return self._native.is_success()

    def __str__(self) -> str:
        return self._native.to_text()

    def __repr__(self) -> str:
        last = str(self).splitlines()[-1]
        return f"<Report: {last}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Report):
            return NotImplemented
        return self.to_json() == other.to_json()

    def __hash__(self) -> int:
        return hash(self.to_json())

    def __reduce__(self) -> tuple[object, ...]:
        return _restore, (self.to_json(), self._native.outline())

    def _repr_html_(self) -> str:
        """Shows the report in notebooks, as a table of the steps at which something happened."""
        shown = [step for step in self.steps if step.outcome != "unchanged"]
        rows = [
            (step.outcome.replace("_", " "), step.step, "\n".join(step.lines) or step.hint)
            for step in shown
        ]
        table = html_table(("outcome", "step", "what"), rows) if rows else ""
        return f"<p>{escape(str(self).splitlines()[-1])}</p>{table}"


def _restore(text: str, outline: str | None) -> Report:
    return Report(_native.Report.from_json(text, outline))


def html_table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Writes a table for notebooks."""
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    style = "text-align: left; white-space: pre-wrap"
    cells = (
        "".join(f'<td style="{style}">{escape(text)}</td>' for text in row) for row in rows
    )
    body = "".join(f"<tr>{row}</tr>" for row in cells)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
