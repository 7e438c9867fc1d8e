import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { keys } from "@shared/api/queries";
import type { Account } from "@shared/api/types";
import { useSignOut } from "../../lib/session";
import { Door } from "../../ui/Door";
import { Enrol } from "./Enrol";

/** A session of enrolment asks for no fresh proof: it is as fresh as its sign-in. */
const proven = <T,>(call: () => Promise<T>): Promise<T> => call();

/** For whoever must have a second factor before anything else opens. */
export function EnrolFirst({ account }: { readonly account: Account }) {
  const cache = useQueryClient();
  const signOut = useSignOut();
  return (
    <Door title="Set up your second factor" tabTitle="Second factor" wide>
      <Enrol
        email={account.email}
        proven={proven}
        onDone={(session) => {
          if (session === undefined) void cache.invalidateQueries({ queryKey: keys.session });
          else cache.setQueryData(keys.session, session);
        }}
        leave={
          <Button variant="default" loading={signOut.isPending} onClick={() => signOut.mutate()}>
            Sign out
          </Button>
        }
      />
    </Door>
  );
}
