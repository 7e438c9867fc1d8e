import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { UserPlus } from "lucide-react";
import { type ReactNode, useState } from "react";
import { Link } from "wouter";
import { LEVEL_WORDS, standingOf } from "@shared/account/family";
import { proxiesQuery } from "@shared/account/patient-queries";
import { api, take } from "@shared/api/client";
import type { ProxyGrant } from "@shared/api/types";
import { day, dayInside } from "../../lib/format";
import { useNow } from "../../lib/hooks";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { Notice } from "../../ui/notice";
import { Screen } from "../../ui/screen";
import { Loading, TroubleNotice, TroubleScreen } from "../../ui/trouble";

/** Who may see or arrange the person's care, and taking that back. */
export function Family({ patientId }: { patientId: string }): ReactNode {
  const client = useQueryClient();
  const now = useNow(60_000);
  const grants = useQuery(proxiesQuery(patientId));
  const revoke = useMutation({
    mutationFn: (grant: string) => take(api.POST("/api/v1/patients/{id}/proxies/{grant}/revoke", { params: { path: { id: patientId, grant } }, body: {} })),
    onSettled: () => client.invalidateQueries({ queryKey: proxiesQuery(patientId).queryKey }),
  });
  if (grants.data === undefined) {
    if (grants.isError) return <TroubleScreen error={grants.error} retry={() => void grants.refetch()} busy={grants.isFetching} />;
    return <Loading what="Looking up who may act for you…" />;
  }
  const { items } = grants.data;
  const counting = items.filter((grant) => ["counts", "later"].includes(standingOf(grant, now.getTime())));
  const over = items.filter((grant) => !counting.includes(grant));
  return (
    <Screen
      title="Family access"
      back={{ href: "/account", label: "Your account" }}
      lead="Somebody you trust can see or arrange your visits. You decide how much and for how long, and can take it back at any time."
      actions={
        <Link className="button button-main" href="/account/family/new">
          <UserPlus aria-hidden="true" size={22} />
          <span>Give somebody access</span>
        </Link>
      }
    >
      {revoke.isError && <TroubleNotice error={revoke.error} />}
      {counting.length === 0 ? (
        <Notice tone="info" title="Nobody has access">
          Only you and those who care for you see your record.
        </Notice>
      ) : (
        <ul className="rows">
          {counting.map((grant) => (
            <GrantRow key={grant.id} grant={grant} now={now} busy={revoke.isPending && revoke.variables === grant.id} onRevoke={() => revoke.mutate(grant.id)} />
          ))}
        </ul>
      )}
      {over.length > 0 && (
        <section className="section" aria-labelledby="over">
          <h2 id="over">Before</h2>
          <ul className="rows">
            {over.map((grant) => (
              <li key={grant.id} className="row">
                <div className="row-text">
                  <span className="row-name">{grant.display_name}</span>
                  <span className="soft">{grant.revoked_at === null ? "The time is over" : `Taken back ${dayInside(day(grant.revoked_at, now))}`}</span>
                </div>
              </li>
            ))}
          </ul>
        </section>
      )}
    </Screen>
  );
}

function GrantRow({ grant, now, busy, onRevoke }: { grant: ProxyGrant; now: Date; busy: boolean; onRevoke: () => void }): ReactNode {
  const [asking, setAsking] = useState(false);
  const until = grant.ends_at === null ? "until you take it back" : `until ${dayInside(day(grant.ends_at, now))}`;
  return (
    <li className="row">
      <div className="row-text">
        <span className="row-name">{grant.display_name}</span>
        <span className="soft">
          {LEVEL_WORDS[grant.level].name}, {until}
        </span>
      </div>
      <Button kind="quiet" busy={busy} onClick={() => setAsking(true)}>
        Take back<span className="visually-hidden"> the access of {grant.display_name}</span>
      </Button>
      {asking && (
        <Dialog title={`Take back the access of ${grant.display_name}?`} onClose={() => setAsking(false)}>
          <p>They see nothing of yours from that moment on. You can give it again later.</p>
          <div className="dialog-actions">
            <Button
              onClick={() => {
                setAsking(false);
                onRevoke();
              }}
            >
              Take back
            </Button>
            <Button kind="second" onClick={() => setAsking(false)}>
              Keep it
            </Button>
          </div>
        </Dialog>
      )}
    </li>
  );
}
