//! How long it takes from the text of an inventory to a plan, and each part of the way.

use std::hint::black_box;
use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{
    BenchmarkGroup, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main,
};
use etcd_plan::spec::resolve;
use etcd_plan::{ExtraVars, Inventory, Plan};
use etcd_plan_benches::{MEMBERS, SIZES, inventory};

criterion_group!(benches, parse, resolve_clusters, plan, text_to_plan);
criterion_main!(benches);

/// Text to hosts, groups and variables.
fn parse(criterion: &mut Criterion) {
    each_size(criterion, "parse", |group, id, clusters| {
        let text = inventory(clusters);
        group.bench_with_input(id, &text, |bencher, text| {
            bencher.iter(|| read(black_box(text)));
        });
    });
}

/// Hosts, groups and variables to clusters with all parameters.
fn resolve_clusters(criterion: &mut Criterion) {
    each_size(criterion, "resolve", |group, id, clusters| {
        let inventory = read(&inventory(clusters));
        group.bench_with_input(id, &inventory, |bencher, inventory| {
            bencher.iter(|| resolve(black_box(inventory), &ExtraVars::default()));
        });
    });
}

/// Hosts, groups and variables to a plan, which takes in `resolve`.
fn plan(criterion: &mut Criterion) {
    each_size(criterion, "plan", |group, id, clusters| {
        let inventory = read(&inventory(clusters));
        group.bench_with_input(id, &inventory, |bencher, inventory| {
            bencher.iter(|| Plan::from_inventory(black_box(inventory)));
        });
    });
}

/// All of it.
fn text_to_plan(criterion: &mut Criterion) {
    each_size(criterion, "text to plan", |group, id, clusters| {
        let text = inventory(clusters);
        group.bench_with_input(id, &text, |bencher, text| {
            bencher.iter(|| Plan::from_inventory(&read(black_box(text))));
        });
    });
}

fn each_size(
    criterion: &mut Criterion,
    name: &str,
    bench: impl Fn(&mut BenchmarkGroup<'_, WallTime>, BenchmarkId, usize),
) {
    let mut group = criterion.benchmark_group(name);
    // Seconds go by for the largest; what is measured varies little.
    group
        .sample_size(10)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(3));
    for clusters in SIZES {
        let hosts = u64::try_from(clusters * MEMBERS).expect("hosts are counted in 64 bits");
        group.throughput(Throughput::Elements(hosts));
        bench(&mut group, BenchmarkId::from_parameter(clusters), clusters);
    }
    group.finish();
}

fn read(text: &str) -> Inventory {
    match Inventory::parse(text, "inventory.yml") {
        Ok(inventory) => inventory,
        Err(findings) => panic!("{findings}"),
    }
}
