import { Loader } from "@mantine/core";
import { QueryClientProvider, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { createQueryClient, sessionQuery } from "@shared/api/queries";
import { PatientHere } from "../features/sign-in/PatientHere";
import { EnrolFirst } from "../features/security/EnrolFirst";
import { SignIn } from "../features/sign-in/SignIn";
import { LiveProvider } from "../lib/live";
import { isStaff } from "../lib/roles";
import { forgetEverything, SessionProvider } from "../lib/session";
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
  return (
    <QueryClientProvider client={cache}>
      <Gate expired={expired} onSignedIn={() => setExpired(false)} />
    </QueryClientProvider>
  );
}

function Gate({ expired, onSignedIn }: { readonly expired: boolean; readonly onSignedIn: () => void }) {
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
  const { account, enrolment_only: enrolling } = session.data;
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
