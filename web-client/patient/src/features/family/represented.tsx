import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ChevronRight, Eye } from "lucide-react";
import { type FormEvent, type ReactNode, useState } from "react";
import { Link } from "wouter";
import { LEVEL_WORDS } from "@shared/account/family";
import { representedQuery } from "@shared/account/patient-queries";
import { api, take } from "@shared/api/client";
import { keys, visitListQuery } from "@shared/api/queries";
import type { RepresentedPatient, Visit } from "@shared/api/types";
import { visitTime } from "../../lib/format";
import { useNow } from "../../lib/hooks";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { Field } from "../../ui/field";
import { Notice } from "../../ui/notice";
import { Screen } from "../../ui/screen";
import { Loading, TroubleNotice, TroubleScreen } from "../../ui/trouble";

/** How far ahead visits are read. */
const AHEAD_MS = 180 * 86_400_000;
const OVER: ReadonlySet<Visit["state"]> = new Set(["completed", "cancelled", "no_show"]);

/** For a family member: those who gave them access, their visits to come, and who looked at their record. */
export function Represented({ zone }: { zone: string }): ReactNode {
  const now = useNow(60_000);
  const [range] = useState(() => ({ from: new Date(Date.now() - 3_600_000).toISOString(), to: new Date(Date.now() + AHEAD_MS).toISOString() }));
  const people = useQuery(representedQuery());
  const visits = useQuery(visitListQuery(range));
  if (people.data === undefined) {
    if (people.isError) return <TroubleScreen error={people.error} retry={() => void people.refetch()} busy={people.isFetching} />;
    return <Loading what="Looking up whom you act for…" />;
  }
  const { items } = people.data;
  const open = (visits.data?.items ?? []).filter((visit) => !OVER.has(visit.state));
  return (
    <Screen title="Those you act for" lead="They gave you access and can take it back at any time.">
      {items.length === 0 && (
        <Notice tone="info" title="Nobody has given you access">
          Ask them to do it under “Account”, “Family access”, with the email you signed in with. Or bring your documents to the front desk.
        </Notice>
      )}
      {visits.isError && visits.data === undefined && <TroubleNotice error={visits.error} />}
      {items.map((person) => (
        <PersonPart key={person.patient_id} person={person} visits={open.filter(({ patient }) => patient.id === person.patient_id)} zone={zone} now={now} />
      ))}
    </Screen>
  );
}

function PersonPart({ person, visits, zone, now }: { person: RepresentedPatient; visits: readonly Visit[]; zone: string; now: Date }): ReactNode {
  return (
    <section className="section" aria-labelledby={person.patient_id}>
      <h2 id={person.patient_id}>{person.display_name}</h2>
      <p className="soft">You may: {LEVEL_WORDS[person.level].name.toLowerCase().replace("the patient’s", "their")}</p>
      {visits.length === 0 && <p>No visit is planned.</p>}
      <ul className="rows">
        {visits.map((visit) => (
          <VisitRow key={visit.id} visit={visit} mayCancel={person.level !== "view" && visit.actions.includes("cancel")} zone={zone} now={now} />
        ))}
      </ul>
      <Link className="row-link" href={`/represented/${person.patient_id}/record`}>
        <Eye aria-hidden="true" size={22} />
        <span>Who looked at this record</span>
        <ChevronRight aria-hidden="true" size={22} />
      </Link>
    </section>
  );
}

function VisitRow({ visit, mayCancel, zone, now }: { visit: Visit; mayCancel: boolean; zone: string; now: Date }): ReactNode {
  const [asking, setAsking] = useState(false);
  const when = visitTime(visit.starts_at, zone, now);
  return (
    <li className="row">
      <div className="row-text">
        <span className="row-name numbers">
          {when.day} at {when.time}
        </span>
        <span className="soft">
          {visit.clinician.display_name}, {visit.clinician.specialty}
        </span>
      </div>
      {mayCancel && (
        <Button kind="quiet" onClick={() => setAsking(true)}>
          Call off<span className="visually-hidden"> the visit {when.day} at {when.time}</span>
        </Button>
      )}
      {asking && <CallOff visit={visit} onClose={() => setAsking(false)} />}
    </li>
  );
}

function CallOff({ visit, onClose }: { visit: Visit; onClose: () => void }): ReactNode {
  const client = useQueryClient();
  const [missing, setMissing] = useState(false);
  const cancel = useMutation({
    mutationFn: (reason: string) => take(api.POST("/api/v1/visits/{id}/cancel", { params: { path: { id: visit.id } }, body: { reason } })),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: keys.visits });
      onClose();
    },
  });
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const reason = String(new FormData(event.currentTarget).get("reason")).trim();
    setMissing(reason === "");
    if (reason !== "" && !cancel.isPending) cancel.mutate(reason);
  };
  return (
    <Dialog title="Call off this visit?" onClose={onClose}>
      <form className="dialog-body" onSubmit={submit} noValidate>
        {cancel.isError && <TroubleNotice error={cancel.error} />}
        <p>The clinic is told at once. To have a new time, call the clinic.</p>
        <Field name="reason" label="Why?" error={missing ? "Say it in a few words." : undefined}>
          {(props) => <input {...props} type="text" maxLength={200} autoComplete="off" />}
        </Field>
        <div className="dialog-actions">
          <Button type="submit" busy={cancel.isPending}>
            Call off
          </Button>
          <Button kind="second" onClick={onClose}>
            Keep the visit
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
