-- Events on their way out. Rows are inserted by the transaction whose change they tell of and
-- numbered by the one relay once that transaction has committed.
create table outbox.event (
    id bigint generated always as identity primary key,
    payload jsonb not null,
    created_at timestamptz not null default now(),
    -- 1, 2, 3 … without gaps; null until the relay has seen the row committed.
    position bigint constraint event_position_key unique
        constraint event_position_positive check (position > 0)
);

-- What the relay looks for at every wake: nearly always empty.
create index event_unnumbered on outbox.event (id) where position is null;

grant select, insert, update (position) on outbox.event to bedside_service;
