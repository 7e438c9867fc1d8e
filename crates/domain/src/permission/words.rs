//! The words of the table: what there is, what is done to it, and how far a right reaches.

macro_rules! words {
    ($(#[$outer:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$outer])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$doc])* $variant),+ }

        impl $name {
            /// Every value.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stable name in storage and documents.
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

words! {
    /// A class of data, or of things done with it.
    Resource {
        /// Name, date of birth, sex: who a patient is.
        Demographics = "demographics",
        /// Phone, e-mail, language, pronouns: how to reach and address a patient.
        ContactDetails = "contact_details",
        /// Appointments: who meets whom when, and the line the desk took down about why.
        Schedule = "schedule",
        /// A visit: where it stands, who takes part.
        Visit = "visit",
        /// The media room of a visit.
        VisitRoom = "visit_room",
        /// What happened in the media room.
        VisitJournal = "visit_journal",
        /// Notes, allergies and conditions of a patient.
        ClinicalNotes = "clinical_notes",
        /// Medication and prescriptions of a patient.
        Prescriptions = "prescriptions",
        /// What a patient consented to.
        Consent = "consent",
        /// Who cares for a patient.
        CareTeam = "care_team",
        /// Who acts for a patient.
        Proxy = "proxy",
        /// Breaking the glass: access without a care relationship.
        EmergencyAccess = "emergency_access",
        /// A clinic's board of the day.
        WaitingRoom = "waiting_room",
        /// Clinicians who can be booked.
        ProviderDirectory = "provider_directory",
        /// People who can sign in.
        Account = "account",
        /// Who accessed what.
        AuditLog = "audit_log",
        /// Who accessed a patient's data, as the patient is told it.
        AccessHistory = "access_history",
        /// A clinic's settings.
        Settings = "settings",
    }
}

words! {
    /// What is done.
    Action {
        /// Looking at one.
        Read = "read",
        /// Listing or searching.
        Search = "search",
        /// Making one.
        Create = "create",
        /// Changing or ending one.
        Update = "update",
        /// Calling off.
        Cancel = "cancel",
        /// Saying that the patient is here.
        CheckIn = "check_in",
        /// Finishing set-up.
        Prepare = "prepare",
        /// Letting the patient in, or recording that nobody came.
        Admit = "admit",
        /// Sending back to waiting, ending.
        Conduct = "conduct",
        /// Entering the media room.
        Join = "join",
        /// Keeping order in the media room.
        Moderate = "moderate",
        /// Judging afterwards.
        Review = "review",
    }
}

words! {
    /// How much a proxy may do for a patient; each level includes those before it.
    ProxyLevel {
        /// See what the patient sees.
        View = "view",
        /// And arrange visits.
        Schedule = "schedule",
        /// And act in the patient's place.
        Full = "full",
    }
}

/// How far a role reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// One's own data.
    Own,
    /// The data of patients who granted this level or a higher one.
    Granted(ProxyLevel),
    /// Visits one conducts.
    Attending,
    /// Patients in one's care: care team, an appointment inside the window, a live visit; for
    /// reading also an emergency access that is open.
    Care,
    /// One's own clinic.
    Clinic,
    /// Every clinic of one's own organisation.
    Organisation,
}

impl Scope {
    /// A few words for documents.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Granted(ProxyLevel::View) => "granted: view",
            Self::Granted(ProxyLevel::Schedule) => "granted: schedule",
            Self::Granted(ProxyLevel::Full) => "granted: full",
            Self::Attending => "visits they conduct",
            Self::Care => "in their care",
            Self::Clinic => "same clinic",
            Self::Organisation => "organisation",
        }
    }
}
