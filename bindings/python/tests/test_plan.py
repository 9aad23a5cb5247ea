"""Plans: how they are made, looked at, saved and shown."""

from __future__ import annotations

import json
import pickle

import pyetcdplan
import pytest
from conftest import THREE
from pyetcdplan import Inventory, Plan, PlanError
from pyetcdplan._report import html_table


def test_a_plan_is_a_graph_of_steps(plan: Plan) -> None:
    assert len(plan) == len(plan.steps)
    names = {step.id for step in plan.steps}
    assert len(names) == len(plan)
    assert plan.edges
    assert all(before in names and after in names for before, after in plan.edges)
    gate = next(step for step in plan.steps if step.kind == "gate")
    assert gate.host is None and gate.cluster is None
    judged = [step.id for step in plan.steps if step.kind == "judge"]
    assert set(judged) <= set(gate.waits_for)
    assert len(judged) == len(plan.guards)


def test_options_are_those_of_ansible() -> None:
    inventory = Inventory.parse(THREE)
    rebuild = Plan.from_inventory(inventory, goal="rebuild")
    assert rebuild.goal == "rebuild"
    config = Plan.from_inventory(inventory, tags=["etcd_config"], limit="10.10.10.11")
    changed = {s.host for s in config.steps if s.subtask in ("etcd_conf", "etcd_cert") and s.host}
    assert changed == {"10.10.10.11"}
    assert config.guards == rebuild.guards
    skipped = Plan.from_inventory(inventory, skip_tags="etcd_launch")
    assert not any(step.subtask == "etcd_launch" for step in skipped.steps)
    for extra_vars in ({"etcd_port": 2479}, "etcd_port=2479", ["etcd_port=2479"]):
        plan = Plan.from_inventory(inventory, extra_vars=extra_vars)
        parameter = plan.to_dict()["clusters"][0]["parameters"]["etcd_port"]
        assert parameter["value"] == "2479"


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"goal": "improve"}, "no-such-goal"),
        ({"tags": ["etcd_lunch"]}, "no-such-tag"),
        ({"limit": "10.9.9.9"}, "limit-matches-nothing"),
    ],
)
def test_what_is_not_usable_is_refused(options: dict[str, str], code: str) -> None:
    with pytest.raises(PlanError) as raised:
        pyetcdplan.plan(THREE, **options)
    assert raised.value.code == code
    assert all(raised.value.hints)


def test_a_plan_is_a_document(plan: Plan) -> None:
    assert Plan.from_json(plan.to_json()) == plan
    assert json.loads(plan.to_json()) == plan.to_dict()
    assert plan.to_dict()["format"].startswith("etcd-plan/")
    document = plan.to_dict()
    document["steps"] = [step for step in document["steps"] if step["action"]["kind"] != "gate"]
    with pytest.raises(PlanError) as raised:
        Plan.from_json(json.dumps(document))
    assert raised.value.code in ("unsafe-plan", "no-plan")


def test_a_plan_is_shown(plan: Plan) -> None:
    assert plan.to_dot().startswith("digraph")
    assert plan.to_mermaid().startswith("flowchart")
    assert "10.10.10.11" in str(plan)
    bundle = plan._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html", "text/vnd.mermaid"}
    assert bundle["text/html"].count("<tr>") == len(plan) + 1
    assert "<svg" in bundle["text/html"] and plan.to_svg().count("<rect") > 10
    assert repr(plan) == f"<Plan to create etcd: {len(plan)} steps>"


def test_a_plan_of_many_clusters_does_not_fill_a_notebook() -> None:
    many = "".join(
        f"c{n}: {{ hosts: {{ 10.0.0.{n}: {{ etcd_seq: 1 }} }}, vars: {{ etcd_cluster: c{n} }} }}\n"
        for n in range(1, 31)
    )
    html = pyetcdplan.plan(many)._repr_html_()
    assert "<svg" not in html and "more steps" in html
    assert html.count("<tr>") == 501


def test_html_escapes_what_an_inventory_says() -> None:
    assert "<b>" not in html_table(("<b>",), [("<b>&",)])


def test_plans_are_pickled_with_their_folder(plan: Plan) -> None:
    again = pickle.loads(pickle.dumps(plan))
    assert again == plan
    assert hash(again) == hash(plan)
    assert plan != "a plan"


def test_an_inventory_is_split_by_cluster() -> None:
    text = "".join(
        f"c{n}: {{ hosts: {{ 10.0.0.{n}: {{ etcd_seq: 1 }} }}, vars: {{ etcd_cluster: c{n} }} }}\n"
        for n in range(1, 6)
    )
    plans = pyetcdplan.split(Inventory.parse(text), goal="rebuild")
    assert [plan.clusters for plan in plans] == [[f"c{n}"] for n in range(1, 6)]
    assert {plan.goal for plan in plans} == {"rebuild"}
    whole = pyetcdplan.plan(text, goal="rebuild")
    gate = 1
    assert sum(len(plan) - gate for plan in plans) == len(whole) - gate
    (alone,) = pyetcdplan.split(Inventory.parse(text), limit="c3")
    assert alone == pyetcdplan.plan(text, limit="c3")
