import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useState } from "react";
import { useLocation } from "wouter";
import { endOfDay, LEVEL_WORDS, LEVELS } from "@shared/account/family";
import { proxiesQuery } from "@shared/account/patient-queries";
import { api, take } from "@shared/api/client";
import { codeOf } from "@shared/api/error";
import type { ProxyLevel } from "@shared/api/types";
import { Button } from "../../ui/button";
import { Field } from "../../ui/field";
import { Notice } from "../../ui/notice";
import { Screen } from "../../ui/screen";
import { TroubleNotice } from "../../ui/trouble";

type Question = "who" | "what" | "until";

interface Draft {
  readonly email: string;
  readonly level: ProxyLevel;
  /** A day, or empty for "until I take it back". */
  readonly until: string;
}

const BACK = { href: "/account/family", label: "Family access" } as const;

/** Giving somebody access: who, how much, how long; one question at a time. */
export function GiveAccess({ patientId }: { patientId: string }): ReactNode {
  const client = useQueryClient();
  const [, navigate] = useLocation();
  const [question, setQuestion] = useState<Question>("who");
  const [draft, setDraft] = useState<Draft>({ email: "", level: "view", until: "" });
  const grant = useMutation({
    mutationFn: ({ email, level, until }: Draft) => {
      const ends_at = until === "" ? null : endOfDay(until, Date.now());
      const body = { email, level, basis: "patient" as const, ...(ends_at === undefined ? {} : { ends_at }) };
      return take(api.POST("/api/v1/patients/{id}/proxies", { params: { path: { id: patientId } }, body }));
    },
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: proxiesQuery(patientId).queryKey });
      navigate("/account/family");
    },
  });
  const change = (part: Partial<Draft>): void => {
    setDraft({ ...draft, ...part });
    grant.reset();
  };
  if (question === "who") return <Who email={draft.email} onChange={(email) => change({ email })} onNext={() => setQuestion("what")} />;
  if (question === "what") return <What level={draft.level} onChange={(level) => change({ level })} onNext={() => setQuestion("until")} onBack={() => setQuestion("who")} />;
  return (
    <Until draft={draft} error={grant.error} busy={grant.isPending} onChange={(until) => change({ until })} onGive={() => grant.mutate(draft)} onBack={() => setQuestion("what")} />
  );
}

function Who({ email, onChange, onNext }: { email: string; onChange: (email: string) => void; onNext: () => void }): ReactNode {
  const [missing, setMissing] = useState(false);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const good = /.@./.test(email);
    setMissing(!good);
    if (good) onNext();
  };
  return (
    <form className="form-screen" onSubmit={submit} noValidate>
      <Screen title="Who should get access?" back={BACK} step={{ at: 1, of: 3, name: "Who" }} actions={<Button type="submit">Continue</Button>}>
        <Field
          name="email"
          label="Their email"
          hint="They need their own account at your clinic, as a family member. The front desk makes one for them."
          error={missing ? "Enter their email address, for example name@example.com." : undefined}
        >
          {(props) => <input {...props} type="email" inputMode="email" autoComplete="off" autoCapitalize="none" spellCheck={false} value={email} onChange={(event) => onChange(event.target.value)} />}
        </Field>
      </Screen>
    </form>
  );
}

interface WhatProps {
  level: ProxyLevel;
  onChange: (level: ProxyLevel) => void;
  onNext: () => void;
  onBack: () => void;
}

const YOURS: Readonly<Record<ProxyLevel, string>> = {
  view: "See my visits and my health record",
  schedule: "Also call visits off for me",
  full: "Also check in and prepare visits in my place",
};

function What({ level, onChange, onNext, onBack }: WhatProps): ReactNode {
  return (
    <Screen
      title="What may they do?"
      back={BACK}
      step={{ at: 2, of: 3, name: "How much" }}
      actions={
        <>
          <Button onClick={onNext}>Continue</Button>
          <Button kind="second" onClick={onBack}>
            Back
          </Button>
        </>
      }
    >
      <fieldset className="choices">
        <legend className="visually-hidden">What may they do?</legend>
        {LEVELS.map((one) => (
          <label key={one} className="choice">
            <input type="radio" name="level" checked={one === level} onChange={() => onChange(one)} />
            <span>
              <strong>{LEVEL_WORDS[one].name.replace("the patient’s", "my")}</strong>
              <br />
              {YOURS[one]}
            </span>
          </label>
        ))}
      </fieldset>
      <p className="soft">Nobody but you can give or withdraw a consent, or change your name and date of birth.</p>
    </Screen>
  );
}

interface UntilProps {
  draft: Draft;
  error: Error | null;
  busy: boolean;
  onChange: (until: string) => void;
  onGive: () => void;
  onBack: () => void;
}

function Until({ draft, error, busy, onChange, onGive, onBack }: UntilProps): ReactNode {
  const [limited, setLimited] = useState(draft.until !== "");
  const [missing, setMissing] = useState(false);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const bad = limited && endOfDay(draft.until, Date.now()) === undefined;
    setMissing(bad);
    if (!bad && !busy) onGive();
  };
  const unknown = error !== null && ["not_found", "invalid_field"].includes(codeOf(error));
  return (
    <form className="form-screen" onSubmit={submit} noValidate>
      <Screen
        title="For how long?"
        back={BACK}
        step={{ at: 3, of: 3, name: "How long" }}
        lead={`${draft.email} will get access from now on.`}
        actions={
          <>
            <Button type="submit" busy={busy}>
              Give access
            </Button>
            <Button kind="second" onClick={onBack}>
              Back
            </Button>
          </>
        }
      >
        {error !== null && !unknown && <TroubleNotice error={error} />}
        {unknown && (
          <div role="alert">
            <Notice tone="urgent" title="We could not give access to that address">
              No family member at your clinic uses it. Check the address with them, or ask the front desk to make an account for them.
            </Notice>
          </div>
        )}
        <fieldset className="choices">
          <legend className="visually-hidden">For how long?</legend>
          <label className="choice">
            <input
              type="radio"
              name="limit"
              checked={!limited}
              onChange={() => {
                setLimited(false);
                onChange("");
              }}
            />
            <span>Until I take it back</span>
          </label>
          <label className="choice">
            <input type="radio" name="limit" checked={limited} onChange={() => setLimited(true)} />
            <span>Until a day I choose</span>
          </label>
        </fieldset>
        {limited && (
          <Field name="until" label="Last day" error={missing ? "Choose a day from today on." : undefined}>
            {(props) => <input {...props} type="date" value={draft.until} onChange={(event) => onChange(event.target.value)} />}
          </Field>
        )}
      </Screen>
    </form>
  );
}
