import type { ReactNode } from "react";
import { Redirect, Route, Switch } from "wouter";
import type { Account } from "@shared/api/types";
import { Represented } from "../features/family/represented";
import { Record } from "../features/record/record";
import { AccountPages } from "./account-pages";

/** What a family member sees who is no patient themselves. */
export function FamilyPages({ account }: { account: Account }): ReactNode {
  return (
    <Switch>
      <Route path="/">
        <Represented zone={account.clinic.time_zone} />
      </Route>
      <Route path="/represented/:id/record">
        {({ id }) => <Record patientId={id} name={account.display_name} back={{ href: "/", label: "Those you act for" }} />}
      </Route>
      <Route path="/account/*?">
        <AccountPages account={account} />
      </Route>
      <Route>
        <Redirect to="/" replace />
      </Route>
    </Switch>
  );
}
