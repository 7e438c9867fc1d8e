import { MapPinOff } from "lucide-react";
import { lazy, type ReactNode, Suspense } from "react";
import { Link, Redirect, Route, Switch } from "wouter";
import { Loader } from "@mantine/core";
import { Accounts } from "../features/accounts/Accounts";
import { AuditLog } from "../features/audit/AuditLog";
import { Board } from "../features/board/Board";
import { Booking } from "../features/booking/Booking";
import { Reports } from "../features/compliance/Reports";
import { Reviews } from "../features/compliance/Reviews";
import { PatientPage } from "../features/patients/PatientPage";
import { Patients } from "../features/patients/Patients";
import { Security } from "../features/security/Security";
import { Today } from "../features/today/Today";
import { homeOf, PLACES, placesOf } from "../lib/roles";
import { useAccount } from "../lib/session";
import { Page } from "../ui/Page";
import { Quiet } from "../ui/Quiet";

// livekit-client is as large as everything else together and only a visit needs it.
const InvitedScreen = lazy(() => import("../features/call/InvitedScreen"));
const VisitScreen = lazy(() => import("../features/call/VisitScreen"));

/** The screens by address; one that belongs to another role says so instead of failing. */
export function Screens() {
  const home = homeOf(useAccount());
  return (
    <Suspense fallback={<Loader aria-label="Loading" />}>
      <Switch>
        <Route path="/">
          <Redirect to={home} replace />
        </Route>
        <Route path="/today">
          <ForRole path="/today">
            <Today />
          </ForRole>
        </Route>
        <Route path="/visits/:id">
          {({ id }) => (
            <ForRole path="/today">
              <VisitScreen key={id} id={id} />
            </ForRole>
          )}
        </Route>
        <Route path="/invited/:id">{({ id }) => <InvitedScreen key={id} id={id} />}</Route>
        <Route path="/board">
          <ForRole path="/board">
            <Board />
          </ForRole>
        </Route>
        <Route path="/book">
          <ForRole path="/book">
            <Booking />
          </ForRole>
        </Route>
        <Route path="/accounts">
          <ForRole path="/accounts">
            <Accounts />
          </ForRole>
        </Route>
        <Route path="/audit">
          <ForRole path="/audit">
            <AuditLog />
          </ForRole>
        </Route>
        <Route path="/patients">
          <ForRole path="/patients">
            <Patients />
          </ForRole>
        </Route>
        <Route path="/patients/:id">
          {({ id }) => (
            <ForRole path="/patients">
              <PatientPage key={id} id={id} />
            </ForRole>
          )}
        </Route>
        <Route path="/reports">
          <ForRole path="/reports">
            <Reports />
          </ForRole>
        </Route>
        <Route path="/reviews">
          <ForRole path="/reviews">
            <Reviews />
          </ForRole>
        </Route>
        <Route path="/security">
          <Security />
        </Route>
        <Route>
          <Elsewhere title="There is no such page" />
        </Route>
      </Switch>
    </Suspense>
  );
}

function ForRole({ path, children }: { readonly path: string; readonly children: ReactNode }) {
  const account = useAccount();
  if (placesOf(account).some((place) => place.path === path)) return children;
  const label = PLACES.find((place) => place.path === path)?.label ?? path;
  return <Elsewhere title={`“${label}” is not part of your role`} />;
}

function Elsewhere({ title }: { readonly title: string }) {
  const home = homeOf(useAccount());
  return (
    <Page title={title}>
      <Quiet icon={MapPinOff} title="Nothing to do here" action={<Link href={home}>Go to your start page</Link>}>
        Your clinic admin can change what your account may see.
      </Quiet>
    </Page>
  );
}
