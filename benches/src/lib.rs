//! Holds nothing: see the package's targets.
