//! A disk that fills up while people send: nobody is told that something was kept which was not.

use std::{
    process::Command,
    sync::{Arc, atomic::Ordering},
    thread,
    time::{Duration, Instant},
};

use crate::{
    collector::{Collector, Shop},
    crm::Crm,
    dice::Dice,
    killing::{opened, reckon},
    visitors::{World, live},
};

/// A folder on a disk of its own, as large as it is told to be.
struct Disk<'a>(&'a std::path::Path);

impl<'a> Disk<'a> {
    /// None where we may not make one.
    fn over(folder: &'a std::path::Path) -> Option<Self> {
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=8m", "unticked-torture"]).arg(folder);
        mount.output().is_ok_and(|said| said.status.success()).then_some(Self(folder))
    }

    /// From now on it has room for so much.
    fn size(&self, text: &str) {
        let options = format!("remount,size={text}");
        assert!(Command::new("mount").args(["-o", &options]).arg(self.0).status().unwrap().success());
    }
}

impl Drop for Disk<'_> {
    fn drop(&mut self) {
        // Lazily: what is still open ends with its process.
        let _ = Command::new("umount").arg("-l").arg(self.0).status();
    }
}

/// Waits until something is so.
#[track_caller]
fn until(world: &World, what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        world.book.must_be_right();
        let said = || world.collectors[0].said();
        assert!(begun.elapsed() < Duration::from_mins(2), "{what}: {} answered\n{}", world.book.len(), said());
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_disk_that_fills_up_loses_nothing_that_was_answered() {
    let crm = Crm::open();
    let parent = tempfile::tempdir().unwrap();
    let Some(disk) = Disk::over(parent.path()) else {
        eprintln!("left out: a disk of its own needs root");
        return;
    };
    let shop = Shop::open_in(&disk.0.join("shop"), &crm.address());
    let mut dice = Dice::new(Dice::seed());
    let world = Arc::new(opened(vec![Collector::of(&shop, &crm.address(), None)]));
    let visitors: Vec<_> = (0..3)
        .map(|_| {
            let (world, mut dice) = (Arc::clone(&world), dice.fork());
            thread::spawn(move || live(&world, &mut dice))
        })
        .collect();
    let told_to_wait = || world.book.asked_for_patience.load(Ordering::Relaxed);
    for dies in [false, true] {
        let before = told_to_wait();
        until(&world, "the disk fills up", || told_to_wait() > before + 40);
        if dies {
            world.collectors[0].kill();
        }
        disk.size(if dies { "128m" } else { "16m" });
        if dies {
            world.collectors[0].start();
            world.collectors[0].until_ready();
        }
        let answered = world.book.len();
        until(&world, "it goes on when there is room", || world.book.len() > answered + 5);
    }
    world.stop.store(true, Ordering::SeqCst);
    for visitor in visitors {
        visitor.join().unwrap();
    }
    reckon(&shop, &crm, &world, true, &mut dice);
    println!("{} answered, {} told to wait", world.book.len(), told_to_wait());
}
