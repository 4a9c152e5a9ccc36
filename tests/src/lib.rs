//! What the whole-product tests share.

pub mod stamper;
pub mod vtiger;
pub mod witness;
