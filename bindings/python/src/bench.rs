use std::hint::black_box;
use std::time::Instant;

use etcd_plan::{Inventory, Plan};
use pyo3::prelude::*;

use crate::error;

/// Reads an inventory and plans it, as a program in Rust would, and gives the seconds.
#[pyfunction]
pub(crate) fn plan_in_rust(py: Python<'_>, text: &str) -> PyResult<f64> {
    let begun = Instant::now();
    let inventory = Inventory::parse(black_box(text), "inventory");
    let inventory = inventory.map_err(|found| error::findings(py, &found))?;
    let plan = Plan::from_inventory(&inventory).map_err(|why| error::plan(py, &why))?;
    // As in Python, where nobody keeps it.
    drop(inventory);
    let seconds = begun.elapsed().as_secs_f64();
    drop(black_box(plan));
    Ok(seconds)
}
