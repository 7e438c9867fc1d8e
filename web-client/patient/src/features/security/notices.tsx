import { useQuery } from "@tanstack/react-query";
import { Info, TriangleAlert } from "lucide-react";
import { type ReactNode, useState } from "react";
import { noticesQuery } from "@shared/account/queries";
import { isAlarming, noticeWords } from "@shared/account/words";
import { day, timeOfDay } from "../../lib/format";
import { useNow } from "../../lib/hooks";
import { Button } from "../../ui/button";
import { TroubleNotice } from "../../ui/trouble";

/** How many are shown before "Show all". */
const FIRST = 4;

/** What happened to the account's safety lately. */
export function Notices(): ReactNode {
  const now = useNow();
  const [all, setAll] = useState(false);
  const notices = useQuery(noticesQuery());
  const items = notices.data?.items ?? [];
  return (
    <section className="section" aria-labelledby="notices">
      <h2 id="notices">What happened lately</h2>
      {notices.isError && notices.data === undefined && <TroubleNotice error={notices.error} />}
      {notices.data !== undefined && items.length === 0 && <p className="soft">Nothing. If something changes, it is told here.</p>}
      <ul className="list">
        {(all ? items : items.slice(0, FIRST)).map((notice) => {
          const Icon = isAlarming(notice) ? TriangleAlert : Info;
          return (
            <li key={notice.id}>
              <Icon aria-hidden="true" size={22} />
              <span>
                {noticeWords(notice)}
                <span className="soft numbers notice-when">
                  {day(notice.at, now)}, {timeOfDay(notice.at)}
                </span>
              </span>
            </li>
          );
        })}
      </ul>
      {!all && items.length > FIRST && (
        <Button kind="quiet" className="button-inline" onClick={() => setAll(true)}>
          Show all {items.length}
        </Button>
      )}
      {items.length > 0 && <p className="soft">Was one of these not you? Change your password, sign out everywhere else, and call your clinic.</p>}
    </section>
  );
}
