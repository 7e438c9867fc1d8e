import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { PART_WORDS } from "@shared/api/people";
import { timeOfDay } from "../../lib/clinicTime";
import { useAccount } from "../../lib/session";
import { invitationsQuery } from "../../lib/staffQueries";
import styles from "./People.module.css";

/** Visits of colleagues that the signed-in person is invited to; nothing when there are none. */
export function InvitedList() {
  const zone = useAccount().clinic.time_zone;
  const items = useQuery(invitationsQuery()).data?.items ?? [];
  if (items.length === 0) return null;
  return (
    <section aria-label="Invitations">
      <ul className={styles["invited"]}>
        {items.map((one) => (
          <li key={one.invitation_id}>
            <p>
              <strong>{one.clinician_name}</strong> invites you to the visit at {timeOfDay(one.starts_at, zone)}, as {PART_WORDS[one.part]}.
            </p>
            <Button component={Link} href={`/invited/${one.visit_id}`} size="xs" variant={one.may_join ? "filled" : "default"} aria-label={`Open the visit of ${one.clinician_name}`}>
              Open
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}
