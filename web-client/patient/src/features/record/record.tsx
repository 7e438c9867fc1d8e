import { useInfiniteQuery } from "@tanstack/react-query";
import { Eye, ShieldX, Siren } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { type AccessLine, accessLines } from "@shared/account/accesses";
import { accessesQuery } from "@shared/account/patient-queries";
import { day, timeOfDay } from "../../lib/format";
import { useNow } from "../../lib/hooks";
import { Button } from "../../ui/button";
import { Notice } from "../../ui/notice";
import { Screen } from "../../ui/screen";
import { Loading, TroubleNotice, TroubleScreen } from "../../ui/trouble";
import "./record.css";

/** So many pages are looked through by themselves when they hold own acts only. */
const PAGES_LOOKED_THROUGH = 4;

const ACCOUNT = { href: "/account", label: "Your account" } as const;

interface Props {
  patientId: string;
  /** The reader's, so that their own acts can be told apart. */
  name: string;
  /** Where the screen belongs; elsewhere than to the account it is about somebody else. */
  back?: { readonly href: string; readonly label: string };
}

/** Who opened the person's health data, in plain words. */
export function Record({ patientId, name, back = ACCOUNT }: Props): ReactNode {
  const [own, setOwn] = useState(false);
  const pages = useInfiniteQuery(accessesQuery(patientId));
  const read = pages.data?.pages;
  const lines = accessLines(read?.flatMap(({ items }) => items) ?? [], name).filter((line) => own || !line.own);
  const barren = read !== undefined && lines.length === 0 && pages.hasNextPage && read.length < PAGES_LOOKED_THROUGH;
  const { fetchNextPage, isFetching } = pages;
  useEffect(() => {
    if (barren && !isFetching) void fetchNextPage();
  }, [barren, isFetching, fetchNextPage]);
  if (read === undefined) {
    if (pages.isError) return <TroubleScreen error={pages.error} retry={() => void pages.refetch()} busy={pages.isFetching} />;
    return <Loading what="Looking up who opened your record…" />;
  }
  return (
    <Screen
      title={back === ACCOUNT ? "Who looked at my record" : "Who looked at this record"}
      back={back}
      lead={`Everybody who opened or changed the health data, newest first. Nobody can take a line out of this list.${back === ACCOUNT ? "" : " “Your” means the patient’s."}`}
    >
      <label className="choice">
        <input type="checkbox" checked={own} onChange={(event) => setOwn(event.target.checked)} />
        <span>Also show what I did myself</span>
      </label>
      {lines.length === 0 && !pages.isFetching && (
        <Notice tone="info" title="Nobody else looked at your record">
          {pages.hasNextPage ? "Not lately. You can look further back." : "When somebody does, it is told here at once."}
        </Notice>
      )}
      <Days lines={lines} />
      {pages.isError && <TroubleNotice error={pages.error} />}
      {pages.hasNextPage && (
        <Button kind="second" busy={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
          Show earlier
        </Button>
      )}
      {!pages.hasNextPage && lines.length > 0 && <p className="soft">That is all, since your record began.</p>}
      <p className="soft">Do you wonder about a line? Call your clinic and ask for the person who looks after data protection.</p>
    </Screen>
  );
}

function Days({ lines }: { lines: readonly AccessLine[] }): ReactNode {
  const now = useNow(60_000);
  const days = byDay(lines, now);
  return [...days].map(([name, ofDay]) => (
    <section key={name} className="section">
      <h2>{name}</h2>
      <ul className="list">
        {ofDay.map((line) => (
          <Line key={line.key} line={line} />
        ))}
      </ul>
    </section>
  ));
}

/** In the order they came; a day's name is its key, because that is what is read. */
function byDay(lines: readonly AccessLine[], now: Date): ReadonlyMap<string, readonly AccessLine[]> {
  const days = new Map<string, AccessLine[]>();
  for (const line of lines) {
    const name = day(line.at, now);
    const found = days.get(name);
    if (found === undefined) days.set(name, [line]);
    else found.push(line);
  }
  return days;
}

function Line({ line }: { line: AccessLine }): ReactNode {
  const Icon = line.refused ? ShieldX : line.emergency ? Siren : Eye;
  return (
    <li>
      <Icon aria-hidden="true" size={22} />
      <div>
        <p>
          <strong>{line.who}</strong>
          {line.part !== "" && <span className="soft"> ({line.part})</span>} {line.refused ? "was refused: " : ""}
          {line.what}
          {line.times > 1 && `, ${line.times} times`}
        </p>
        <p className="soft numbers">{line.times > 1 ? `last at ${timeOfDay(line.at)}` : timeOfDay(line.at)}</p>
        {line.emergency && <p className="record-emergency">In an emergency, without being part of your care. The clinic checks each of these.</p>}
      </div>
    </li>
  );
}
