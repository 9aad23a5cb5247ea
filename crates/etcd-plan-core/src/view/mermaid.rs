use std::fmt::Write as _;

use super::lanes::{LaneKind, Picture};
use crate::plan::Plan;

impl Plan {
    /// Draws the plan for Mermaid, which code hosts show in their pages; steps that are alike on
    /// several hosts are one node.
    pub fn to_mermaid(&self) -> String {
        let picture = Picture::of(self);
        let mut text = String::from("flowchart TB\n");
        for (cluster, spec) in self.clusters().iter().enumerate() {
            let name = escape(spec.name.as_str());
            let _ = writeln!(text, "  subgraph c{cluster}[\"{name}\"]");
            for (at, lane) in picture.lanes.iter().enumerate() {
                if lane.cluster.is_some_and(|of| of as usize == cluster) {
                    let (open, close) = match lane.kind {
                        LaneKind::Guard => ("{{\"", "\"}}"),
                        LaneKind::Barrier => ("([\"", "\"])"),
                        LaneKind::Destructive => ("[[\"", "\"]]"),
                        _ => ("[\"", "\"]"),
                    };
                    let label = escape(&lane.label);
                    let _ = writeln!(text, "    n{at}{open}{label}{close}");
                }
            }
            text.push_str("  end\n");
        }
        for (at, lane) in picture.lanes.iter().enumerate() {
            if lane.kind == LaneKind::Gate {
                let _ = writeln!(text, "  n{at}{{\"gate\"}}");
            }
        }
        for (from, to) in &picture.edges {
            let _ = writeln!(text, "  n{from} --> n{to}");
        }
        text
    }
}

fn escape(text: &str) -> String {
    text.replace('"', "#quot;")
}
