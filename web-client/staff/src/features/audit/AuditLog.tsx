import { Button, Skeleton, TextInput } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { FileSearch, RotateCw } from "lucide-react";
import { useState } from "react";
import type { Patient } from "@shared/api/types";
import { maySearchPatients } from "../../lib/roles";
import { useAccount } from "../../lib/session";
import { auditQuery } from "../../lib/staffQueries";
import { MorePages } from "../../ui/MorePages";
import { Page } from "../../ui/Page";
import { PatientSearch } from "../../ui/PatientSearch";
import { Failure, Quiet } from "../../ui/Quiet";
import styles from "./Audit.module.css";
import { AuditTable } from "./AuditTable";
import { filterOf, isHalfId, patientIdOf } from "./filter";

/** Who read or changed which health data, and who was refused. */
export function AuditLog() {
  const account = useAccount();
  const zone = account.clinic.time_zone;
  const [patient, setPatient] = useState<Patient | null>(null);
  const [patientId, setPatientId] = useState("");
  const [from, setFrom] = useState("");
  const [to, setTo] = useState("");
  const pages = useInfiniteQuery(auditQuery(filterOf(patient?.id ?? patientIdOf(patientId), from, to, zone)));
  const events = pages.data?.pages.flatMap((page) => page.items);
  return (
    <Page
      title="Audit log"
      summary="Every read, change and refusal of health data. Looking at this page is recorded too."
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
      </div>
      {pages.isPending ? <Skeleton height={240} component="section" aria-label="Loading the audit log" aria-busy="true" /> : null}
      {pages.isError && events === undefined ? <Failure error={pages.error} what="The audit log" onRetry={() => void pages.refetch()} /> : null}
      {events?.length === 0 ? (
        <Quiet icon={FileSearch} title="No entries match">
          Choose another patient or other days.
        </Quiet>
      ) : null}
      {events !== undefined && events.length > 0 ? (
        <>
          <AuditTable events={events} zone={zone} />
          <MorePages pages={pages} shown={events.length} />
        </>
      ) : null}
    </Page>
  );
}
