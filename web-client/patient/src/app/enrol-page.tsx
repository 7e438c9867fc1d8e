import { useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { enterSession, sessionQuery } from "@shared/api/queries";
import type { Account } from "@shared/api/types";
import { Enrol } from "../features/security/enrol";
import { useSignOut } from "../lib/session";

/** A session of enrolment asks for no fresh proof: it is as fresh as its sign-in. */
const proven = <T,>(call: () => Promise<T>): Promise<T> => call();

/** For whoever must have a second factor before anything else opens. */
export function EnrolPage({ account }: { account: Account }): ReactNode {
  const client = useQueryClient();
  const signOut = useSignOut();
  return (
    <Enrol
      email={account.email}
      forced
      proven={proven}
      onDone={(session) => {
        if (session === undefined) void client.invalidateQueries({ queryKey: sessionQuery().queryKey });
        else enterSession(client, session);
      }}
      onCancel={() => signOut.mutate()}
    />
  );
}
