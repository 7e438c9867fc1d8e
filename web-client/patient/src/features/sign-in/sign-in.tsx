import { useQueryClient } from "@tanstack/react-query";
import { Fingerprint } from "lucide-react";
import { type FormEvent, type ReactNode, useRef, useState } from "react";
import { Link } from "wouter";
import { enterSession } from "@shared/api/queries";
import { type SignInFlow, useSignIn } from "@shared/account/use-sign-in";
import { isTyped, useProofEntry } from "@shared/account/use-proof-entry";
import { Button } from "../../ui/button";
import { Field, PasswordField, ProofField } from "../../ui/field";
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

interface SignInProps {
  expired: boolean;
  /** The secret of a letter's link, which stands for the password. */
  link?: string;
  onSignedIn?: () => void;
}

/** Signing in. `expired` tells that a session ended, so that nobody wonders why they are here. */
export function SignIn({ expired, link, onSignedIn }: SignInProps): ReactNode {
  const client = useQueryClient();
  const flow = useSignIn((session) => {
    enterSession(client, session);
    onSignedIn?.();
  });
  if (flow.second !== undefined) return <SecondStep key={flow.second.attempt} flow={flow} methods={flow.second.methods} />;
  if (link !== undefined) return <LinkStep flow={flow} secret={link} />;
  return <FirstStep flow={flow} expired={expired} />;
}

/** A letter's link in place of the password. It is used at the press, because mail programs open links by themselves. */
function LinkStep({ flow, secret }: { flow: SignInFlow; secret: string }): ReactNode {
  return (
    <Screen
      title="Sign in with the link from your mail"
      lead="Press “Sign in” and you are there. The link works once."
      actions={
        <>
          <Button busy={flow.busy} onClick={() => flow.link(secret)}>
            Sign in
          </Button>
          {flow.error !== null && (
            <Link className="button button-second" href="/forgot">
              <span>Ask for a new link</span>
            </Link>
          )}
        </>
      }
    >
      {flow.error !== null && <TroubleNotice error={flow.error} />}
    </Screen>
  );
}

function FirstStep({ flow, expired }: { flow: SignInFlow; expired: boolean }): ReactNode {
  const form = useRef<HTMLFormElement>(null);
  const [missing, setMissing] = useState<Missing>({});
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    if (flow.busy) return;
    const data = new FormData(event.currentTarget);
    const email = String(data.get("email")).trim();
    const password = String(data.get("password"));
    const found = missingOf(email, password);
    setMissing(found);
    const first = Object.keys(found)[0];
    if (first === undefined) flow.password(email, password);
    else form.current?.querySelector<HTMLInputElement>(`[name=${first}]`)?.focus();
  };
  return (
    <form ref={form} className="sign-in" onSubmit={submit} noValidate>
      <Screen
        title="Sign in"
        lead="Here you meet your clinician by video."
        actions={
          <Button type="submit" busy={flow.busy}>
            Sign in
          </Button>
        }
      >
        {expired && flow.error === null && flow.restart === undefined && (
          <Notice tone="info" title="You were signed out">
            To protect your health data we end a session after a while. Sign in to go on where you were.
          </Notice>
        )}
        {flow.restart !== undefined && (
          <div role="alert">
            <Notice tone="info" title="Please start again">
              The code was not right several times, or it took longer than five minutes. Sign in once more with your password.
            </Notice>
          </div>
        )}
        {flow.error !== null && <TroubleNotice error={flow.error} />}
        <Field name="email" label="Email" error={missing.email}>
          {(props) => <input {...props} type="email" autoComplete="username" inputMode="email" autoCapitalize="none" spellCheck={false} />}
        </Field>
        <PasswordField error={missing.password} />
        {flow.passkey !== undefined && (
          <div>
            <Button kind="quiet" className="button-inline" icon={<Fingerprint aria-hidden="true" size={22} />} onClick={flow.passkey}>
              Use a passkey instead
            </Button>
          </div>
        )}
        <p className="soft">
          <Link className="inline-target" href="/forgot">
            Forgot your password?
          </Link>{" "}
          No account? Call your clinic and they will help you.
        </p>
      </Screen>
    </form>
  );
}

/** What the second step asks for. */
const SECOND = {
  totp: { title: "Open the app on your phone", lead: "Your password was right. Now type the code that the app shows for Bedside." },
  recovery_code: { title: "Use a recovery code", lead: "You got these codes when you set up the app. Each works once." },
  passkey: { title: "Show that it is you", lead: "Your password was right. Now use the lock of your device, or your security key." },
} as const;

/** The password was right; now the second factor. */
function SecondStep({ flow, methods }: { flow: SignInFlow; methods: readonly string[] }): ReactNode {
  const form = useRef<HTMLFormElement>(null);
  const entry = useProofEntry(methods, flow.prove);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (flow.busy) return;
    if (!entry.submit()) form.current?.querySelector<HTMLInputElement>("[name=code]")?.focus();
  };
  const typed = isTyped(methods);
  const words = SECOND[typed ? entry.method : "passkey"];
  return (
    <form ref={form} className="sign-in" onSubmit={submit} noValidate>
      <Screen
        title={words.title}
        tabTitle="Sign in: your code"
        lead={words.lead}
        actions={
          <>
            {typed && (
              <Button type="submit" busy={flow.busy}>
                Continue
              </Button>
            )}
            {flow.passkey !== undefined && (
              <Button kind={typed ? "second" : "main"} busy={flow.busy && !typed} icon={<Fingerprint aria-hidden="true" size={22} />} onClick={flow.passkey}>
                Use my passkey
              </Button>
            )}
            <Button kind="second" onClick={flow.back}>
              Start again
            </Button>
          </>
        }
        after={<p className="soft">No phone and no recovery code? Call your clinic. They can let you in again after checking that it is you.</p>}
      >
        {flow.error !== null && <TroubleNotice error={flow.error} />}
        {typed && <ProofField entry={entry} error={undefined} />}
      </Screen>
    </form>
  );
}
