import { Button, Title } from "@mantine/core";
import { useEffect } from "react";
import type { Account } from "@shared/api/types";
import { useSignOut } from "../../lib/session";
import styles from "../../ui/Door.module.css";

/** A patient who signed in at the clinic's door: no error, just the way to the right one. */
export function PatientHere({ account }: { readonly account: Account }) {
  const signOut = useSignOut();
  useEffect(() => {
    document.title = "Your visit is on another page · Bedside";
  }, []);
  return (
    <main className={styles["page"]}>
      <div className={styles["column"]}>
        <Title order={1} className={styles["title"]}>
          Your visit is on another page
        </Title>
        <p>
          Hello {account.display_name}. This page is for people who work at {account.clinic.name}. You are signed in already; your
          visits are one step away.
        </p>
        <div className={styles["form"]}>
          <Button component="a" href="/" size="md">
            Go to your visits
          </Button>
          <Button variant="subtle" loading={signOut.isPending} onClick={() => signOut.mutate()}>
            Sign in as somebody else
          </Button>
        </div>
      </div>
    </main>
  );
}
