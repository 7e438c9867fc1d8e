//! The words an audit row is made of. A stored name never changes its meaning.

macro_rules! vocabulary {
    ($(#[$outer:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$outer])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$doc])* $variant),+ }

        impl $name {
            /// Every value.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stable name in storage and in answers.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            /// The value of that stable name.
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.name() == name)
            }
        }
    };
}

vocabulary! {
    /// What was done.
    Action {
        /// Looked at one thing.
        Read = "read",
        /// Listed or searched; rows of the patients shown name the query's row.
        Search = "search",
        /// Was shown by a search.
        Show = "show",
        /// Made something.
        Create = "create",
        /// Changed something.
        Update = "update",
        /// Removed something.
        Delete = "delete",
        /// Took data out of the system.
        Export = "export",
        /// Signed in, or tried to.
        SignIn = "sign_in",
        /// Proved again who they are, or tried to.
        StepUp = "step_up",
        /// Signed out.
        SignOut = "sign_out",
        /// Was given a short token for API or chat.
        IssueToken = "issue_token",
        /// Shut an account.
        Disable = "disable",
        /// Opened an account again.
        Enable = "enable",
        /// Moved an appointment to another time.
        Reschedule = "reschedule",
        /// Called an appointment or a visit off.
        Cancel = "cancel",
        /// Arrived in the waiting room.
        CheckIn = "check_in",
        /// Finished the device check and consents.
        Ready = "ready",
        /// Let the patient in.
        Admit = "admit",
        /// Sent the patient back to the waiting room.
        ReturnToWaiting = "return_to_waiting",
        /// Obtained a media token.
        Join = "join",
        /// Entered the media room.
        Enter = "enter",
        /// Left the media room.
        Leave = "leave",
        /// Muted somebody in the media room.
        Mute = "mute",
        /// Put somebody out of the media room.
        Remove = "remove",
        /// Asked to be let into a visit, as a guest.
        Knock = "knock",
        /// Took an invitation back.
        Revoke = "revoke",
        /// Shut the media room to newcomers.
        Lock = "lock",
        /// Opened the media room again.
        Unlock = "unlock",
        /// Began the visit.
        Start = "start",
        /// Ended the visit.
        Complete = "complete",
        /// Recorded that the patient did not come.
        NoShow = "no_show",
        /// Gave consent.
        Consent = "consent",
        /// Withdrew consent.
        WithdrawConsent = "withdraw_consent",
        /// Broke the glass: opened an emergency access.
        BreakGlass = "break_glass",
        /// Judged an access afterwards.
        Review = "review",
        /// Passed a review on that nobody did in time.
        Escalate = "escalate",
        /// Sent a message.
        Send = "send",
        /// Took a month of the audit log out after its retention.
        Archive = "archive",
        /// Verified the audit log.
        Verify = "verify",
        /// Put newer keys in the place of older ones.
        Rotate = "rotate",
        /// Erased a patient by destroying the keys of their data.
        Erase = "erase",
    }
}

vocabulary! {
    /// What it was done to.
    ResourceType {
        /// A person who can sign in.
        Account = "account",
        /// A second factor of an account, or its recovery codes.
        Factor = "factor",
        /// A signed-in session.
        Session = "session",
        /// A clinic.
        Clinic = "clinic",
        /// A clinician as the schedule knows them.
        Provider = "provider",
        /// A patient's demographics.
        Patient = "patient",
        /// A booked slot.
        Appointment = "appointment",
        /// A visit.
        Visit = "visit",
        /// A third party's invitation to a visit.
        Invitation = "invitation",
        /// What happened in the media room of a visit.
        VisitJournal = "visit_journal",
        /// The clinical record.
        Chart = "chart",
        /// A consent.
        Consent = "consent",
        /// A place in a patient's care team.
        CareTeam = "care_team",
        /// A grant to act for a patient.
        Proxy = "proxy",
        /// An emergency access and its review.
        EmergencyAccess = "emergency_access",
        /// What somebody has to be told.
        Notice = "notice",
        /// A consent text.
        ConsentDocument = "consent_document",
        /// The waiting room of a clinic.
        WaitingRoom = "waiting_room",
        /// A conversation and its history.
        Conversation = "conversation",
        /// One message.
        Message = "message",
        /// The audit log itself.
        AuditLog = "audit_log",
        /// A key that seals or wraps.
        Key = "key",
    }
}

vocabulary! {
    /// How it ended.
    Outcome {
        /// It was done.
        Success = "success",
        /// It was not allowed.
        Denied = "denied",
        /// It was allowed and went wrong.
        Failed = "failed",
    }
}

vocabulary! {
    /// What for (the purposes of use of 45 CFR 164.506 and 164.508, and the system's own).
    Purpose {
        /// Care of the patient.
        Treatment = "treatment",
        /// Billing.
        Payment = "payment",
        /// Running the clinic: scheduling, waiting room, accounts.
        Operations = "operations",
        /// The person's own data, at the person's own request.
        IndividualRequest = "individual_request",
        /// Review of access.
        Compliance = "compliance",
        /// Break-glass.
        Emergency = "emergency",
        /// Security of the system: sign-in, sessions.
        Security = "security",
    }
}
