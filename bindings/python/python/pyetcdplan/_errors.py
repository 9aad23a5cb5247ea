"""What is raised. Every exception says what to do next, and carries what it is about as data."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ._records import Diagnostic, Refusal

if TYPE_CHECKING:
    from ._report import Report


class EtcdPlanError(Exception):
    """Says why something was not done. All exceptions of this package are of this class.

    >>> import pyetcdplan
    >>> try:
    ...     pyetcdplan.Plan.from_json("{}")
    ... except pyetcdplan.EtcdPlanError as error:
    ...     print(error.code)
    no-plan
    """

    code: str
    """A word that stays the same from version to version, such as ``no-plan``."""
    hints: tuple[str, ...]
    """What to do next; one sentence each."""

    def __init__(self, message: str, *, code: str = "error", hints: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.code = code
        self.hints = tuple(hints)


class InventoryError(EtcdPlanError):
    """Says that an inventory cannot be read, or has errors: all findings at once.

    >>> import pyetcdplan
    >>> try:
    ...     pyetcdplan.plan("etcd: { hosts: { 10.10.10.10: { etcd_seq: none } } }")
    ... except pyetcdplan.InventoryError as error:
    ...     finding = error.diagnostics[0]
    >>> finding.place.line, finding.place.column, finding.severity
    (1, 43, 'error')
    """

    diagnostics: tuple[Diagnostic, ...]
    """The findings, warnings too; none when the file cannot be read at all."""

    def __init__(
        self,
        message: str,
        *,
        code: str = "inventory",
        hints: Iterable[str] = (),
        diagnostics: Iterable[Diagnostic] = (),
    ) -> None:
        super().__init__(message, code=code, hints=hints)
        self.diagnostics = tuple(diagnostics)


class PlanError(EtcdPlanError):
    """Says that there is no plan: a goal, tag or limit is not usable, or a document is no plan."""


class GuardRefused(EtcdPlanError):
    """Says that guards refused. Nothing was changed on any host."""

    refusals: tuple[Refusal, ...]
    """Every refusal of every guard, each with its evidence."""

    def __init__(
        self,
        message: str,
        *,
        code: str = "refused",
        hints: Iterable[str] = (),
        refusals: Iterable[Refusal] = (),
    ) -> None:
        super().__init__(message, code=code, hints=hints)
        self.refusals = tuple(refusals)


class ConnectError(GuardRefused):
    """Says that hosts were not reached, or could not be read.

    It is a :class:`GuardRefused`, since nothing is changed anywhere unless every host was read.
    What other guards say, for want of knowing, is among the refusals.
    """

    hosts: tuple[str, ...]
    """The hosts."""

    def __init__(
        self,
        message: str,
        *,
        code: str = "unreachable",
        hints: Iterable[str] = (),
        refusals: Iterable[Refusal] = (),
        hosts: Iterable[str] = (),
    ) -> None:
        super().__init__(message, code=code, hints=hints, refusals=refusals)
        self.hosts = tuple(hosts)


class RunFailed(EtcdPlanError):
    """Says that a step failed, or that the run was stopped before its end.

    What was done is done; the same plan can be applied again, and goes on from there.
    """

    report: Report
    """What happened to every step."""

    def __init__(
        self,
        message: str,
        report: Report | None = None,
        *,
        code: str = "run-failed",
        hints: Iterable[str] = (),
    ) -> None:
        super().__init__(message, code=code, hints=hints)
        if report is not None:
            self.report = report


def run_failed(report: Report) -> RunFailed:
    """Makes the exception for a report without success."""
    code = "run-stopped" if report.stopped and not report.failures else "run-failed"
    hints = _unique(step.hint for step in report.failures if step.hint)
    if code == "run-stopped":
        hints = ("apply the same plan again: it goes on from there",)
    return RunFailed(str(report), report, code=code, hints=hints)


def make(name: str, text: str) -> EtcdPlanError:
    """Makes an exception from its data; what the native module calls."""
    data: dict[str, Any] = json.loads(text)
    message: str = data["message"]
    if name in ("GuardRefused", "ConnectError"):
        refusals = tuple(Refusal.from_dict(refusal) for refusal in data["refusals"])
        hints = _unique(refusal.hint for refusal in refusals)
        if name == "ConnectError":
            return ConnectError(message, hints=hints, refusals=refusals, hosts=data["hosts"])
        return GuardRefused(message, hints=hints, refusals=refusals)
    if name == "InventoryError":
        findings = tuple(Diagnostic.from_dict(found) for found in data.get("diagnostics", ()))
        errors = [finding for finding in findings if finding.severity == "error"]
        code = data.get("code") or (errors[0].code if errors else "inventory")
        hints = data.get("hints") or _unique(finding.hint for finding in errors)
        return InventoryError(message, code=code, hints=hints, diagnostics=findings)
    error = PlanError if name == "PlanError" else EtcdPlanError
    return error(message, code=data["code"], hints=data["hints"])


def _unique(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))
