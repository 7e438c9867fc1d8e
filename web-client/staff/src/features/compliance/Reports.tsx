import { Select, Skeleton, TextInput } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { FileSearch, ListFilter } from "lucide-react";
import { useState } from "react";
import type { ReportKind, ReportRow } from "@shared/api/types";
import { actionWords, filterOf, isHalfId, patientIdOf } from "../../lib/auditFilter";
import { precise } from "../../lib/clinicTime";
import { type ReportFilter, reportQuery } from "../../lib/complianceQueries";
import { useAccount } from "../../lib/session";
import styles from "../../ui/Audit.module.css";
import { Outcome, ShortId } from "../../ui/AuditCells";
import { MorePages } from "../../ui/MorePages";
import { Page } from "../../ui/Page";
import { Failure, Quiet } from "../../ui/Quiet";
import { Refused } from "../../ui/Refused";
import table from "../../ui/Table.module.css";
import { Export } from "./Export";
import { actorOf, isReady, REPORTS } from "./reports";

/** The seven reports over the audit log, to be read here or taken out signed. */
export function Reports() {
  const zone = useAccount().clinic.time_zone;
  const [kind, setKind] = useState<ReportKind>("break-glass");
  const [typed, setTyped] = useState({ patient: "", person: "", from: "", to: "" });
  const report = REPORTS.find((one) => one.kind === kind);
  const patient = patientIdOf(typed.patient);
  const person = patientIdOf(typed.person);
  const ready = isReady(report?.needs, patient, person);
  const filter: ReportFilter = { ...filterOf(patient, typed.from, typed.to, zone), ...(person === undefined ? {} : { account_id: person }) };
  const change = (part: Partial<typeof typed>): void => setTyped({ ...typed, ...part });
  return (
    <Page
      title="Reports"
      summary={report?.about}
      aside={<Export key={kind} kind={kind} filter={filter} disabled={!ready} />}
    >
      <div className={styles["reportFilters"]}>
        <Select
          label="Report"
          allowDeselect={false}
          data={REPORTS.map((one) => ({ value: one.kind, label: one.name }))}
          value={kind}
          onChange={(value) => setKind(REPORTS.find((one) => one.kind === value)?.kind ?? kind)}
        />
        <TextInput label="Patient ID" value={typed.patient} onChange={(event) => change({ patient: event.currentTarget.value })} error={isHalfId(typed.patient) ? "The whole ID, 36 characters" : undefined} />
        <TextInput label="Account ID of a person" value={typed.person} onChange={(event) => change({ person: event.currentTarget.value })} error={isHalfId(typed.person) ? "The whole ID, 36 characters" : undefined} />
        <TextInput label="From" type="date" max={typed.to || undefined} value={typed.from} onChange={(event) => change({ from: event.currentTarget.value })} />
        <TextInput label="To" type="date" min={typed.from || undefined} value={typed.to} onChange={(event) => change({ to: event.currentTarget.value })} />
      </div>
      {ready ? (
        <Rows kind={kind} filter={filter} zone={zone} />
      ) : (
        <Quiet icon={ListFilter} title={report?.needs === "patient" ? "Which patient?" : "Which person?"}>
          Enter the {report?.needs === "patient" ? "patient’s ID" : "person’s account ID"}. Reports show the ends of both; select one there to copy it whole.
        </Quiet>
      )}
    </Page>
  );
}

function Rows({ kind, filter, zone }: { readonly kind: ReportKind; readonly filter: ReportFilter; readonly zone: string }) {
  const pages = useInfiniteQuery(reportQuery(kind, filter));
  const rows = pages.data?.pages.flatMap((page) => page.items);
  if (rows === undefined) {
    return pages.isError ? (
      <Failure error={pages.error} what="The report" onRetry={() => void pages.refetch()} />
    ) : (
      <Skeleton height={240} component="section" aria-label="Loading the report" aria-busy="true" />
    );
  }
  return (
    <>
      {rows.length === 0 ? (
        <Quiet icon={FileSearch} title={pages.hasNextPage ? "Nothing in the latest part of the log" : "Nothing to report"}>
          {pages.hasNextPage ? "Show more to look further back." : "No entry of the log belongs into this report."}
        </Quiet>
      ) : (
        <RowTable rows={rows} zone={zone} />
      )}
      {rows.length > 0 || pages.hasNextPage ? <MorePages pages={pages} shown={rows.length} /> : null}
      {pages.isFetchNextPageError ? <Refused error={pages.error} /> : null}
    </>
  );
}

function RowTable({ rows, zone }: { readonly rows: readonly ReportRow[]; readonly zone: string }) {
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling region must be reachable by keyboard
    <section className={table["scroll"]} tabIndex={0} aria-label="Report entries">
      <table className={table["table"]}>
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">Who</th>
            <th scope="col">What</th>
            <th scope="col">On</th>
            <th scope="col">Patient</th>
            <th scope="col">Purpose</th>
            <th scope="col">Outcome</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id}>
              <td className="tabular">{precise(row.at, zone)}</td>
              <th scope="row">
                {actorOf(row)} <ShortId id={row.actor_id} />
              </th>
              <td>{actionWords(row.action)}</td>
              <td>
                {row.resource_type.replaceAll("_", " ")} <ShortId id={row.resource_id} />
              </td>
              <td>
                <ShortId id={row.patient_id} />
              </td>
              <td>{row.purpose.replaceAll("_", " ")}</td>
              <td>
                <Outcome outcome={row.outcome} />
                {row.code === null ? null : <div className={styles["id"]}>{row.code.replaceAll("_", " ")}</div>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
