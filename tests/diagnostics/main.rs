//! Every finding about an inventory, as the user reads it.

mod cases;
mod doors;
mod good;
