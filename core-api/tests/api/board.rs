use serde_json::json;

use crate::harness::{World, lines};

const PATH: &str = "/api/v1/waiting-room";

#[tokio::test]
async fn the_board_puts_the_waiting_first_by_arrival() {
    let world = World::new().await;
    let third = world.make_patient("Wei Zhang", None).await;
    let early = world.book(-4).await;
    let jonas = world.book_for(&world.jonas, &world.lee, 30).await;
    let wei = crate::harness::Person {
        part: third,
        ..world.jonas.clone()
    };
    let wei = world.book_for(&wei, &world.okafor, 0).await;
    let done = world.book_for(&world.amina, &world.okafor, 60).await;
    let cancel = format!("/api/v1/visits/{done}/cancel");
    world
        .post(&world.paula, &cancel, &json!({}))
        .await
        .expect(200);
    world.act(&world.jonas, jonas, "check-in").await.expect(200);
    world.clock.advance_minutes(1);
    world.act(&world.amina, early, "check-in").await.expect(200);

    let (board, rows) = world.audited(world.get(&world.paula, PATH)).await;
    let board = board.expect(200);
    assert_eq!(board.ids("items"), [jonas, early, wei, done]);
    assert_eq!(board.id("conversation_id"), world.clinic);
    assert_eq!(board.body["server_time"], "2026-11-23T15:01:00Z");
    assert_eq!(board.body["items"][1]["queue"]["ahead"], 1);
    assert_eq!(
        board.body["items"][2]["actions"],
        json!(["check_in", "cancel", "no_show"])
    );
    assert_eq!(rows[0].line, "search waiting_room success");
    let mut shown: Vec<_> = rows[1..].iter().map(|row| row.patient.unwrap()).collect();
    let mut patients = vec![world.amina.part, world.jonas.part, third];
    shown.sort_unstable();
    patients.sort_unstable();
    assert_eq!(shown, patients, "one row a patient, however many visits");

    assert_eq!(
        world.get(&world.lee, PATH).await.expect(200).ids("items"),
        [jonas, early]
    );
    assert_eq!(
        world
            .get(&world.okafor, PATH)
            .await
            .expect(200)
            .ids("items"),
        [wei, done]
    );
    assert_eq!(
        world
            .get(&world.tomas, PATH)
            .await
            .expect(200)
            .ids("items")
            .len(),
        4
    );
    assert!(
        world
            .get(&world.fiona, PATH)
            .await
            .expect(200)
            .ids("items")
            .is_empty()
    );
}

#[tokio::test]
async fn the_board_is_for_staff() {
    let world = World::new().await;
    for who in [&world.amina, &world.ines] {
        let (answer, rows) = world.audited(world.get(who, PATH)).await;
        answer.refused(403, "forbidden");
        assert_eq!(lines(&rows), ["search waiting_room denied forbidden"]);
    }
}

#[tokio::test]
async fn the_board_holds_today_only() {
    let world = World::new().await;
    let today = world.book(60).await;
    world.book(60 * 24).await;
    assert_eq!(
        world.get(&world.paula, PATH).await.expect(200).ids("items"),
        [today]
    );
}

#[tokio::test]
async fn clinics_and_providers_are_ones_own() {
    let world = World::new().await;
    let clinic = format!("/api/v1/clinics/{}", world.clinic);
    let answer = world.get(&world.amina, &clinic).await.expect(200);
    assert_eq!(answer.body["time_zone"], "America/Toronto");
    let (answer, rows) = world.audited(world.get(&world.fiona, &clinic)).await;
    answer.refused(404, "not_found");
    assert_eq!(lines(&rows), ["read clinic denied not_found"]);
    let providers = world
        .get(&world.amina, "/api/v1/providers?limit=1")
        .await
        .expect(200);
    assert_eq!(providers.ids("items"), [world.okafor.part]);
    let cursor = providers.body["next_cursor"].as_str().unwrap();
    let rest = world
        .get(&world.amina, &format!("/api/v1/providers?cursor={cursor}"))
        .await;
    assert_eq!(rest.expect(200).ids("items"), [world.lee.part]);
}
