import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { api, take } from "@shared/api/client";
import { keys } from "@shared/api/queries";
import type { Appointment } from "@shared/api/types";
import { useDraft } from "@shared/drafts/use-draft";
import { wallTime } from "../../lib/clinicTime";
import { alternativesOf, check, type Draft, type DraftErrors, movedTo, startOf } from "./slot";

/** A visit that was booked: what to show the coordinator, who may be on the phone with the patient. */
export interface Booked {
  readonly appointment: Appointment;
  readonly draft: Draft;
}

const freshDraft = (zone: string): Draft => ({
  patient: null,
  providerId: null,
  date: wallTime(Date.now(), zone).date,
  time: "",
  minutes: 30,
  reason: "",
});

/** Nothing a person typed is in it: day and length have their usual values. */
const isUntouched = (draft: Draft): boolean => draft.patient === null && draft.providerId === null && draft.time === "" && draft.reason.trim() === "";

/** The booking form's state: what is typed, what is wrong with it, what the server said. */
export function useBooking(zone: string) {
  const cache = useQueryClient();
  const [draft, setDraft] = useState(() => freshDraft(zone));
  const [fresh] = useState(draft);
  const [startedAnew, setStartedAnew] = useState(false);
  const [errors, setErrors] = useState<DraftErrors>({});
  // The same key for every try of the same draft: a lost answer never books twice.
  const idempotencyKey = useRef(crypto.randomUUID());
  const book = useMutation({
    mutationFn: async (sent: Draft): Promise<Booked> => {
      const starts_at = startOf(sent, zone);
      if (sent.patient === null || sent.providerId === null || starts_at === undefined) throw new Error("an unchecked draft was sent");
      const appointment = await take(
        api.POST("/api/v1/appointments", {
          params: { header: { "Idempotency-Key": idempotencyKey.current } },
          body: {
            patient_id: sent.patient.id,
            provider_id: sent.providerId,
            starts_at,
            minutes: sent.minutes,
            visit_type: "video",
            reason: sent.reason.trim(),
          },
        }),
      );
      return { appointment, draft: sent };
    },
    onSuccess: () => cache.invalidateQueries({ queryKey: keys.visits }),
  });

  const { restored } = useDraft("booking", book.isSuccess ? fresh : draft, isUntouched, setDraft);

  const change = (part: Partial<Draft>): void => {
    idempotencyKey.current = crypto.randomUUID();
    setDraft({ ...draft, ...part });
    setErrors((before) => Object.fromEntries(Object.entries(before).filter(([field]) => !(field in part))));
    if (book.isError) book.reset();
  };
  const submit = (): void => {
    const found = check(draft, zone, Date.now());
    setErrors(found);
    if (Object.keys(found).length === 0) book.mutate(draft);
  };
  const again = (): void => {
    idempotencyKey.current = crypto.randomUUID();
    setDraft(freshDraft(zone));
    setStartedAnew(true);
    setErrors({});
    book.reset();
  };
  return {
    draft,
    errors,
    change,
    submit,
    again,
    sending: book.isPending,
    /** What is shown was typed before the session ended. */
    restored: restored && !startedAnew,
    booked: book.data,
    failure: book.error,
    alternatives: alternativesOf(book.error),
    take: (startsAt: string) => change(movedTo(draft, startsAt, zone)),
  };
}
