use std::fmt::Write as _;

use super::lanes::{Lane, LaneKind, Picture};
use crate::plan::Plan;

/// The size of a node, and what is left free around it, in pixels.
const WIDTH: usize = 190;
const HEIGHT: usize = 30;
const GAP: usize = 24;

impl Plan {
    /// Draws the plan as an SVG image, for pages and notebooks that draw neither Mermaid nor DOT;
    /// steps that are alike on several hosts are one node. Every node stands below all that it waits
    /// for. Meant for a few clusters: the image grows in width with each.
    pub fn to_svg(&self) -> String {
        let picture = Picture::of(self);
        let places = places(&picture);
        let columns = places.iter().map(|place| place.of).max().unwrap_or(1);
        let rows = places.iter().map(|place| place.row + 1).max().unwrap_or(1);
        let (width, height) = (columns * (WIDTH + GAP) + GAP, rows * (HEIGHT + GAP) + GAP);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
             style=\"width: 100%; max-width: {width}px\" font-family=\"sans-serif\" font-size=\"13\">\n"
        );
        let corner = |place: &Place| {
            // Rows are centred, each by itself.
            let left = (columns - place.of) * (WIDTH + GAP) / 2 + GAP;
            (
                left + place.column * (WIDTH + GAP),
                GAP + place.row * (HEIGHT + GAP),
            )
        };
        for (from, to) in &picture.edges {
            let ((x, y), (to_x, to_y)) = (corner(&places[*from]), corner(&places[*to]));
            let (x, to_x) = (x + WIDTH / 2, to_x + WIDTH / 2);
            let y = y + HEIGHT;
            let _ = writeln!(
                svg,
                "<path d=\"M{x},{y} C{x},{} {to_x},{} {to_x},{to_y}\" fill=\"none\" stroke=\"#888\"/>",
                y + GAP,
                to_y.saturating_sub(GAP),
            );
        }
        for (lane, place) in picture.lanes.iter().zip(&places) {
            let (x, y) = corner(place);
            node(&mut svg, lane, x, y);
        }
        svg.push_str("</svg>\n");
        svg
    }
}

/// Where a node stands: in which row, and as which of how many there.
#[derive(Clone, Copy, Default)]
struct Place {
    row: usize,
    column: usize,
    of: usize,
}

/// Places every node in the row below the last one that it waits for.
fn places(picture: &Picture) -> Vec<Place> {
    let mut places = vec![Place::default(); picture.lanes.len()];
    // Steps are planned behind what they wait for, and nodes are numbered as they come up; only a
    // node of many steps can be waited for from both sides, and then its first place counts.
    let forward = picture.edges.iter().filter(|(from, to)| from < to);
    let mut forward: Vec<_> = forward.collect();
    forward.sort_unstable_by_key(|(_, to)| *to);
    for (from, to) in forward {
        places[*to].row = places[*to].row.max(places[*from].row + 1);
    }
    let rows = places.iter().map(|place| place.row + 1).max().unwrap_or(0);
    let mut counts = vec![0; rows];
    for place in &mut places {
        place.column = counts[place.row];
        counts[place.row] += 1;
    }
    for place in &mut places {
        place.of = counts[place.row];
    }
    places
}

fn node(svg: &mut String, lane: &Lane, x: usize, y: usize) {
    let (fill, radius) = match lane.kind {
        LaneKind::Guard => ("#fff3c4", 4),
        LaneKind::Gate => ("#ffd97a", 15),
        LaneKind::Barrier => ("#eeeeee", 15),
        LaneKind::Read => ("#e3f0fb", 4),
        LaneKind::Change => ("#dff3e0", 4),
        LaneKind::Destructive => ("#f9d6d2", 4),
    };
    let label = escape(&lane.label);
    let (middle, baseline) = (x + WIDTH / 2, y + HEIGHT / 2 + 5);
    let _ = writeln!(
        svg,
        "<rect x=\"{x}\" y=\"{y}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" rx=\"{radius}\" \
         fill=\"{fill}\" stroke=\"#888\"/><text x=\"{middle}\" y=\"{baseline}\" \
         text-anchor=\"middle\" fill=\"#222\">{label}</text>"
    );
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::{Picture, places};
    use crate::inventory::Inventory;
    use crate::plan::{Goal, Plan};

    fn plan(goal: Goal) -> Plan {
        let text = "etcd:
  hosts: { 10.10.10.10: { etcd_seq: 1 }, 10.10.10.11: { etcd_seq: 2 } }
";
        let inventory = Inventory::parse(text, "inventory.yml").expect("an inventory");
        let plan = Plan::builder(&inventory).goal(goal).build();
        plan.expect("a plan")
    }

    #[test]
    fn every_node_stands_below_what_it_waits_for_and_alone_at_its_place() {
        for goal in [Goal::Create, Goal::Rebuild] {
            let picture = Picture::of(&plan(goal));
            let places = places(&picture);
            for (from, to) in &picture.edges {
                assert!(
                    places[*from].row < places[*to].row,
                    "{goal}: {from} to {to}"
                );
            }
            let mut taken: Vec<_> = places.iter().map(|p| (p.row, p.column)).collect();
            taken.sort_unstable();
            taken.dedup();
            assert_eq!(taken.len(), picture.lanes.len());
        }
    }

    #[test]
    fn every_node_and_edge_is_drawn_once() {
        let plan = plan(Goal::Create);
        let (svg, picture) = (plan.to_svg(), Picture::of(&plan));
        assert_eq!(svg.matches("<rect ").count(), picture.lanes.len());
        assert_eq!(svg.matches("<path ").count(), picture.edges.len());
        for lane in &picture.lanes {
            assert!(svg.contains(&format!(">{}</text>", lane.label)), "{svg}");
        }
    }
}
