import { type ReactNode, useCallback } from "react";
import { Redirect, Route, Switch, useLocation } from "wouter";
import { useProven } from "@shared/account/use-step-up";
import type { Account } from "@shared/api/types";
import { AccountMenu } from "../features/account/menu";
import { Family } from "../features/family/family";
import { GiveAccess } from "../features/family/give";
import { Record } from "../features/record/record";
import { ChangePassword } from "../features/security/change-password";
import { Enrol } from "../features/security/enrol";
import { Security } from "../features/security/security";
import { Notice } from "../ui/notice";
import { Screen } from "../ui/screen";
import { StepUp } from "../ui/step-up";

/** Everything below /account. */
export function AccountPages({ account }: { account: Account }): ReactNode {
  const patient = account.patient_id;
  return (
    <StepUp>
      <Switch>
        <Route path="/account">
          <AccountMenu account={account} />
        </Route>
        <Route path="/account/security">
          <Security account={account} />
        </Route>
        <Route path="/account/security/app">
          <AddApp account={account} />
        </Route>
        <Route path="/account/security/password">
          <ChangePassword />
        </Route>
        <Route path="/account/record">{patient === null ? <NoRecord /> : <Record patientId={patient} name={account.display_name} />}</Route>
        <Route path="/account/family">{patient === null ? <NoRecord /> : <Family patientId={patient} />}</Route>
        <Route path="/account/family/new">{patient === null ? <NoRecord /> : <GiveAccess patientId={patient} />}</Route>
        <Route>
          <Redirect to="/account" replace />
        </Route>
      </Switch>
    </StepUp>
  );
}

function AddApp({ account }: { account: Account }): ReactNode {
  const [, navigate] = useLocation();
  const leave = useCallback(() => navigate("/account/security"), [navigate]);
  return <Enrol email={account.email} forced={false} proven={useProven()} onDone={leave} onCancel={leave} />;
}

function NoRecord(): ReactNode {
  return (
    <Screen title="There is no record yet" back={{ href: "/account", label: "Your account" }}>
      <Notice tone="info" title="Your account is not connected to a patient record">
        Call your clinic. They can connect it.
      </Notice>
    </Screen>
  );
}
