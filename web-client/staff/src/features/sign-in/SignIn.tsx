import { Alert, Button, PasswordInput, TextInput, Title } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { CircleAlert, Clock } from "lucide-react";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { api, take } from "@shared/api/client";
import { codeOf } from "@shared/api/error";
import { keys } from "@shared/api/queries";
import mark from "../../../favicon.svg";
import { describeProblem } from "../../lib/problem";
import styles from "./SignIn.module.css";

/** Sign-in for staff, shown in place of whatever page was asked for. */
export function SignIn({ expired, onSignedIn }: { readonly expired: boolean; readonly onSignedIn: () => void }) {
  const cache = useQueryClient();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const field = useRef<HTMLInputElement>(null);
  const signIn = useMutation({
    mutationFn: () => take(api.POST("/api/v1/sessions", { body: { email: email.trim(), password } })),
    onSuccess: (session) => {
      onSignedIn();
      cache.setQueryData(keys.session, session);
    },
    onError: () => field.current?.select(),
  });
  useEffect(() => {
    document.title = "Sign in · Bedside";
  }, []);

  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!signIn.isPending) signIn.mutate();
  };
  return (
    <main className={styles["page"]}>
      <div className={styles["column"]}>
        <p className={styles["brand"]}>
          <img src={mark} alt="" width={32} height={32} />
          Bedside
        </p>
        <Title order={1} className={styles["title"]}>
          Sign in to your clinic
        </Title>
        {expired ? (
          <Alert color="waiting" icon={<Clock aria-hidden />} className={styles["notice"]}>
            Your session ended. Sign in again to go on where you were.
          </Alert>
        ) : null}
        <form onSubmit={submit} className={styles["form"]}>
          <TextInput label="Email" type="email" autoComplete="username" required withAsterisk={false} value={email} onChange={(event) => setEmail(event.currentTarget.value)} />
          <PasswordInput ref={field} label="Password" autoComplete="current-password" required withAsterisk={false} value={password} onChange={(event) => setPassword(event.currentTarget.value)} visibilityToggleButtonProps={{ "aria-label": "Show password", size: 28 }} />
          {signIn.isError ? (
            <Alert color="danger" icon={<CircleAlert aria-hidden />} role="alert">
              {codeOf(signIn.error) === "invalid_credentials"
                ? "Email or password is not right. Check both and try again."
                : describeProblem(signIn.error)}
            </Alert>
          ) : null}
          <Button type="submit" size="md" fullWidth loading={signIn.isPending}>
            Sign in
          </Button>
        </form>
        <p className={styles["patients"]}>
          Are you a patient? <a href="/">Go to your visit</a>
        </p>
      </div>
    </main>
  );
}
