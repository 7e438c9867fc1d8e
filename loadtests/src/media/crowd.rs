//! Bots in rooms: who joins, and when everything flows.

use std::sync::Arc;
use std::time::Duration;

use auth::SystemEntropy;
use auth::media::Grant;
use domain::{AccountId, Clock as _, Ids, Role, SystemClock, VisitId};
use futures::{StreamExt as _, TryStreamExt as _};
use jiff::SignedDuration;

use crate::bot::{Bot, Camera, Part, World};
use crate::cli::Scenario;
use crate::error::LoadError;
use crate::fleet::Fleet;
use crate::node::Node;

/// Bots that join at the same time.
const JOINING: usize = 8;
/// How long everything may take to flow.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks at whether it does.
const LOOK: Duration = Duration::from_millis(20);

/// Who is in a room of a scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) rooms: usize,
    /// Who only receives, beside one sender; in a visit of two both do both.
    pub(crate) viewers: usize,
    pub(crate) mutual: bool,
}

impl Shape {
    pub(crate) const fn of(scenario: Scenario, visits: usize) -> Self {
        match scenario {
            Scenario::Visits => Self::visits(visits),
            _ => Self {
                rooms: 1,
                viewers: scenario.fanout(),
                mutual: false,
            },
        }
    }

    pub(crate) const fn visits(rooms: usize) -> Self {
        Self {
            rooms,
            viewers: 1,
            mutual: true,
        }
    }

    /// Streams that arrive somewhere when everything works.
    pub(crate) const fn streams(self) -> usize {
        let both = if self.mutual { 2 } else { 1 };
        self.rooms * self.viewers * both
    }
}

/// A person's way into a room.
pub(crate) struct Doors {
    world: World,
    ids: Ids,
}

impl Doors {
    pub(crate) fn new(node: &Node, fleet: Arc<Fleet>) -> Result<Self, LoadError> {
        Ok(Self {
            world: World::new(node.address.clone(), fleet)?,
            ids: Ids::new(Arc::new(SystemClock), Arc::new(SystemEntropy)),
        })
    }

    pub(crate) fn room(&self) -> Result<VisitId, LoadError> {
        Ok(self.ids.make()?)
    }

    /// Why bots broke since the beginning.
    pub(crate) fn broken(&self) -> Vec<String> {
        self.world.broken.all()
    }

    /// Lets somebody new into `room`.
    pub(crate) async fn enter(
        &self,
        node: &Node,
        room: VisitId,
        part: Part,
    ) -> Result<Bot, LoadError> {
        let role = match part.sends {
            Some(_) => Role::Clinician,
            None => Role::Patient,
        };
        let grant = Grant {
            can_publish: part.sends.is_some(),
            can_subscribe: part.receives,
            ..Grant::party(room, self.ids.make::<AccountId>()?, role)
        };
        let now = SystemClock.now();
        let from = now - SignedDuration::from_secs(5);
        let until = now + SignedDuration::from_mins(30);
        let token = auth::media::mint(&node.key, &grant, from, until)?;
        Bot::join(self.world.clone(), token, part).await
    }
}

/// The bots of a scenario.
pub(crate) struct Crowd {
    pub(crate) rooms: Vec<VisitId>,
    /// One a room, in its order.
    pub(crate) first: Vec<Bot>,
    /// Who came when somebody was there.
    pub(crate) second: Vec<Bot>,
}

impl Crowd {
    /// Nobody yet.
    pub(crate) const fn empty() -> Self {
        Self {
            rooms: Vec::new(),
            first: Vec::new(),
            second: Vec::new(),
        }
    }

    /// Fills further rooms. With `film`, senders film from the moment they are there, so that
    /// the first picture of who comes second waits for nobody.
    pub(crate) async fn grow(
        &mut self,
        node: &Node,
        doors: &Doors,
        shape: Shape,
        camera: Camera,
        film: bool,
    ) -> Result<(), LoadError> {
        let rooms = (0..shape.rooms).map(|_| doors.room());
        let rooms: Vec<VisitId> = rooms.collect::<Result<_, _>>()?;
        let first = Part {
            sends: Some(camera),
            receives: shape.mutual,
        };
        let second = Part {
            sends: shape.mutual.then_some(camera),
            receives: true,
        };
        let enter = |room: VisitId, part: Part| async move {
            let bot = doors.enter(node, room, part).await?;
            bot.film(film);
            Ok::<_, LoadError>(bot)
        };
        let join = async |list: Vec<(VisitId, Part)>| -> Result<Vec<Bot>, LoadError> {
            futures::stream::iter(list)
                .map(|(room, part)| enter(room, part))
                .buffered(JOINING)
                .try_collect()
                .await
        };
        let firsts = rooms.iter().map(|room| (*room, first)).collect();
        self.first.extend(join(firsts).await?);
        let seats = rooms.iter().flat_map(|r| vec![(*r, second); shape.viewers]);
        self.second.extend(join(seats.collect()).await?);
        self.rooms.extend(rooms);
        Ok(())
    }

    pub(crate) fn bots(&self) -> impl Iterator<Item = &Bot> {
        self.first.iter().chain(&self.second)
    }

    /// Everybody leaves.
    pub(crate) async fn leave(self) {
        for bot in self.first.into_iter().chain(self.second) {
            bot.leave().await;
        }
    }
}

/// Waits until `streams` have shown a picture. False when some did not in time.
pub(crate) async fn flows(fleet: &Fleet, streams: usize) -> Result<bool, LoadError> {
    let wait = async {
        while fleet.flowing().await? < streams {
            tokio::time::sleep(LOOK).await;
        }
        Ok(true)
    };
    tokio::time::timeout(PATIENCE, wait)
        .await
        .unwrap_or(Ok(false))
}
