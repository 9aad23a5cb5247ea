"""What can be done on the pages, by pointer and by keyboard."""

from __future__ import annotations

import pytest
from conftest import Open
from playwright.sync_api import Page, expect


def focused(page: Page, attribute: str) -> str | None:
    return page.evaluate(f"document.activeElement.getAttribute({attribute!r})")


def test_a_click_shows_what_a_step_does_and_why(open_page: Open) -> None:
    page = open_page("preview")
    step = page.locator('.stop.is-edit[aria-label^="put configuration in place, 10.10.10.10"]').last
    step.click()
    panel = page.get_by_role("dialog", name="Put configuration in place")
    expect(panel).to_be_visible()
    expect(panel).to_contain_text("etcd/10.10.10.10/etcd_conf/etcdctl.sh")
    expect(panel).to_contain_text("What was there is moved aside first.")
    expect(panel.locator(".removed")).to_have_text("-# by hand")
    expect(panel.locator(".added").first).to_be_visible()
    # Lines lead to what it waits for, and to what waits for it.
    expect(page.locator(".edge.before")).to_have_count(1)
    assert page.locator(".edge.after").count() >= 1
    panel.get_by_role("button", name="move data aside").click()
    expect(page.get_by_role("dialog", name="Move data aside")).to_be_visible()
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator(".edge")).to_have_count(0)


def test_the_graph_is_used_with_the_keyboard(open_page: Open) -> None:
    page = open_page("run")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    first = page.locator(".grid .stop[tabindex='0']")
    expect(first).to_have_count(1)
    first.focus()
    assert focused(page, "aria-label") == "check the inventory, control machine: ended well"
    page.keyboard.press("ArrowDown")
    row = focused(page, "data-row")
    page.keyboard.press("ArrowRight")
    assert focused(page, "data-row") == row
    page.keyboard.press("End")
    label = focused(page, "aria-label")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(page.locator("#detail h2")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert focused(page, "aria-label") == label
    # The whole graph is one stop on the way through the page.
    expect(page.locator(".grid .stop[tabindex='0']")).to_have_count(1)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('.grid')") is None


def test_failures_come_first_and_lead_to_their_steps(open_page: Open) -> None:
    page = open_page("failed")
    expect(page.locator("main > section").first).to_have_attribute("id", "problems")
    problem = page.locator("#problems .problem")
    expect(problem).to_contain_text("Unit etcd.service is masked.")
    expect(problem).to_contain_text("Next: mend what the host says")
    problem.get_by_role("button", name="Show start etcd").click()
    expect(page.locator(".stop[aria-current='true']")).to_have_class("stop round is-failed")
    expect(page.get_by_role("dialog")).to_contain_text("Failed to start etcd.service")


def test_refusals_that_are_alike_are_told_once(open_page: Open) -> None:
    page = open_page("refused")
    expect(page.locator("h1")).to_have_text("Refused by safeguard")
    expect(page.locator("#problems .problem")).to_have_count(1)
    expect(page.locator("#problems pre")).to_contain_text("10.10.10.12: etcd runs")
    expect(page.locator(".grid .stop.is-refuse")).to_have_count(1)


def test_the_time_line_marks_what_decided(open_page: Open) -> None:
    page = open_page("run")
    assert page.locator(".run-bar.is-chain").count() >= 3
    steps = page.locator(".chain-step")
    expect(steps.first).to_contain_text("install etcd")
    steps.first.get_by_role("button").click()
    expect(page.get_by_role("dialog", name="Install etcd")).to_contain_text("Critical path")
    expect(page.locator(".run-bar.is-selected")).to_have_count(1)
    page.keyboard.press("Escape")
    page.locator(".run-bar[tabindex='0']").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()


def test_a_run_that_was_cut_off_shows_how_far_it_came(open_page: Open) -> None:
    page = open_page("cut-off")
    expect(page.locator("h1")).to_contain_text("Cut off after")
    expect(page.locator(".grid .stop.is-broken").first).to_be_visible()


def test_a_report_alone_says_that_it_has_no_graph(open_page: Open) -> None:
    page = open_page("report-alone")
    expect(page.locator("#graph")).to_contain_text("is not kept with this report")
    expect(page.locator("#changes")).to_contain_text("/etc/etcd/etcd.conf")


def test_the_files_of_a_plan_are_shown(open_page: Open) -> None:
    page = open_page("plan")
    page.locator('.stop[aria-label^="put configuration in place, 10.10.10.11"]').first.click()
    panel = page.get_by_role("dialog")
    expect(panel).to_contain_text("etcd:etcd, 0644")
    expect(panel).to_contain_text("client-cert-auth: true")
    page.locator('.stop[aria-label^="put certificate in place, 10.10.10.11"]').last.click()
    expect(panel).to_contain_text("certificates and keys never are")


def test_clusters_are_found_and_opened(open_page: Open) -> None:
    page = open_page("run-300")
    rows = page.locator("li.cluster:visible")
    # The one with the failure is first, and open.
    expect(rows.first).to_contain_text("pg-041")
    expect(rows.first.locator(".stop.is-failed")).to_be_visible()
    page.get_by_role("searchbox").fill("10.20.77.2")
    expect(rows).to_have_count(1)
    expect(page.get_by_role("status")).to_have_text("1 of 100 clusters")
    opener = rows.get_by_role("button", name="pg-077")
    expect(opener).to_have_attribute("aria-expanded", "false")
    opener.press("Enter")
    expect(opener).to_have_attribute("aria-expanded", "true")
    expect(rows.locator(".lane")).to_have_count(4)
    page.get_by_role("searchbox").fill("")
    page.get_by_role("combobox").select_option("trouble")
    expect(rows).to_have_count(1)
    page.get_by_role("combobox").select_option("all")
    page.get_by_role("button", name="Show 75 more", exact=True).click()
    expect(rows).to_have_count(100)


def test_a_cluster_of_many_members_is_drawn_in_parts(open_page: Open) -> None:
    page = open_page("plan-wide")
    expect(page.locator(".lane")).to_have_count(16)
    page.get_by_role("button", name="Show 45 more", exact=True).click()
    expect(page.locator(".lane")).to_have_count(61)
    certificates = page.get_by_role("button", name="issue certificate, control machine")
    few = certificates.count()
    page.get_by_role("button", name="more steps").click()
    expect(certificates).to_have_count(60)
    assert few < 10


def test_a_link_opens_the_cluster_that_it_leads_to(open_page: Open) -> None:
    page = open_page("run-300")
    page.locator("li.cluster").first.get_by_role("button", name="pg-041").click()
    page.get_by_role("searchbox").fill("pg-002")
    page.get_by_role("button", name="Show start etcd").click()
    expect(page.locator(".stop[aria-current='true']")).to_be_visible()


def test_the_status_says_what_is_wrong_first(open_page: Open) -> None:
    page = open_page("status-degraded")
    expect(page.locator("h1")).to_have_text("Cluster etcd is degraded")
    expect(page.locator(".problem")).to_contain_text("etcd-2: etcd does not run")
    table = page.get_by_role("table", name="Members of etcd")
    expect(table.get_by_role("row")).to_have_count(4)
    expect(table).to_contain_text("leader")
    expect(table).to_contain_text("8 % of the quota")
    expect(table).to_contain_text("7,300 days left")
    page.get_by_role("button", name="etcdctl.sh has other content").click()
    expect(page.locator(".drift .removed")).to_be_visible()


def test_the_status_of_many_begins_with_those_that_are_not_well(open_page: Open) -> None:
    page = open_page("status-300")
    names = page.locator(".cluster-name")
    expect(names.first).to_have_text("pg-063")
    expect(page.locator("li.cluster").first).to_contain_text("no quorum: nobody can write")
    page.get_by_role("combobox").select_option("ill")
    expect(page.locator("li.cluster:visible")).to_have_count(6)
    expect(page.locator("li.cluster:visible").last).to_contain_text("pg-044")


@pytest.mark.parametrize("name", ("hostile",))
def test_what_hosts_say_stays_text(name: str, open_page: Open) -> None:
    page = open_page(name)
    page.locator(".change .opener").first.click()
    expect(page.locator(".change .diff").first).to_contain_text("</script><script>window.harm = 1</script>")
    assert page.evaluate("window.harm") is None
    assert page.locator("img").count() == 0
