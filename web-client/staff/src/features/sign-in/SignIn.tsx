import { Alert, Button, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { CircleAlert, Clock, Fingerprint } from "lucide-react";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { isTyped, useProofEntry } from "@shared/account/use-proof-entry";
import { type SignInFlow, useSignIn } from "@shared/account/use-sign-in";
import { codeOf } from "@shared/api/error";
import { keys } from "@shared/api/queries";
import { describeProblem } from "../../lib/problem";
import { Door } from "../../ui/Door";
import styles from "../../ui/Door.module.css";
import { ProofFields } from "../../ui/ProofFields";
import { Refused } from "../../ui/Refused";

/** Sign-in for staff, shown in place of whatever page was asked for. */
export function SignIn({ expired, onSignedIn }: { readonly expired: boolean; readonly onSignedIn: () => void }) {
  const cache = useQueryClient();
  const flow = useSignIn((session) => {
    onSignedIn();
    cache.setQueryData(keys.session, session);
  });
  if (flow.second !== undefined) return <SecondStep key={flow.second.attempt} flow={flow} methods={flow.second.methods} />;
  return <FirstStep flow={flow} expired={expired} />;
}

function FirstStep({ flow, expired }: { readonly flow: SignInFlow; readonly expired: boolean }) {
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const field = useRef<HTMLInputElement>(null);
  const failed = flow.error !== null;
  useEffect(() => {
    if (failed) field.current?.select();
  }, [failed]);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!flow.busy) flow.password(email.trim(), password);
  };
  return (
    <Door title="Sign in to your clinic" tabTitle="Sign in">
      {expired && flow.restart === undefined ? (
        <Alert color="waiting" icon={<Clock aria-hidden />} className={styles["notice"]}>
          Your session ended. Sign in again to go on where you were.
        </Alert>
      ) : null}
      {flow.restart === undefined ? null : (
        <Alert color="waiting" role="alert" icon={<Clock aria-hidden />} className={styles["notice"]}>
          The code was wrong several times, or it took longer than five minutes. Sign in with your password again.
        </Alert>
      )}
      <form onSubmit={submit} className={styles["form"]}>
        <TextInput label="Email" type="email" autoComplete="username" required withAsterisk={false} value={email} onChange={(event) => setEmail(event.currentTarget.value)} />
        <PasswordInput ref={field} label="Password" autoComplete="current-password" required withAsterisk={false} value={password} onChange={(event) => setPassword(event.currentTarget.value)} visibilityToggleButtonProps={{ "aria-label": "Show password", size: 28 }} />
        {failed ? (
          <Alert color="danger" icon={<CircleAlert aria-hidden />} role="alert">
            {codeOf(flow.error) === "invalid_credentials" ? "Email or password is not right. Check both and try again." : describeProblem(flow.error)}
          </Alert>
        ) : null}
        <Button type="submit" size="md" fullWidth loading={flow.busy}>
          Sign in
        </Button>
        {flow.passkey === undefined ? null : (
          <Button variant="subtle" leftSection={<Fingerprint size={18} aria-hidden />} onClick={flow.passkey}>
            Use a passkey instead
          </Button>
        )}
      </form>
      <p className={styles["patients"]}>
        <a href="/forgot/staff">Forgot your password?</a>
      </p>
      <p className={styles["patients"]}>
        Are you a patient? <a href="/">Go to your visit</a>
      </p>
    </Door>
  );
}

/** The password was right; now the second factor. */
function SecondStep({ flow, methods }: { readonly flow: SignInFlow; readonly methods: readonly string[] }) {
  const entry = useProofEntry(methods, flow.prove);
  const typed = isTyped(methods);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => form.current?.querySelector("input")?.focus(), []);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!flow.busy) entry.submit();
  };
  return (
    <Door title="Show that it is you" tabTitle="Sign in: code">
      <form ref={form} onSubmit={submit} noValidate>
        <Stack gap="md">
          {typed ? <ProofFields entry={entry} /> : null}
          <Refused error={flow.error} />
          {typed ? (
            <Button type="submit" size="md" fullWidth loading={flow.busy}>
              Continue
            </Button>
          ) : null}
          {flow.passkey === undefined ? null : (
            <Button variant={typed ? "default" : "filled"} size="md" leftSection={<Fingerprint size={18} aria-hidden />} onClick={flow.passkey}>
              Use my passkey
            </Button>
          )}
          <Button variant="subtle" onClick={flow.back}>
            Start again
          </Button>
        </Stack>
      </form>
      <p className={styles["patients"]}>No phone and no recovery code? Your clinic admin can reset your second factor.</p>
    </Door>
  );
}
