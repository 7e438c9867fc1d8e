import { Skeleton, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { ShieldAlert } from "lucide-react";
import type { ReactNode } from "react";
import { chartQuery } from "@shared/api/queries";
import type { Chart, Visit } from "@shared/api/types";
import { calendarDate, shortDate } from "../../lib/clinicTime";
import { useNow } from "../../lib/now";
import { useAccount } from "../../lib/session";
import { ageAt, statusOf } from "../../lib/visit";
import { Failure } from "../../ui/Quiet";
import styles from "./Chart.module.css";

/** What the clinician needs to know while talking: dangers first, history last. */
export function ChartPanel({ visit }: { readonly visit: Visit }) {
  const chart = useQuery(chartQuery(visit.id));
  return (
    <section className={styles["chart"]} aria-labelledby="chart-title">
      <Title order={2} id="chart-title">
        Chart
      </Title>
      {chart.isPending ? (
        <section aria-busy="true" aria-label="Loading the chart">
          <Skeleton height={64} mb="sm" />
          <Skeleton height={120} />
        </section>
      ) : null}
      {chart.isError && chart.data === undefined ? <Failure error={chart.error} what="The chart" onRetry={() => void chart.refetch()} /> : null}
      {chart.data === undefined ? null : <ChartContent chart={chart.data} />}
    </section>
  );
}

function ChartContent({ chart }: { readonly chart: Chart }) {
  const now = useNow();
  const { patient } = chart;
  const of = (kind: Chart["entries"][number]["kind"]) => chart.entries.filter((entry) => entry.kind === kind);
  return (
    <>
      <p className={styles["person"]}>
        Born {calendarDate(patient.date_of_birth)} ({ageAt(patient.date_of_birth, now)}) · {patient.sex}
        {patient.pronouns === null ? "" : ` · ${patient.pronouns}`}
      </p>
      <Allergies entries={of("allergy")} />
      <Part title="Reason for this visit">
        <p>{chart.reason}</p>
      </Part>
      <Entries title="Medications" entries={of("medication")} none="None recorded" />
      <Entries title="Conditions" entries={of("condition")} none="None recorded" />
      <Entries title="Notes" entries={of("note")} none="No notes yet" dated />
      <PreviousVisits visits={chart.previous_visits} now={now} />
    </>
  );
}

type Entry = Chart["entries"][number];

/** Allergies stand out when there are any; when there are none, that is said too. */
function Allergies({ entries }: { readonly entries: readonly Entry[] }) {
  if (entries.length === 0) {
    return (
      <Part title="Allergies">
        <p className={styles["none"]}>No allergies recorded</p>
      </Part>
    );
  }
  return (
    <section className={styles["allergies"]} aria-labelledby="allergies-title">
      <h3 id="allergies-title">
        <ShieldAlert size={16} aria-hidden /> Allergies
      </h3>
      <ul>
        {entries.map((entry) => (
          <li key={entry.id}>{entry.text}</li>
        ))}
      </ul>
    </section>
  );
}

function Part({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section className={styles["part"]}>
      <h3>{title}</h3>
      {children}
    </section>
  );
}

function Entries(props: { readonly title: string; readonly entries: readonly Entry[]; readonly none: string; readonly dated?: boolean }) {
  const zone = useAccount().clinic.time_zone;
  return (
    <Part title={props.title}>
      {props.entries.length === 0 ? (
        <p className={styles["none"]}>{props.none}</p>
      ) : (
        <ul>
          {props.entries.map((entry) => (
            <li key={entry.id}>
              {props.dated === true ? <span className={styles["date"]}>{shortDate(entry.recorded_at, zone)} </span> : null}
              {entry.text}
            </li>
          ))}
        </ul>
      )}
    </Part>
  );
}

function PreviousVisits({ visits, now }: { readonly visits: Chart["previous_visits"]; readonly now: number }) {
  const zone = useAccount().clinic.time_zone;
  return (
    <Part title="Previous visits">
      {visits.length === 0 ? (
        <p className={styles["none"]}>This is the first visit</p>
      ) : (
        <ul>
          {visits.map((visit) => (
            <li key={visit.id}>
              <span className={styles["date"]}>{shortDate(visit.starts_at, zone)}</span> {visit.clinician_display_name},{" "}
              {statusOf(visit, now).word.toLowerCase()}
            </li>
          ))}
        </ul>
      )}
    </Part>
  );
}
