import { Button, Skeleton, TextInput } from "@mantine/core";
import { FileSearch, RotateCw } from "lucide-react";
import { useState } from "react";
import type { Patient } from "@shared/api/types";
import { maySearchPatients } from "../../lib/roles";
import { useAccount } from "../../lib/session";
import { MorePages } from "../../ui/MorePages";
import { Page } from "../../ui/Page";
import { PatientSearch } from "../../ui/PatientSearch";
import { Failure, Quiet } from "../../ui/Quiet";
import styles from "../../ui/Audit.module.css";
import { AuditTable, type Person } from "./AuditTable";
import { useAuditEvents } from "./useAuditEvents";
import { actionWords, filterOf, isHalfId, patientIdOf } from "../../lib/auditFilter";

/** Who read or changed which health data, and who was refused. */
export function AuditLog() {
  const account = useAccount();
  const zone = account.clinic.time_zone;
  const [patient, setPatient] = useState<Patient | null>(null);
  const [patientId, setPatientId] = useState("");
  const [from, setFrom] = useState("");
  const [to, setTo] = useState("");
  const [person, setPerson] = useState<Person>();
  const [action, setAction] = useState("");
  const { pages, events: read } = useAuditEvents(filterOf(patient?.id ?? patientIdOf(patientId), from, to, zone), person);
  const events = read?.filter((event) => action.trim() === "" || actionWords(event.action).toLowerCase().includes(action.trim().toLowerCase()));
  return (
    <Page
      title="Audit log"
      summary="Every read, change and refusal of health data. Looking at this page is recorded too. That nobody changed the log is proved on the server, by “bedside audit verify”."
      aside={
        <Button variant="default" leftSection={<RotateCw size={16} aria-hidden />} loading={pages.isRefetching} onClick={() => void pages.refetch()}>
          Refresh
        </Button>
      }
    >
      <div className={styles["filters"]}>
        {maySearchPatients(account) ? (
          <PatientSearch label="Patient" value={patient} onChange={setPatient} />
        ) : (
          <TextInput label="Patient ID" value={patientId} onChange={(event) => setPatientId(event.currentTarget.value)} error={isHalfId(patientId) ? "The whole ID, 36 characters" : undefined} />
        )}
        <TextInput label="From" type="date" max={to || undefined} value={from} onChange={(event) => setFrom(event.currentTarget.value)} />
        <TextInput label="To" type="date" min={from || undefined} value={to} onChange={(event) => setTo(event.currentTarget.value)} />
        <TextInput label="Action" placeholder="Such as read or sign in" value={action} onChange={(event) => setAction(event.currentTarget.value)} />
      </div>
      {person === undefined ? null : (
        <div className={styles["only"]}>
          <span>
            Only what <strong>{person.display_name}</strong> did
          </span>
          <Button variant="subtle" size="compact-sm" onClick={() => setPerson(undefined)}>
            Show everybody
          </Button>
        </div>
      )}
      {pages.isPending ? <Skeleton height={240} component="section" aria-label="Loading the audit log" aria-busy="true" /> : null}
      {pages.isError && events === undefined ? <Failure error={pages.error} what="The audit log" onRetry={() => void pages.refetch()} /> : null}
      {events?.length === 0 ? (
        <Quiet icon={FileSearch} title="No entries match">
          {action.trim() !== "" && pages.hasNextPage ? "None of the entries read so far. Show more to look further back." : "Choose another patient, person, action or other days."}
        </Quiet>
      ) : null}
      {events !== undefined && events.length > 0 ? <AuditTable events={events} zone={zone} onPerson={setPerson} /> : null}
      {events !== undefined && (events.length > 0 || pages.hasNextPage) ? <MorePages pages={pages} shown={events.length} /> : null}
    </Page>
  );
}
