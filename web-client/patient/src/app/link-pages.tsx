import { type ReactNode, useState } from "react";
import { Route, Switch, useLocation } from "wouter";
import { LinkOver } from "../features/links/link-over";
import { Forgot } from "../features/links/forgot";
import { ResetPassword } from "../features/links/reset";
import { SignIn } from "../features/sign-in/sign-in";
import { takeFragment } from "../lib/secret";

/** What letters lead to, and how to ask for them; nobody is signed in here. */
export function LinkPages(): ReactNode {
  const [secret] = useState(takeFragment);
  const [, navigate] = useLocation();
  return (
    <Switch>
      <Route path="/forgot">
        <Forgot forStaff={false} />
      </Route>
      <Route path="/forgot/staff">
        <Forgot forStaff />
      </Route>
      <Route path="/reset-password">
        <ResetPassword secret={secret} />
      </Route>
      <Route path="/sign-in-link">
        {secret === "" ? <LinkOver /> : <SignIn expired={false} link={secret} onSignedIn={() => navigate("/", { replace: true })} />}
      </Route>
    </Switch>
  );
}
