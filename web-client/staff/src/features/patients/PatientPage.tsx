import { Skeleton } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { UserRoundX } from "lucide-react";
import { codeOf } from "@shared/api/error";
import type { Patient } from "@shared/api/types";
import { calendarDate } from "../../lib/clinicTime";
import { patientQuery } from "../../lib/complianceQueries";
import { useGlass } from "../../lib/emergency";
import { useNow } from "../../lib/now";
import { mayBreakGlass } from "../../lib/roles";
import { useAccount } from "../../lib/session";
import { ageAt } from "../../lib/visit";
import { Page } from "../../ui/Page";
import { Failure, Quiet } from "../../ui/Quiet";
import { BreakGlass, GlassBanner } from "./BreakGlass";
import { CareTeam } from "./CareTeam";
import { FamilyAccess } from "./FamilyAccess";
import styles from "./Patients.module.css";

/** One patient: who they are, who cares for them, who acts for them. */
export function PatientPage({ id }: { readonly id: string }) {
  const cache = useQueryClient();
  const account = useAccount();
  const patient = useQuery(patientQuery(id));
  const { glass, opened } = useGlass(account.id, id);
  if (patient.data !== undefined) {
    return (
      <>
        {glass === undefined ? null : <GlassBanner endsAt={glass.endsAt} />}
        <Page title={patient.data.display_name} tabTitle="Patient">
          <Facts patient={patient.data} />
          <CareTeam patientId={id} />
          <FamilyAccess patientId={id} />
        </Page>
      </>
    );
  }
  const foreign = patient.isError && ["not_found", "forbidden"].includes(codeOf(patient.error));
  return (
    <Page title="Patient">
      {patient.isPending ? <Skeleton height={200} component="section" aria-label="Loading the patient" aria-busy="true" /> : null}
      {foreign ? (
        <Quiet
          icon={UserRoundX}
          title="This patient is not in your care"
          action={
            mayBreakGlass(account) ? (
              <BreakGlass
                patientId={id}
                onOpened={(access) => {
                  opened(access);
                  void cache.invalidateQueries({ queryKey: ["patients"] });
                }}
              />
            ) : undefined
          }
        >
          Or there is no patient with this number. You reach patients through a care team, an appointment or a live visit.
        </Quiet>
      ) : null}
      {patient.isError && !foreign ? <Failure error={patient.error} what="The patient" onRetry={() => void patient.refetch()} /> : null}
    </Page>
  );
}

function Facts({ patient }: { readonly patient: Patient }) {
  const now = useNow();
  return (
    <dl className={styles["facts"]}>
      <dt>Born</dt>
      <dd>
        {calendarDate(patient.date_of_birth)} ({ageAt(patient.date_of_birth, now)})
      </dd>
      <dt>Sex</dt>
      <dd>{patient.sex}</dd>
      {patient.phone === null ? null : (
        <>
          <dt>Phone</dt>
          <dd>{patient.phone}</dd>
        </>
      )}
      {patient.email === null ? null : (
        <>
          <dt>Email</dt>
          <dd>{patient.email}</dd>
        </>
      )}
      <dt>Number</dt>
      <dd>{patient.id}</dd>
    </dl>
  );
}
