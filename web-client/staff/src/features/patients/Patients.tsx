import { Button, Group, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useLocation } from "wouter";
import { isHalfId, patientIdOf } from "../../lib/auditFilter";
import { maySearchPatients } from "../../lib/roles";
import { useAccount } from "../../lib/session";
import { Page } from "../../ui/Page";
import { PatientSearch } from "../../ui/PatientSearch";
import styles from "./Patients.module.css";

/** The way to one patient: by name for the desk, by number for clinicians. */
export function Patients() {
  const account = useAccount();
  const [, navigate] = useLocation();
  if (maySearchPatients(account)) {
    return (
      <Page title="Patients" summary="Care team and family access of one patient.">
        <div className={styles["search"]}>
          <PatientSearch
            label="Patient"
            description="At least two letters of the name"
            value={null}
            onChange={(patient) => {
              if (patient !== null) navigate(`/patients/${patient.id}`);
            }}
          />
        </div>
      </Page>
    );
  }
  return (
    <Page title="Patients" summary="Patients in your care open from your visits. Somebody else’s patient opens by the number that the desk tells you.">
      <ByNumber />
    </Page>
  );
}

function ByNumber() {
  const [, navigate] = useLocation();
  const [typed, setTyped] = useState("");
  const [tried, setTried] = useState(false);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const id = patientIdOf(typed);
    setTried(id === undefined);
    if (id !== undefined) navigate(`/patients/${id}`);
  };
  return (
    <form onSubmit={submit} className={styles["search"]}>
      <Group align="flex-end" wrap="nowrap">
        <TextInput
          label="Patient number"
          autoComplete="off"
          className={styles["number"]}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          error={tried && (typed === "" || isHalfId(typed)) ? "The whole number, 36 characters" : undefined}
        />
        <Button type="submit">Open</Button>
      </Group>
    </form>
  );
}
