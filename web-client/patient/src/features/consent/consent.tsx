import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useRef, useState } from "react";
import { api, take } from "@shared/api/client";
import { codeOf } from "@shared/api/error";
import { consentDocumentQuery, keys } from "@shared/api/queries";
import type { Visit } from "@shared/api/types";
import { Markdown } from "../../lib/markdown";
import { Button } from "../../ui/button";
import { Screen } from "../../ui/screen";
import { Loading, TroubleNotice, TroubleScreen } from "../../ui/trouble";
import "./consent.css";

interface Props {
  visit: Visit;
  /** Where this is in the preparation; undefined outside of it. */
  step: { at: number; of: number } | undefined;
}

/** The telehealth consent: the text in force, a box, and Continue. */
export function Consent({ visit, step }: Props): ReactNode {
  const client = useQueryClient();
  const text = useQuery(consentDocumentQuery());
  const box = useRef<HTMLInputElement>(null);
  const [unticked, setUnticked] = useState(false);
  const agree = useMutation({
    mutationFn: (document_id: string) =>
      take(api.POST("/api/v1/patients/{id}/consents", { params: { path: { id: visit.patient.id } }, body: { document_id } })),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.visits }),
    onError: (error) => {
      if (codeOf(error) === "consent_outdated") void client.invalidateQueries({ queryKey: keys.consentDocument });
    },
  });
  if (text.data === undefined) {
    if (text.isError) return <TroubleScreen error={text.error} retry={() => void text.refetch()} busy={text.isFetching} />;
    return <Loading what="Fetching the consent text…" />;
  }
  const { title, version, body_markdown, id } = text.data;

  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const ticked = box.current?.checked === true;
    setUnticked(!ticked);
    if (ticked && !agree.isPending) agree.mutate(id);
    else box.current?.focus();
  };
  return (
    <form className="consent" onSubmit={submit} noValidate>
      <Screen
        title={title}
        step={step === undefined ? undefined : { ...step, name: "Your consent" }}
        actions={
          <Button type="submit" busy={agree.isPending || agree.isSuccess}>
            Continue
          </Button>
        }
      >
        <div className="consent-text">
          <Markdown text={body_markdown} />
          <p className="soft">Version {version}. You can withdraw your consent at any time; your clinic tells you how.</p>
        </div>
        {unticked && (
          <p className="field-error" id="consent-missing" role="alert">
            To go on, please tick the box. If you do not agree, call your clinic: they can see you in person.
          </p>
        )}
        <label className="choice">
          <input
            ref={box}
            type="checkbox"
            aria-invalid={unticked}
            aria-describedby={unticked ? "consent-missing" : undefined}
            onChange={() => setUnticked(false)}
          />
          <span>I have read this and agree to a visit by video.</span>
        </label>
        {agree.isError && <TroubleNotice error={agree.error} />}
      </Screen>
    </form>
  );
}
