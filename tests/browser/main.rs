//! Stories in real browsers: the whole product, from the owner's script tag to the CRM.
//!
//! Each story has a world and a browser of its own. Chromium tells them all; what hydration or an engine's own ways
//! could break is told in Firefox and WebKit too.

mod engine;
mod form;
mod network;
mod webdriver;
mod world;

mod access;
mod adopt;
mod bad_network;
mod before_hydration;
mod fallbacks;
mod gate;
mod harness;
mod looks;
mod main_story;
mod never_ticked;
mod pages;
mod preferences;
mod receipts;
mod scan;
mod wordpress;
