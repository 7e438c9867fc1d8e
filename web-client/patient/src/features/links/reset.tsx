import { useMutation } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useState } from "react";
import { Link } from "wouter";
import { checkPassword, refusedPassword } from "@shared/account/password";
import { api, take } from "@shared/api/client";
import { Button } from "../../ui/button";
import { PasswordField } from "../../ui/field";
import { Screen } from "../../ui/screen";
import { TroubleNotice } from "../../ui/trouble";
import { LinkOver } from "./link-over";

/** A new password in exchange for the link of a letter. */
export function ResetPassword({ secret }: { secret: string }): ReactNode {
  const [wrong, setWrong] = useState<string>();
  const reset = useMutation({
    mutationFn: (new_password: string) => take(api.POST("/api/v1/password-resets/complete", { body: { secret, new_password } })),
    onError: (error) => setWrong(refusedPassword(error).next),
  });
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const next = String(new FormData(event.currentTarget).get("next"));
    const { next: problem } = checkPassword({ current: "not asked for", next });
    setWrong(problem);
    if (problem === undefined && !reset.isPending) reset.mutate(next);
  };
  if (secret === "") return <LinkOver />;
  if (reset.isSuccess) {
    return (
      <Screen
        title="Your password is changed"
        lead="You are signed out everywhere. Sign in with the new password."
        actions={
          <>
            <Link className="button button-main" href="/">
              <span>Sign in as a patient</span>
            </Link>
            <a className="button button-second" href="/staff/">
              <span>I work at the clinic</span>
            </a>
          </>
        }
      />
    );
  }
  return (
    <form className="form-screen" onSubmit={submit} noValidate>
      <Screen
        title="Choose a new password"
        actions={
          <Button type="submit" busy={reset.isPending}>
            Change password
          </Button>
        }
      >
        {reset.isError && wrong === undefined && <TroubleNotice error={reset.error} />}
        <PasswordField
          name="next"
          label="New password"
          hint="At least 8 characters. Several words in a row are easy to remember and hard to guess."
          autoComplete="new-password"
          error={wrong}
        />
      </Screen>
    </form>
  );
}
