-- What reviewers ask for is rare among the rows: small indexes of its own.
create index event_break_glass on audit.event (id desc)
    where purpose = 'emergency' or action in ('break_glass', 'review', 'escalate');
create index event_failed_sign_ins on audit.event (id desc)
    where action in ('sign_in', 'step_up') and outcome <> 'success';
create index event_exports on audit.event (id desc) where action = 'export';
