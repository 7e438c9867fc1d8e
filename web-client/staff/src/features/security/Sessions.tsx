import { Button, Skeleton, Stack, Text } from "@mantine/core";
import { deviceWords } from "@shared/account/device";
import { useOwnSessions } from "@shared/account/use-security";
import { precise } from "../../lib/clinicTime";
import { useAccount } from "../../lib/session";
import { Failure } from "../../ui/Quiet";
import { Refused } from "../../ui/Refused";
import styles from "./Security.module.css";

/** Where one is signed in, and the way out of each. */
export function Sessions() {
  const zone = useAccount().clinic.time_zone;
  const { sessions, end, endOthers } = useOwnSessions();
  const items = sessions.data?.items;
  if (items === undefined) {
    return sessions.isError ? (
      <Failure error={sessions.error} what="Your sessions" onRetry={() => void sessions.refetch()} />
    ) : (
      <Skeleton height={72} component="section" aria-label="Loading your sessions" aria-busy="true" />
    );
  }
  return (
    <Stack gap="sm">
      <Refused error={end.error ?? endOthers.error} />
      <ul className={styles["rows"]} aria-label="Sessions">
        {items.map((session) => {
          const { name } = deviceWords(session.user_agent);
          return (
            <li key={session.id} className={styles["row"]}>
              <div>
                <strong>{name}</strong>
                <div className={styles["about"]}>
                  {session.current ? "This session" : `Last used ${precise(session.last_seen_at, zone)}`} · since {precise(session.created_at, zone)}
                </div>
              </div>
              {session.current ? null : (
                <Button variant="subtle" loading={end.isPending && end.variables === session.id} onClick={() => end.mutate(session.id)} aria-label={`Sign out there: ${name}`}>
                  Sign out there
                </Button>
              )}
            </li>
          );
        })}
      </ul>
      {items.length > 1 ? (
        <div>
          <Button variant="default" loading={endOthers.isPending} onClick={() => endOthers.mutate()}>
            Sign out everywhere else
          </Button>
        </div>
      ) : (
        <Text className={styles["about"]}>You are signed in nowhere else.</Text>
      )}
    </Stack>
  );
}
