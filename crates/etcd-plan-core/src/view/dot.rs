use std::fmt::Write as _;

use super::lanes::{LaneKind, Picture};
use crate::plan::Plan;

/// With `newrank` the gate, which is in no cluster, stands between what is above and below it.
const HEAD: &str = "\
digraph plan {
  rankdir=TB;
  newrank=true;
  node [fontname=\"sans-serif\", shape=box];
";

impl Plan {
    /// Draws the plan for Graphviz; steps that are alike on several hosts are one node.
    pub fn to_dot(&self) -> String {
        let picture = Picture::of(self);
        let mut text = String::from(HEAD);
        for (cluster, spec) in self.clusters().iter().enumerate() {
            let name = escape(spec.name.as_str());
            let _ = writeln!(
                text,
                "  subgraph cluster_{cluster} {{\n    label=\"{name}\";"
            );
            for (at, lane) in picture.lanes.iter().enumerate() {
                if lane.cluster.is_some_and(|of| of as usize == cluster) {
                    let shape = match lane.kind {
                        LaneKind::Guard => ", shape=hexagon",
                        LaneKind::Barrier => ", style=dashed",
                        LaneKind::Destructive => ", peripheries=2",
                        _ => "",
                    };
                    let label = escape(&lane.label);
                    let _ = writeln!(text, "    n{at} [label=\"{label}\"{shape}];");
                }
            }
            text.push_str("  }\n");
        }
        for (at, lane) in picture.lanes.iter().enumerate() {
            if lane.kind == LaneKind::Gate {
                let _ = writeln!(text, "  n{at} [label=\"gate\", shape=diamond];");
            }
        }
        for (from, to) in &picture.edges {
            let _ = writeln!(text, "  n{from} -> n{to};");
        }
        text.push_str("}\n");
        text
    }
}

fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}
