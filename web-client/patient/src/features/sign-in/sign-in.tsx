import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Eye, EyeOff } from "lucide-react";
import { type FormEvent, type ReactNode, useRef, useState } from "react";
import { api, take } from "@shared/api/client";
import { enterSession } from "@shared/api/queries";
import type { Session } from "@shared/api/types";
import { Button } from "../../ui/button";
import { Notice } from "../../ui/notice";
import { Screen } from "../../ui/screen";
import { TroubleNotice } from "../../ui/trouble";
import "./sign-in.css";

type Missing = Partial<Record<"email" | "password", string>>;

function missingOf(email: string, password: string): Missing {
  return {
    ...(email.includes("@") ? {} : { email: "Enter your email address, for example name@example.com." }),
    ...(password === "" ? { password: "Enter your password." } : {}),
  };
}

/** Signing in. `expired` tells that a session ended, so that nobody wonders why they are here. */
export function SignIn({ expired }: { expired: boolean }): ReactNode {
  const client = useQueryClient();
  const form = useRef<HTMLFormElement>(null);
  const [missing, setMissing] = useState<Missing>({});
  const signIn = useMutation({
    mutationFn: (body: { email: string; password: string }): Promise<Session> => take(api.POST("/api/v1/sessions", { body })),
    onSuccess: (session) => enterSession(client, session),
  });

  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    if (signIn.isPending) return;
    const data = new FormData(event.currentTarget);
    const email = String(data.get("email")).trim();
    const password = String(data.get("password"));
    const found = missingOf(email, password);
    setMissing(found);
    const first = Object.keys(found)[0];
    if (first === undefined) signIn.mutate({ email, password });
    else form.current?.querySelector<HTMLInputElement>(`[name=${first}]`)?.focus();
  };

  return (
    <form ref={form} className="sign-in" onSubmit={submit} noValidate>
      <Screen
        title="Sign in"
        lead="Here you meet your clinician by video."
        actions={
          <Button type="submit" busy={signIn.isPending}>
            Sign in
          </Button>
        }
      >
        {expired && signIn.isIdle && (
          <Notice tone="info" title="You were signed out">
            To protect your health data we end a session after a while. Sign in to go on where you were.
          </Notice>
        )}
        {signIn.isError && <TroubleNotice error={signIn.error} />}
        <Field name="email" label="Email" error={missing.email}>
          {(props) => <input {...props} type="email" autoComplete="username" inputMode="email" autoCapitalize="none" spellCheck={false} />}
        </Field>
        <PasswordField error={missing.password} />
        <p className="soft">No account or forgot your password? Call your clinic and they will help you.</p>
      </Screen>
    </form>
  );
}

interface InputProps {
  id: string;
  name: string;
  "aria-invalid": boolean;
  "aria-describedby": string | undefined;
}

function Field(props: { name: string; label: string; error: string | undefined; children: (input: InputProps) => ReactNode }): ReactNode {
  const { name, label, error, children } = props;
  const errorId = error === undefined ? undefined : `${name}-error`;
  return (
    <div className="field">
      <label htmlFor={name}>{label}</label>
      {children({ id: name, name, "aria-invalid": error !== undefined, "aria-describedby": errorId })}
      {error !== undefined && (
        <p className="field-error" id={errorId}>
          {error}
        </p>
      )}
    </div>
  );
}

function PasswordField({ error }: { error: string | undefined }): ReactNode {
  const [shown, setShown] = useState(false);
  const Icon = shown ? EyeOff : Eye;
  return (
    <Field name="password" label="Password" error={error}>
      {(props) => (
        <div className="password">
          <input {...props} type={shown ? "text" : "password"} autoComplete="current-password" />
          <button type="button" className="password-eye" aria-label="Show password" aria-pressed={shown} onClick={() => setShown(!shown)}>
            <Icon aria-hidden="true" size={22} />
          </button>
        </div>
      )}
    </Field>
  );
}
