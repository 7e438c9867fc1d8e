import { Laptop, Smartphone, SquareTerminal } from "lucide-react";
import type { ReactNode } from "react";
import { deviceWords } from "@shared/account/device";
import { useOwnSessions } from "@shared/account/use-security";
import type { OwnSession } from "@shared/api/types";
import { day, dayInside, timeOfDay } from "../../lib/format";
import { useNow } from "../../lib/hooks";
import { Button } from "../../ui/button";
import { TroubleNotice } from "../../ui/trouble";

const ICONS = { computer: Laptop, phone: Smartphone, program: SquareTerminal } as const;

/** Where the person is signed in, and the way out of each. */
export function Sessions(): ReactNode {
  const { sessions, end, endOthers } = useOwnSessions();
  const items = sessions.data?.items ?? [];
  const error = end.error ?? endOthers.error ?? (sessions.data === undefined ? sessions.error : null);
  return (
    <section className="section" aria-labelledby="sessions">
      <h2 id="sessions">Where you are signed in</h2>
      {sessions.isPending && <p role="status">Looking up your devices…</p>}
      {error !== null && <TroubleNotice error={error} />}
      <ul className="rows">
        {items.map((session) => (
          <SessionRow key={session.id} session={session} busy={end.isPending && end.variables === session.id} onEnd={() => end.mutate(session.id)} />
        ))}
      </ul>
      {items.length > 1 && (
        <Button kind="second" busy={endOthers.isPending} onClick={() => endOthers.mutate()}>
          Sign out everywhere else
        </Button>
      )}
      {items.length === 1 && <p className="soft">You are signed in nowhere else.</p>}
    </section>
  );
}

function SessionRow({ session, busy, onEnd }: { session: OwnSession; busy: boolean; onEnd: () => void }): ReactNode {
  const now = useNow();
  const { name, kind } = deviceWords(session.user_agent);
  const Icon = ICONS[kind];
  return (
    <li className="row">
      <Icon aria-hidden="true" size={24} />
      <div className="row-text">
        <span className="row-name">{name}</span>
        <span className="soft numbers">
          {session.current ? "This device" : `Last used ${dayInside(day(session.last_seen_at, now))} at ${timeOfDay(session.last_seen_at)}`}
        </span>
      </div>
      {!session.current && (
        <Button kind="quiet" busy={busy} onClick={onEnd}>
          Sign out there<span className="visually-hidden">: {name}</span>
        </Button>
      )}
    </li>
  );
}
