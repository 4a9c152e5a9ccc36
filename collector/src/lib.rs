//! The collector: keeps what visitors decided, proves it, and hands leads to the CRM.

pub mod accesses;
pub mod assets;
pub mod callers;
pub mod config;
pub mod doctor;
pub mod documents;
pub mod engagements;
pub mod erasure;
pub mod evidence;
pub mod exports;
#[cfg(test)]
mod failures;
pub mod forms;
pub mod gate;
pub mod init;
pub mod keep;
pub mod leads;
pub mod ledger;
pub mod mail;
pub mod metrics;
pub mod outbox;
pub mod placements;
pub mod precompressed;
pub mod preferences;
pub mod problem;
pub mod receipts;
pub mod retention;
pub mod rotation;
pub mod router;
pub mod scan;
pub mod store;
pub mod submissions;
pub mod tracking;
pub mod vault;
pub mod verify;
pub mod wiring;
pub mod world;

/// A submission allocates some thousand times, on one thread and frees on another; with the system's allocator that took a
/// quarter of its time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
