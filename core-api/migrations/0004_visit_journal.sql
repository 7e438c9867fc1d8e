-- What happened in the media room of a visit, as signaling entered it. Append-only.
create table core.visit_journal (
    visit_id uuid not null constraint visit_journal_visit references core.visit (id),
    -- 1, 2, 3 … within the visit, given under the visit's row lock.
    number bigint not null constraint visit_journal_number check (number > 0),
    -- Where the entry stood in signaling's journal; a repetition meets this key. The bits of
    -- `journal` and `session` are unsigned.
    journal bigint not null,
    seq bigint not null constraint visit_journal_seq check (seq > 0),
    -- The room's life on its node, and the place within it: a gap tells of lost entries.
    session bigint not null,
    session_number bigint not null
        constraint visit_journal_session_number check (session_number > 0),
    at timestamptz not null,
    stored_at timestamptz not null,
    account_id uuid not null constraint visit_journal_account references core.account (id),
    -- The participant's session; null for whoever was not let in.
    participant text
        constraint visit_journal_participant check (length(participant) <= 64),
    kind text not null constraint visit_journal_kind check (length(kind) between 1 and 32),
    -- The rest of the entry by its kind: identifiers, words of the program, counts.
    detail jsonb not null
        constraint visit_journal_detail check (jsonb_typeof(detail) = 'object'),
    constraint visit_journal_pkey primary key (visit_id, number),
    constraint visit_journal_place unique (journal, seq)
);

insert into core.visit_journal
    (visit_id, number, journal, seq, session, session_number, at, stored_at, account_id, kind,
     detail)
select visit_id,
    row_number() over (partition by visit_id order by stored_at, room_epoch, number),
    room_epoch, number, room_epoch, number, at, stored_at, account_id,
    case when kind in ('lost', 'removed') then 'left' else kind end,
    case kind
        when 'left' then '{"cause": "client"}'
        when 'lost' then '{"cause": "lost"}'
        when 'removed' then '{"cause": "removed"}'
        else '{}'
    end::jsonb
from core.room_event;
drop table core.room_event;

-- How the media of a party went over a visit that is over: figures made from the journal, from
-- which they can be made again.
create table core.visit_media (
    visit_id uuid not null constraint visit_media_visit references core.visit (id),
    account_id uuid not null constraint visit_media_account references core.account (id),
    figures jsonb not null constraint visit_media_figures check (jsonb_typeof(figures) = 'object'),
    computed_at timestamptz not null,
    constraint visit_media_pkey primary key (visit_id, account_id)
);

grant select, insert on core.visit_journal to bedside_service;
grant select, insert, update on core.visit_media to bedside_service;
