import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Info, TriangleAlert } from "lucide-react";
import { noticesQuery } from "@shared/account/queries";
import { isAlarming, noticeWords } from "@shared/account/words";
import { precise } from "../../lib/clinicTime";
import { useAccount } from "../../lib/session";
import { Failure } from "../../ui/Quiet";
import styles from "./Security.module.css";

/** The latest of them are enough: older ones are in the audit log. */
const SHOWN = 10;

/** What happened to the account's safety lately. */
export function Notices() {
  const zone = useAccount().clinic.time_zone;
  const notices = useQuery(noticesQuery());
  if (notices.data === undefined) {
    return notices.isError ? <Failure error={notices.error} what="The notices" onRetry={() => void notices.refetch()} /> : null;
  }
  if (notices.data.items.length === 0) return <Text className={styles["about"]}>Nothing. If something changes, it is told here.</Text>;
  return (
    <ul className={styles["rows"]}>
      {notices.data.items.slice(0, SHOWN).map((notice) => {
        const Icon = isAlarming(notice) ? TriangleAlert : Info;
        return (
          <li key={notice.id} className={styles["row"]}>
            <span className={styles["notice"]} data-alarming={isAlarming(notice) || undefined}>
              <Icon size={16} aria-hidden />
              {noticeWords(notice)}
            </span>
            <time className={styles["about"]} dateTime={notice.at}>
              {precise(notice.at, zone)}
            </time>
          </li>
        );
      })}
    </ul>
  );
}
