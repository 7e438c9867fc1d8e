import { type FormEvent, type ReactNode, useState } from "react";
import { checkPassword, type PasswordErrors, refusedPassword } from "@shared/account/password";
import { usePasswordChange } from "@shared/account/use-security";
import { Button } from "../../ui/button";
import { PasswordField } from "../../ui/field";
import { Notice } from "../../ui/notice";
import { Screen } from "../../ui/screen";
import { TroubleNotice } from "../../ui/trouble";

const BACK = { href: "/account/security", label: "Sign-in and safety" } as const;

/** A new password in place of the old one. */
export function ChangePassword(): ReactNode {
  const [errors, setErrors] = useState<PasswordErrors>({});
  const [done, setDone] = useState(false);
  const change = usePasswordChange(() => setDone(true));
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    if (change.isPending) return;
    const data = new FormData(event.currentTarget);
    const draft = { current: String(data.get("current")), next: String(data.get("next")) };
    const found = checkPassword(draft);
    setErrors(found);
    if (Object.keys(found).length > 0) return;
    change.mutate({ current_password: draft.current, new_password: draft.next }, { onError: (error) => setErrors(refusedPassword(error)) });
  };
  if (done) {
    return (
      <Screen title="Your password is changed" back={BACK}>
        <Notice tone="ready" title="Use the new one from now on">
          On your other devices you are signed out. Sign in there with the new password.
        </Notice>
      </Screen>
    );
  }
  return (
    <form className="form-screen" onSubmit={submit} noValidate>
      <Screen
        title="Change your password"
        back={BACK}
        actions={
          <Button type="submit" busy={change.isPending}>
            Change password
          </Button>
        }
      >
        {change.isError && Object.keys(errors).length === 0 && <TroubleNotice error={change.error} />}
        <PasswordField name="current" label="Password you have now" error={errors.current} />
        <PasswordField
          name="next"
          label="New password"
          hint="At least 8 characters. Several words in a row are easy to remember and hard to guess."
          autoComplete="new-password"
          error={errors.next}
        />
      </Screen>
    </form>
  );
}
