"""Plans and runs everything an etcd cluster needs, from an inventory.

An inventory goes in, a plan comes out, and a run carries it out: everything is read, and every
guard is judged on every host, before the first change on any.

>>> import pyetcdplan
>>> report = pyetcdplan.apply(
...     "etcd: { hosts: { 10.10.10.10: { etcd_seq: 1 } } }",
...     pyetcdplan.SimulatedExecutor(),
... )
>>> bool(report)
True
"""

from . import _native
from ._errors import (
    ConnectError,
    EtcdPlanError,
    GuardRefused,
    InventoryError,
    PlanError,
    RunFailed,
)
from ._executors import (
    Executor,
    LocalExecutor,
    SandboxExecutor,
    Session,
    SimulatedExecutor,
    SshExecutor,
)
from ._functions import adopt, apply, env, issue, monitoring, outputs, plan, status
from ._inventory import Inventory
from ._plan import Plan, split
from ._records import (
    Adopted,
    Cluster,
    Diagnostic,
    Event,
    Member,
    Note,
    Parameter,
    Place,
    Question,
    Refusal,
    Related,
    Step,
    StepReport,
    Target,
)
from ._report import Report
from ._status import ClusterStatus, Drift, Finding, MemberStatus, Status

__version__ = _native.VERSION

__all__ = [
    "Adopted",
    "Cluster",
    "ClusterStatus",
    "ConnectError",
    "Diagnostic",
    "Drift",
    "EtcdPlanError",
    "Event",
    "Executor",
    "Finding",
    "GuardRefused",
    "Inventory",
    "InventoryError",
    "LocalExecutor",
    "Member",
    "MemberStatus",
    "Note",
    "Parameter",
    "Place",
    "Plan",
    "PlanError",
    "Question",
    "Refusal",
    "Related",
    "Report",
    "RunFailed",
    "SandboxExecutor",
    "Session",
    "SimulatedExecutor",
    "SshExecutor",
    "Status",
    "Step",
    "StepReport",
    "Target",
    "__version__",
    "adopt",
    "apply",
    "env",
    "issue",
    "monitoring",
    "outputs",
    "plan",
    "split",
    "status",
]

# What is shown, and pickled, is where it is to be imported from.
for _name in __all__:
    if isinstance(globals()[_name], type) or callable(globals()[_name]):
        globals()[_name].__module__ = __name__
del _name
