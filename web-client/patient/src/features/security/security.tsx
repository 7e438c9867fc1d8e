import { KeyRound, Smartphone } from "lucide-react";
import { type ReactNode, useState } from "react";
import { Link } from "wouter";
import { StepUpDeclined } from "@shared/account/step-up";
import { useProven } from "@shared/account/use-step-up";
import { useSecurity } from "@shared/account/use-security";
import { factorKind, recoveryWords } from "@shared/account/words";
import type { Account, Factor } from "@shared/api/types";
import { day, dayInside } from "../../lib/format";
import { useNow } from "../../lib/hooks";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { Notice } from "../../ui/notice";
import { Screen } from "../../ui/screen";
import { Loading, TroubleNotice, TroubleScreen } from "../../ui/trouble";
import { KeepCodes } from "./keep-codes";
import { Notices } from "./notices";
import { Sessions } from "./sessions";
import "./security.css";

/** What guards the account: codes, password, where one is signed in, what happened lately. */
export function Security({ account }: { account: Account }): ReactNode {
  const proven = useProven();
  const { factors, removeFactor, newCodes } = useSecurity(proven);
  if (newCodes.data !== undefined) {
    return <KeepCodes codes={newCodes.data.recovery_codes} email={account.email} onKept={newCodes.reset} />;
  }
  if (factors.data === undefined) {
    if (factors.isError) return <TroubleScreen error={factors.error} retry={() => void factors.refetch()} busy={factors.isFetching} />;
    return <Loading what="Looking up how your account is guarded…" />;
  }
  const { items } = factors.data;
  const recovery = recoveryWords(factors.data);
  const error = removeFactor.error ?? newCodes.error;
  return (
    <Screen title="Sign-in and safety" back={{ href: "/account", label: "Your account" }}>
      {error !== null && !(error instanceof StepUpDeclined) && <TroubleNotice error={error} />}
      <section className="section" aria-labelledby="factors">
        <h2 id="factors">Beside your password</h2>
        {items.length === 0 ? (
          <p>You sign in with your password alone. A code from your phone makes it much safer.</p>
        ) : (
          <ul className="rows">
            {items.map((factor) => (
              <FactorRow key={factor.id} factor={factor} busy={removeFactor.isPending} onRemove={() => removeFactor.mutate(factor.id)} />
            ))}
          </ul>
        )}
        <Link className="button button-second" href="/account/security/app">
          <Smartphone aria-hidden="true" size={20} />
          <span>{items.length === 0 ? "Add a code from your phone" : "Add another way"}</span>
        </Link>
        {items.length > 0 && (
          <div className="row">
            <div className="row-text">
              {recovery.few ? <Notice tone="waiting" title={recovery.text} /> : <p>{recovery.text}</p>}
            </div>
            <Button kind="quiet" busy={newCodes.isPending} onClick={() => newCodes.mutate()}>
              Make new recovery codes
            </Button>
          </div>
        )}
      </section>
      <section className="section" aria-labelledby="password-title">
        <h2 id="password-title">Password</h2>
        <Link className="button button-second" href="/account/security/password">
          <KeyRound aria-hidden="true" size={20} />
          <span>Change password</span>
        </Link>
      </section>
      <Sessions />
      <Notices />
    </Screen>
  );
}

function FactorRow({ factor, busy, onRemove }: { factor: Factor; busy: boolean; onRemove: () => void }): ReactNode {
  const now = useNow();
  const [asking, setAsking] = useState(false);
  const used = factor.last_used_at === null ? "not used yet" : `last used ${dayInside(day(factor.last_used_at, now))}`;
  return (
    <li className="row">
      <div className="row-text">
        <span className="row-name">{factor.label}</span>
        <span className="soft">
          {factorKind(factor.kind)}, {used}
        </span>
      </div>
      <Button kind="quiet" busy={busy} onClick={() => setAsking(true)}>
        Remove<span className="visually-hidden"> {factor.label}</span>
      </Button>
      {asking && (
        <Dialog title={`Remove “${factor.label}”?`} onClose={() => setAsking(false)}>
          <p>Its codes will not work any more. You are signed out on your other devices.</p>
          <div className="dialog-actions">
            <Button
              onClick={() => {
                setAsking(false);
                onRemove();
              }}
            >
              Remove
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
