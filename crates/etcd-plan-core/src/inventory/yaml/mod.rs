//! From text to a tree of values that know their places. No tree is deeper, or unfolds to more
//! nodes, than the limits say, so what goes over one may recurse.

mod explain;
mod frame;
mod reader;

pub(super) use reader::{DEPTH_LIMIT, read};
