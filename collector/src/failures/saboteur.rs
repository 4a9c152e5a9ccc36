//! Stops a statement or a commit of either database.

use std::sync::Mutex;

use crate::store::{CommitFate, DatabaseName, EngineKind, Place, StoreError, Watch};

/// What goes wrong next.
#[derive(Debug, Clone, Copy, Default)]
pub enum Plan {
    #[default]
    Nothing,
    /// A statement after so many, and every one behind it where it is for good: the database is away.
    Statement { left: usize, for_good: bool },
    /// A commit after so many, of whichever database.
    Commit { left: usize, fate: CommitFate },
}

#[derive(Default)]
pub struct Saboteur(Mutex<State>);

#[derive(Default)]
struct State {
    plan: Plan,
    statements: usize,
    commits: usize,
}

impl Saboteur {
    /// From now on; counts anew.
    pub fn plan(&self, plan: Plan) {
        *self.0.lock().unwrap() = State { plan, ..State::default() };
    }

    /// Statements and commits since then.
    pub fn seen(&self) -> (usize, usize) {
        let state = self.0.lock().unwrap();
        (state.statements, state.commits)
    }
}

impl Watch for Saboteur {
    fn statement(&self, _: EngineKind, _: DatabaseName, _: Place) -> Result<(), StoreError> {
        let mut state = self.0.lock().unwrap();
        state.statements += 1;
        match &mut state.plan {
            Plan::Statement { left: 0, for_good } => {
                if !*for_good {
                    state.plan = Plan::Nothing;
                }
                Err(StoreError::Unavailable("sabotage".to_owned()))
            }
            Plan::Statement { left, .. } => {
                *left -= 1;
                Ok(())
            }
            Plan::Nothing | Plan::Commit { .. } => Ok(()),
        }
    }

    fn commit(&self, _: EngineKind, _: DatabaseName) -> CommitFate {
        let mut state = self.0.lock().unwrap();
        state.commits += 1;
        match &mut state.plan {
            Plan::Commit { left: 0, fate } => {
                let fate = *fate;
                state.plan = Plan::Nothing;
                fate
            }
            Plan::Commit { left, .. } => {
                *left -= 1;
                CommitFate::Happens
            }
            Plan::Nothing | Plan::Statement { .. } => CommitFate::Happens,
        }
    }
}
