import { useQuery } from "@tanstack/react-query";
import { waitingRoomQuery } from "@shared/api/queries";
import type { Visit } from "@shared/api/types";
import { useNow } from "./now";

const NONE: readonly Visit[] = [];

/** Today's visits as the server last told, and the present moment by the server's clock. */
export function useWaitingRoom() {
  const query = useQuery(waitingRoomQuery());
  const here = useNow();
  // A ward computer's clock may be minutes off; waits are counted on the clock that stamped check-in.
  const offset = query.data === undefined ? 0 : Date.parse(query.data.server_time) - query.dataUpdatedAt;
  return { ...query, visits: query.data?.items ?? NONE, now: here + offset };
}
