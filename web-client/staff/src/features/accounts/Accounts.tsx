import { Button, Skeleton } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { UserPlus } from "lucide-react";
import { useState } from "react";
import type { Account } from "@shared/api/types";
import { ROLE_NAME } from "../../lib/roles";
import { useAccount } from "../../lib/session";
import { accountsQuery } from "../../lib/staffQueries";
import { Dialog } from "../../ui/Dialog";
import { MorePages } from "../../ui/MorePages";
import { Page } from "../../ui/Page";
import { Failure } from "../../ui/Quiet";
import table from "../../ui/Table.module.css";
import { AccountMenu } from "./AccountMenu";
import { NewAccount } from "./NewAccount";

/** Who may sign in at this clinic, and with which roles. */
export function Accounts() {
  const pages = useInfiniteQuery(accountsQuery());
  const [adding, setAdding] = useState(false);
  const accounts = pages.data?.pages.flatMap((page) => page.items);
  return (
    <Page
      title="Accounts"
      summary="Everybody who can sign in at this clinic."
      aside={
        <Button leftSection={<UserPlus size={16} aria-hidden />} onClick={() => setAdding(true)}>
          New account
        </Button>
      }
    >
      {pages.isPending ? <Skeleton height={200} component="section" aria-label="Loading accounts" aria-busy="true" /> : null}
      {pages.isError && accounts === undefined ? <Failure error={pages.error} what="The accounts" onRetry={() => void pages.refetch()} /> : null}
      {accounts === undefined ? null : (
        <>
          <AccountTable accounts={accounts} />
          <MorePages pages={pages} shown={accounts.length} />
        </>
      )}
      <Dialog opened={adding} onClose={() => setAdding(false)} title="New account">
        <NewAccount onDone={() => setAdding(false)} />
      </Dialog>
    </Page>
  );
}

function AccountTable({ accounts }: { readonly accounts: readonly Account[] }) {
  const me = useAccount().id;
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling region must be reachable by keyboard
    <section className={table["scroll"]} tabIndex={0} aria-label="Accounts">
      <table className={table["table"]}>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Email</th>
            <th scope="col">Roles</th>
            <th scope="col">
              <span className="visually-hidden">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {accounts.map((account) => (
            <tr key={account.id}>
              <th scope="row">{account.display_name}</th>
              <td>{account.email}</td>
              <td>{account.roles.map((role) => ROLE_NAME[role]).join(", ")}</td>
              <td>{account.id === me ? null : <AccountMenu account={account} />}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
