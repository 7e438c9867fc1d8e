import type { ReactNode } from "react";
import { Link } from "wouter";
import type { Account } from "@shared/api/types";
import { useSignOut } from "../lib/session";
import { Button } from "../ui/button";

/** The top of each page: whose clinic this is, and the way out. */
export function Bar({ account }: { account: Account | undefined }): ReactNode {
  const signOut = useSignOut();
  return (
    <header className="bar">
      <Link className="bar-brand" href="/">
        <Mark />
        <span>{account?.clinic.name ?? "Bedside"}</span>
      </Link>
      {account !== undefined && (
        <nav className="bar-end" aria-label="Your account">
          <Link className="button button-quiet" href="/account">
            Account
          </Link>
          <Button kind="quiet" busy={signOut.isPending} onClick={() => signOut.mutate()}>
            Sign out
          </Button>
        </nav>
      )}
    </header>
  );
}

/** A bed and a person beside it, drawn with one line. */
function Mark(): ReactNode {
  return (
    <svg width="32" height="32" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="var(--accent)" />
      <path
        d="M9 7v18M9 19h14v6M23 19v-3a4 4 0 0 0-4-4h-6"
        fill="none"
        stroke="var(--on-accent)"
        strokeWidth="2.6"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
