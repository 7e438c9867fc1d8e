use super::*;

fn roles(role: Role) -> Roles {
    Roles::new([role])
}

/// Health data, as opposed to accounts, settings and the log.
const HEALTH: [Resource; 12] = [
    Resource::Demographics,
    Resource::ContactDetails,
    Resource::Schedule,
    Resource::Visit,
    Resource::VisitRoom,
    Resource::VisitJournal,
    Resource::ClinicalNotes,
    Resource::Prescriptions,
    Resource::Consent,
    Resource::CareTeam,
    Resource::Proxy,
    Resource::WaitingRoom,
];

const STRANGER: Circle = Circle {
    own: false,
    proxy: None,
    attending: false,
    care: false,
    emergency: false,
    clinic: false,
    organisation: false,
};

#[test]
fn each_right_has_one_row_and_columns_are_in_the_order_of_the_roles() {
    for (index, role) in Role::ALL.into_iter().enumerate() {
        assert_eq!(role as usize, index, "{role:?}");
    }
    let mut rows: Vec<_> = TABLE
        .iter()
        .map(|rule| (rule.resource, rule.action))
        .collect();
    rows.sort_unstable();
    rows.dedup();
    assert_eq!(rows.len(), TABLE.len());
}

#[test]
fn a_stranger_may_do_nothing_and_learns_nothing() {
    for role in Role::ALL {
        for rule in TABLE {
            let decision = decide(&roles(role), rule.resource, rule.action, &STRANGER);
            assert_eq!(decision, Decision::Unknown, "{role:?} {rule:?}");
        }
    }
}

#[test]
fn no_right_over_patients_crosses_the_border_of_an_organisation() {
    let elsewhere = Circle {
        attending: true,
        care: true,
        emergency: true,
        clinic: true,
        ..STRANGER
    };
    for role in Role::ALL {
        for rule in TABLE {
            let decision = decide(&roles(role), rule.resource, rule.action, &elsewhere);
            assert_ne!(decision, Decision::Allowed, "{role:?} {rule:?}");
        }
    }
}

#[test]
fn a_super_admin_reaches_no_health_data() {
    for rule in TABLE.iter().filter(|rule| HEALTH.contains(&rule.resource)) {
        assert_eq!(rule.of(Role::SuperAdmin), None, "{rule:?}");
    }
}

#[test]
fn prescriptions_are_nothing_for_the_desk() {
    for role in [Role::ClinicAdmin, Role::Coordinator, Role::SuperAdmin] {
        let allowed = roles(role).reach(Resource::Prescriptions, Action::Read);
        assert!(!allowed, "{role:?}");
    }
}

#[test]
fn a_clinician_reaches_patients_in_their_care_only() {
    let clinician = roles(Role::Clinician);
    let colleague = Circle::CLINIC;
    let in_care = Circle {
        care: true,
        ..colleague
    };
    let ask = |circle: &Circle| decide(&clinician, Resource::ClinicalNotes, Action::Read, circle);
    assert_eq!(ask(&colleague), Decision::Unknown);
    assert_eq!(ask(&in_care), Decision::Allowed);
}

#[test]
fn an_emergency_opens_reading_and_nothing_else() {
    let clinician = roles(Role::Clinician);
    let broken = Circle {
        emergency: true,
        ..Circle::CLINIC
    };
    for rule in TABLE {
        let before = decide(&clinician, rule.resource, rule.action, &Circle::CLINIC);
        let after = decide(&clinician, rule.resource, rule.action, &broken);
        if after == Decision::Allowed && before != Decision::Allowed {
            assert_eq!(rule.action, Action::Read, "{rule:?}");
        }
    }
    let read = decide(&clinician, Resource::Prescriptions, Action::Read, &broken);
    assert_eq!(read, Decision::Allowed);
}

#[test]
fn a_proxy_acts_up_to_the_level_that_was_granted_and_never_beyond_the_patient() {
    let family = roles(Role::FamilyMember);
    let granted = |level| Circle {
        proxy: Some(level),
        ..STRANGER
    };
    let may =
        |level, resource, action| Rights::of(&family, &granted(level)).allow(resource, action);
    assert!(may(ProxyLevel::View, Resource::Visit, Action::Read));
    assert!(!may(ProxyLevel::View, Resource::Visit, Action::Cancel));
    assert!(may(ProxyLevel::Schedule, Resource::Visit, Action::Cancel));
    assert!(!may(ProxyLevel::Schedule, Resource::Visit, Action::CheckIn));
    assert!(may(ProxyLevel::Full, Resource::Visit, Action::CheckIn));
    // But for the list of whom one acts for, which a patient has no use for.
    let list = (Resource::Proxy, Action::Search);
    for rule in TABLE {
        let same = rule.of(Role::FamilyMember).is_none() || rule.of(Role::Patient).is_some();
        assert!(same || (rule.resource, rule.action) == list, "{rule:?}");
    }
}

#[test]
fn whoever_knows_of_a_thing_is_told_that_it_is_not_theirs_to_touch() {
    let coordinator = roles(Role::Coordinator);
    let ask = |resource, action| decide(&coordinator, resource, action, &Circle::CLINIC);
    assert_eq!(
        ask(Resource::ClinicalNotes, Action::Read),
        Decision::Forbidden
    );
    assert_eq!(ask(Resource::Consent, Action::Create), Decision::Forbidden);
    assert_eq!(ask(Resource::Visit, Action::Read), Decision::Allowed);
}

#[test]
fn rights_of_several_roles_add_up() {
    let both = Roles::new([Role::Clinician, Role::ClinicAdmin]);
    let attending = Circle {
        attending: true,
        care: true,
        ..Circle::CLINIC
    };
    let rights = Rights::of(&both, &attending);
    assert!(rights.allow(Resource::Visit, Action::Conduct));
    assert!(rights.allow(Resource::AuditLog, Action::Search));
}

#[test]
fn only_a_super_admin_makes_another() {
    assert!(!roles(Role::ClinicAdmin).may_grant(Role::SuperAdmin));
    assert!(roles(Role::ClinicAdmin).may_grant(Role::Compliance));
    assert!(roles(Role::SuperAdmin).may_grant(Role::SuperAdmin));
    assert!(!roles(Role::Coordinator).may_grant(Role::Patient));
}
