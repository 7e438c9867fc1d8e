-- Passkeys and security keys (Web Authentication, Level 3), and what they are asked to sign.
create table core.passkey (
    id uuid primary key,
    account_id uuid not null constraint passkey_account references core.account (id),
    -- What the authenticator calls it.
    credential_id bytea not null
        constraint passkey_credential_key unique
        constraint passkey_credential_length check (octet_length(credential_id) between 1 and 1023),
    -- A COSE_Key (RFC 9052). It verifies and opens nothing, so it is not sealed.
    public_key bytea not null
        constraint passkey_public_key_length check (octet_length(public_key) between 1 and 4096),
    -- How often it has signed; 0 with authenticators that do not count.
    sign_count bigint not null constraint passkey_sign_count check (sign_count >= 0),
    -- Whether it may be copied to other devices; what may not is a hardware key.
    backup_eligible boolean not null,
    backed_up boolean not null,
    -- How browsers may reach it, in their words.
    transports text[] not null constraint passkey_transports check (cardinality(transports) <= 10),
    label text not null constraint passkey_label check (length(label) between 1 and 60),
    created_at timestamptz not null,
    last_used_at timestamptz
);
create index passkey_by_account on core.passkey (account_id);

-- Each is good for one answer, in the ceremony and the session or sign-in it was made for.
create table core.passkey_challenge (
    -- SHA-256 of the challenge.
    challenge_hash bytea primary key
        constraint passkey_challenge_length check (octet_length(challenge_hash) = 32),
    purpose text not null constraint passkey_challenge_purpose check (
        purpose in ('register', 'sign_in', 'second_factor', 'step_up')
    ),
    session_id uuid constraint passkey_challenge_session references core.session (id),
    attempt_id uuid constraint passkey_challenge_attempt
        references core.sign_in_attempt (id) on delete cascade,
    expires_at timestamptz not null,
    constraint passkey_challenge_bound check (
        (purpose in ('register', 'step_up')) = (session_id is not null)
        and (purpose = 'second_factor') = (attempt_id is not null)
    )
);
create index passkey_challenge_old on core.passkey_challenge (expires_at);
create index passkey_challenge_by_attempt on core.passkey_challenge (attempt_id);

grant select, insert, update, delete on core.passkey, core.passkey_challenge to bedside_service;
