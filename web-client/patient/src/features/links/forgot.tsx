import { useMutation } from "@tanstack/react-query";
import { MailCheck } from "lucide-react";
import { type FormEvent, type ReactNode, useRef, useState } from "react";
import { api, take } from "@shared/api/client";
import { Button } from "../../ui/button";
import { Field } from "../../ui/field";
import { Notice } from "../../ui/notice";
import { Screen } from "../../ui/screen";
import { TroubleNotice } from "../../ui/trouble";

type Wish = "sign_in" | "password";

const BACK = { href: "/", label: "Sign in" } as const;

/** For whoever forgot the password: a link by mail. Staff get one for a new password only. */
export function Forgot({ forStaff }: { forStaff: boolean }): ReactNode {
  const form = useRef<HTMLFormElement>(null);
  const [missing, setMissing] = useState(false);
  const ask = useMutation({
    mutationFn: ({ email, wish }: { email: string; wish: Wish }) => {
      const body = { email };
      return wish === "sign_in" ? take(api.POST("/api/v1/sign-in-links", { body })) : take(api.POST("/api/v1/password-resets", { body }));
    },
  });
  const send = (wish: Wish): void => {
    if (form.current === null || ask.isPending) return;
    const email = String(new FormData(form.current).get("email")).trim();
    setMissing(!/.@./.test(email));
    if (/.@./.test(email)) ask.mutate({ email, wish });
    else form.current.querySelector<HTMLInputElement>("[name=email]")?.focus();
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    send(forStaff ? "password" : "sign_in");
  };
  if (ask.isSuccess) return <Sent email={ask.variables.email} wish={ask.variables.wish} />;
  return (
    <form ref={form} className="form-screen" onSubmit={submit} noValidate>
      <Screen
        title="Forgot your password?"
        back={forStaff ? undefined : BACK}
        lead="We send a link to the email address of your account."
        actions={
          <>
            <Button type="submit" busy={ask.isPending}>
              {forStaff ? "Send a link for a new password" : "Send a link to sign in"}
            </Button>
            {!forStaff && (
              <Button kind="second" onClick={() => send("password")}>
                I want a new password
              </Button>
            )}
          </>
        }
      >
        {ask.isError && <TroubleNotice error={ask.error} />}
        <Field name="email" label="Email" error={missing ? "Enter your email address, for example name@example.com." : undefined}>
          {(props) => <input {...props} type="email" autoComplete="username" inputMode="email" autoCapitalize="none" spellCheck={false} />}
        </Field>
      </Screen>
    </form>
  );
}

/** The same words whether or not there is such an account. */
function Sent({ email, wish }: { email: string; wish: Wish }): ReactNode {
  return (
    <Screen title="Look into your mail" lead={`If ${email} has an account here, a letter is on its way.`}>
      <ul className="list">
        <li>
          <MailCheck aria-hidden="true" size={22} />
          <span>Open the link in it within {wish === "sign_in" ? "15" : "30"} minutes. It works once.</span>
        </li>
      </ul>
      <Notice tone="info" title="No letter after a few minutes?">
        Look among the unwanted mail, and check the address. Or call your clinic.
      </Notice>
    </Screen>
  );
}
