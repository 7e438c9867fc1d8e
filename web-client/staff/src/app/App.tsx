import { Loader } from "@mantine/core";
import { QueryClientProvider, useQuery } from "@tanstack/react-query";
import { useCallback, useMemo, useState } from "react";
import { createQueryClient, sessionQuery } from "@shared/api/queries";
import type { Session } from "@shared/api/types";
import { draftsOf, DraftsProvider } from "@shared/drafts/use-draft";
import { PatientHere } from "../features/sign-in/PatientHere";
import { EnrolFirst } from "../features/security/EnrolFirst";
import { SignIn } from "../features/sign-in/SignIn";
import { LiveProvider } from "../lib/live";
import { isStaff } from "../lib/roles";
import { forgetEverything, SessionProvider } from "../lib/session";
import { IdleGuard } from "../ui/IdleGuard";
import { Failure } from "../ui/Quiet";
import { StepUp } from "../ui/StepUp";
import { Screens } from "./Screens";
import { Shell } from "./Shell";
import styles from "./Splash.module.css";

/** The staff app: whoever is not signed in meets the sign-in screen at the address they opened. */
export function App() {
  const [expired, setExpired] = useState(false);
  const [cache] = useState(() => {
    const made = createQueryClient(() => {
      setExpired(true);
      forgetEverything(made);
    });
    return made;
  });
  const over = useCallback(() => {
    setExpired(true);
    forgetEverything(cache);
  }, [cache]);
  return (
    <QueryClientProvider client={cache}>
      <Gate expired={expired} onSignedIn={() => setExpired(false)} onOver={over} />
    </QueryClientProvider>
  );
}

interface GateProps {
  readonly expired: boolean;
  readonly onSignedIn: () => void;
  readonly onOver: () => void;
}

function Gate({ expired, onSignedIn, onOver }: GateProps) {
  const session = useQuery(sessionQuery());
  if (session.data === undefined) {
    return (
      <main className={styles["splash"]}>
        {session.isError ? (
          <Failure error={session.error} what="Bedside" onRetry={() => void session.refetch()} />
        ) : (
          <Loader aria-label="Loading Bedside" />
        )}
      </main>
    );
  }
  if (session.data === null) return <SignIn expired={expired} onSignedIn={onSignedIn} />;
  return <Inside key={session.data.session_id} session={session.data} onOver={onOver} />;
}

/** Whoever is signed in: what they were writing, the watch over their session, and their screens. */
function Inside({ session, onOver }: { readonly session: Session; readonly onOver: () => void }) {
  const { id } = session.account;
  const drafts = useMemo(() => draftsOf(id), [id]);
  return (
    <DraftsProvider value={drafts}>
      <Signed session={session} />
      <IdleGuard session={session} onOver={onOver} />
    </DraftsProvider>
  );
}

function Signed({ session: { account, enrolment_only: enrolling } }: { readonly session: Session }) {
  if (enrolling === true) return <EnrolFirst account={account} />;
  if (!isStaff(account)) return <PatientHere account={account} />;
  return (
    <SessionProvider account={account}>
      <LiveProvider>
        <StepUp>
          <Shell>
            <Screens />
          </Shell>
        </StepUp>
      </LiveProvider>
    </SessionProvider>
  );
}
