//! How much memory it takes from the text of an inventory to a plan, and how many allocations.
//!
//! Each size is measured in a process of its own, whose peak the kernel counts.

use std::alloc::System;
use std::error::Error;
use std::io::{Write as _, stdout};
use std::process::Command;

use etcd_plan::{Inventory, Plan};
use etcd_plan_benches::{SIZES, inventory};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() -> Result<(), Box<dyn Error>> {
    // `cargo bench` passes flags of its own.
    let size = std::env::args().nth(1).and_then(|size| size.parse().ok());
    if let Some(clusters) = size {
        return measure(clusters);
    }
    writeln!(
        stdout(),
        "{:>8} {:>9} {:>11} {:>12} {:>12} {:>11}",
        "clusters",
        "text",
        "peak (RSS)",
        "plan keeps",
        "allocations",
        "per cluster"
    )?;
    for clusters in SIZES {
        let status = Command::new(std::env::current_exe()?)
            .arg(clusters.to_string())
            .status()?;
        if !status.success() {
            return Err(format!("measuring {clusters} clusters: {status}").into());
        }
    }
    Ok(())
}

fn measure(clusters: usize) -> Result<(), Box<dyn Error>> {
    let text = inventory(clusters);
    let region = Region::new(ALLOCATOR);
    let plan = Plan::from_inventory(&Inventory::parse(&text, "inventory.yml")?)?;
    let change = region.change();
    let kept = change.bytes_allocated - change.bytes_deallocated;
    let allocations = change.allocations + change.reallocations;
    writeln!(
        stdout(),
        "{clusters:>8} {:>6} kB {:>8} kB {:>9} kB {allocations:>12} {:>11}",
        text.len() / 1024,
        peak_kib()?,
        kept / 1024,
        allocations / plan.clusters().len(),
    )?;
    Ok(())
}

/// Gives the most memory that this process has had so far, as the kernel counts it.
fn peak_kib() -> Result<usize, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .ok_or("the kernel does not count the peak")?;
    Ok(peak.trim().trim_end_matches(" kB").parse()?)
}
