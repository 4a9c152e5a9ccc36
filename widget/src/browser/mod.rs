//! The only place that fetches, stores, signs or touches `window`.
