import { Alert, Button, Group, Select, Textarea, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { CalendarCheck, CircleAlert, History } from "lucide-react";
import type { FormEvent } from "react";
import { Link } from "wouter";
import { longDay, timeOfDay, zoneCity } from "../../lib/clinicTime";
import { describeProblem } from "../../lib/problem";
import { useAccount } from "../../lib/session";
import { providersQuery } from "../../lib/staffQueries";
import { Page } from "../../ui/Page";
import { PatientSearch } from "../../ui/PatientSearch";
import { Quiet } from "../../ui/Quiet";
import { Alternatives } from "./Alternatives";
import styles from "./Booking.module.css";
import { MAX_REASON } from "./slot";
import { type Booked, useBooking } from "./useBooking";

const LENGTHS = [15, 20, 30, 45, 60] as const;

/** Books a video visit; a taken slot offers the free ones around it. */
export function Booking() {
  const zone = useAccount().clinic.time_zone;
  const form = useBooking(zone);
  if (form.booked !== undefined) {
    return (
      <Page title="Book a visit">
        <Done booked={form.booked} onAgain={form.again} />
      </Page>
    );
  }
  return (
    <Page title="Book a visit" summary={`All times are clinic time (${zoneCity(zone)}).`}>
      <BookingForm form={form} zone={zone} />
    </Page>
  );
}

type Form = ReturnType<typeof useBooking>;

function BookingForm({ form, zone }: { readonly form: Form; readonly zone: string }) {
  const providers = useQuery(providersQuery());
  const { draft, errors, change } = form;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    form.submit();
  };
  return (
    <form onSubmit={submit} noValidate className={styles["form"]}>
      {form.restored ? (
        <Alert color="ready" role="status" icon={<History aria-hidden />}>
          This is what you had typed before your session ended.
        </Alert>
      ) : null}
      <PatientSearch key={String(form.restored)} label="Patient" description="At least two letters of the name" value={draft.patient} onChange={(patient) => change({ patient })} error={errors.patient} />
      <Select
        label="Clinician"
        placeholder={providers.isPending ? "Loading…" : "Choose"}
        data={(providers.data?.items ?? []).map(({ id, display_name, specialty }) => ({ value: id, label: `${display_name} · ${specialty}` }))}
        value={draft.providerId}
        onChange={(providerId) => change({ providerId })}
        error={errors.providerId ?? (providers.isError ? "The list of clinicians did not load." : undefined)}
      />
      <div className={styles["when"]}>
        <TextInput label="Day" type="date" value={draft.date} onChange={(event) => change({ date: event.currentTarget.value })} error={errors.date} />
        <TextInput label="Time" type="time" step={300} value={draft.time} onChange={(event) => change({ time: event.currentTarget.value })} error={errors.time} />
        <Select label="Length" allowDeselect={false} data={LENGTHS.map((minutes) => ({ value: String(minutes), label: `${minutes} min` }))} value={String(draft.minutes)} onChange={(minutes) => change({ minutes: Number(minutes) })} />
      </div>
      {form.alternatives === undefined ? null : <Alternatives starts={form.alternatives} zone={zone} onChoose={form.take} />}
      <Textarea label="Reason" description="Shown to the clinician and the patient" autosize minRows={2} maxLength={MAX_REASON} value={draft.reason} onChange={(event) => change({ reason: event.currentTarget.value })} error={errors.reason} />
      {form.failure !== null && form.alternatives === undefined ? (
        <Alert color="danger" role="alert" icon={<CircleAlert aria-hidden />}>
          {describeProblem(form.failure)}
        </Alert>
      ) : null}
      <Group>
        <Button type="submit" loading={form.sending}>
          Book visit
        </Button>
      </Group>
    </form>
  );
}

function Done({ booked, onAgain }: { readonly booked: Booked; readonly onAgain: () => void }) {
  const zone = useAccount().clinic.time_zone;
  const { appointment, draft } = booked;
  const name = draft.patient?.display_name ?? "The patient";
  return (
    <output className={styles["done"]}>
      <Quiet
        icon={CalendarCheck}
        title={`${name} is booked for ${longDay(appointment.starts_at, zone)} at ${timeOfDay(appointment.starts_at, zone)}`}
        action={
          <Group gap="sm">
            <Button onClick={onAgain}>Book another visit</Button>
            <Button component={Link} href="/board" variant="default">
              Go to the board
            </Button>
          </Group>
        }
      >
        The visit is on the clinician’s schedule, and the patient sees it after signing in.
      </Quiet>
    </output>
  );
}
