//! The hosted page: the form as a page of its own, which works without any script.

use axum::Router;

use crate::wiring::App;

pub(crate) fn routes() -> Router<App> {
    Router::new()
}
