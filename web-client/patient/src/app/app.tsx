import { QueryClientProvider, useQuery, useQueryClient } from "@tanstack/react-query";
import { WifiOff } from "lucide-react";
import { lazy, type ReactNode, Suspense, useCallback, useMemo, useState } from "react";
import { Redirect, Route, Switch } from "wouter";
import { createQueryClient, enterSession, sessionQuery } from "@shared/api/queries";
import { onDemand } from "@shared/lib/on-demand";
import type { Account, Session } from "@shared/api/types";
import { draftsOf, DraftsProvider } from "@shared/drafts/use-draft";
import { Home } from "../features/home/home";
import { SignIn } from "../features/sign-in/sign-in";
import { useOnline } from "../lib/hooks";
import { LiveProvider } from "../lib/live";
import { Boundary } from "../ui/boundary";
import { IdleGuard } from "../ui/idle-guard";
import { Notice } from "../ui/notice";
import { Screen } from "../ui/screen";
import { Loading, TroubleScreen } from "../ui/trouble";
import { Bar } from "./bar";
import { VisitPage } from "./visit-page";

// What most visits do without: their first load is counted in kilobytes.
const AccountPages = onDemand(() => import("./account-pages").then((module) => module.AccountPages));
const EnrolPage = onDemand(() => import("./enrol-page").then((module) => module.EnrolPage));
const FamilyPages = onDemand(() => import("./family-pages").then((module) => module.FamilyPages));
const LinkPages = onDemand(() => import("./link-pages").then((module) => module.LinkPages));
const GuestPage = lazy(() => import("./guest-page").then((module) => ({ default: module.GuestPage })));

/** Where letters lead to, and where they are asked for. */
const LINKS = /^\/(?:forgot|reset-password|sign-in-link)(?:\/|$)/;

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
  const expire = useCallback(() => setExpired(true), []);
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
        <Route path={LINKS}>
          <Page>
            <LinkPages.Component fallback={<Loading what="One moment…" />} />
          </Page>
        </Route>
        <Route>
          <Gate expired={expired} onExpired={expire} />
        </Route>
      </Switch>
    </QueryClientProvider>
  );
}

/** Nobody sees anything before signing in; the address stays, so that a link leads where it should. */
function Gate({ expired, onExpired }: { expired: boolean; onExpired: () => void }): ReactNode {
  const client = useQueryClient();
  const session = useQuery(sessionQuery());
  const account = session.data?.account;
  const over = useCallback((): void => {
    onExpired();
    enterSession(client, null);
  }, [client, onExpired]);
  if (session.isPending) return <Page><Loading what="One moment…" /></Page>;
  if (session.isError && account === undefined) {
    return (
      <Page>
        <TroubleScreen error={session.error} retry={() => void session.refetch()} busy={session.isFetching} />
      </Page>
    );
  }
  if (!session.data) return <Page><SignIn expired={expired} /></Page>;
  return <Inside key={session.data.session_id} session={session.data} onOver={over} />;
}

/** Whoever is signed in: what they were writing, the watch over their session, and their screens. */
function Inside({ session, onOver }: { session: Session; onOver: () => void }): ReactNode {
  const { account } = session;
  const drafts = useMemo(() => draftsOf(account.id), [account.id]);
  return (
    <DraftsProvider value={drafts}>
      <Signed session={session} />
      <IdleGuard session={session} onOver={onOver} />
    </DraftsProvider>
  );
}

function Signed({ session: { account, enrolment_only: enrolling } }: { session: Session }): ReactNode {
  if (account.roles.includes("family_member") && !account.roles.includes("patient") && enrolling !== true) {
    return (
      <Page account={account}>
        <FamilyPages.Component account={account} fallback={<Loading what="One moment…" />} />
      </Page>
    );
  }
  if (!account.roles.includes("patient")) return <Page account={account}><NotAPatient /></Page>;
  if (enrolling === true) {
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
