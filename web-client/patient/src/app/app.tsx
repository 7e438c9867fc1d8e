import { QueryClientProvider, useQuery } from "@tanstack/react-query";
import { WifiOff } from "lucide-react";
import { lazy, type ReactNode, Suspense, useState } from "react";
import { Redirect, Route, Switch } from "wouter";
import { createQueryClient, enterSession, sessionQuery } from "@shared/api/queries";
import { onDemand } from "@shared/lib/on-demand";
import type { Account } from "@shared/api/types";
import { Home } from "../features/home/home";
import { SignIn } from "../features/sign-in/sign-in";
import { useOnline } from "../lib/hooks";
import { LiveProvider } from "../lib/live";
import { Boundary } from "../ui/boundary";
import { Notice } from "../ui/notice";
import { Screen } from "../ui/screen";
import { Loading, TroubleScreen } from "../ui/trouble";
import { Bar } from "./bar";
import { VisitPage } from "./visit-page";

// What most visits do without: their first load is counted in kilobytes.
const AccountPages = onDemand(() => import("./account-pages").then((module) => module.AccountPages));
const EnrolPage = onDemand(() => import("./enrol-page").then((module) => module.EnrolPage));
const GuestPage = lazy(() => import("./guest-page").then((module) => ({ default: module.GuestPage })));

/** The patient's app. */
export function App(): ReactNode {
  const [expired, setExpired] = useState(false);
  const [client] = useState(() => {
    const created = createQueryClient(() => {
      setExpired(true);
      enterSession(created, null);
    });
    return created;
  });
  return (
    <QueryClientProvider client={client}>
      <Switch>
        {/* Before any sign-in: a guest has no account. */}
        <Route path="/guest">
          <Page>
            <Suspense fallback={<Loading what="Opening your invitation…" />}>
              <GuestPage />
            </Suspense>
          </Page>
        </Route>
        <Route>
          <Gate expired={expired} />
        </Route>
      </Switch>
    </QueryClientProvider>
  );
}

/** Nobody sees anything before signing in; the address stays, so that a link leads where it should. */
function Gate({ expired }: { expired: boolean }): ReactNode {
  const session = useQuery(sessionQuery());
  const account = session.data?.account;
  const enrolling = session.data?.enrolment_only === true;
  if (session.isPending) return <Page><Loading what="One moment…" /></Page>;
  if (session.isError && account === undefined) {
    return (
      <Page>
        <TroubleScreen error={session.error} retry={() => void session.refetch()} busy={session.isFetching} />
      </Page>
    );
  }
  if (account === undefined) return <Page><SignIn expired={expired} /></Page>;
  if (!account.roles.includes("patient")) return <Page account={account}><NotAPatient /></Page>;
  if (enrolling) {
    return (
      <Page>
        <EnrolPage.Component account={account} fallback={<Loading what="One moment…" />} />
      </Page>
    );
  }
  return (
    <LiveProvider key={account.id} account={account.id}>
      <Page account={account}>
        <Routes account={account} />
      </Page>
    </LiveProvider>
  );
}

function Routes({ account }: { account: Account }): ReactNode {
  return (
    <Switch>
      <Route path="/">
        <Home clinic={account.clinic} />
      </Route>
      <Route path="/visits/:id/:rest?">
        {({ id, rest }) => <VisitPage key={id} id={id} clinic={account.clinic} checking={rest === "check"} />}
      </Route>
      <Route path="/account/*?">
        <AccountPages.Component account={account} fallback={<Loading what="Opening your account…" />} />
      </Route>
      <Route>
        <Redirect to="/" replace />
      </Route>
    </Switch>
  );
}

function Page({ account, children }: { account?: Account; children: ReactNode }): ReactNode {
  const online = useOnline();
  return (
    <div className="page">
      <Bar account={account} />
      {!online && (
        <p className="strip" role="status">
          <WifiOff aria-hidden="true" size={20} />
          You are offline. We reconnect by ourselves.
        </p>
      )}
      <main>
        <Boundary>{children}</Boundary>
      </main>
    </div>
  );
}

function NotAPatient(): ReactNode {
  return (
    <Screen
      title="This page is for patients"
      lead="You are signed in as a member of the clinic."
      actions={
        <a className="button button-main" href="/staff/">
          <span>Go to the clinic’s page</span>
        </a>
      }
    >
      <Notice tone="info" title="Want to see it as a patient?">
        Sign out and sign in with a patient’s account.
      </Notice>
    </Screen>
  );
}
