//! Listening to what core-api asks of the rooms.

use bus::moderation::{RoomCommand, RoomReply};
use bus::{BindError, BusDir, SIGNALING_COMMANDS, request};
use tokio::sync::oneshot;

use super::{Command, Node};

/// Offers the rooms to core-api until the server stops. Each command waits for its turn among
/// those of the clients; the bus bounds how many wait.
pub(super) async fn start(
    bus: &BusDir,
    node: Node,
    tasks: &runtime::Tasks,
) -> Result<(), BindError> {
    let server = request::Server::bind(bus, SIGNALING_COMMANDS, move |command: RoomCommand| {
        let node = node.clone();
        async move { carry_out(&node, command).await }
    })
    .await?;
    let shutdown = tasks.shutdown();
    tasks.spawn("signaling moderation", async move {
        shutdown.begun().await;
        drop(server);
    });
    Ok(())
}

async fn carry_out(node: &Node, command: RoomCommand) -> RoomReply {
    let (answer, answered) = oneshot::channel();
    if !node.tell(Command::Moderate { command, answer }).await {
        return RoomReply::Unavailable;
    }
    answered.await.unwrap_or(RoomReply::Unavailable)
}
