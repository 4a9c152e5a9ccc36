//! Filled in by its own change.
pub(super) use super::en::text;
