import { type ReactNode, useEffect } from "react";
import { guest } from "@shared/api/people";
import type { InvitedVisit } from "@shared/api/types";
import { type Call, startCall } from "@shared/rtc/call";
import type { EndReason } from "@shared/rtc/connection";
import type { PreferredDevices } from "@shared/rtc/room";
import { useOwned } from "@shared/lib/use-owned";
import { useReadable } from "@shared/lib/use-readable";
import { useTitle } from "../../lib/hooks";
import { useWakeLock } from "../../lib/wake-lock";
import { Loading } from "../../ui/trouble";
import { CallFrame } from "./call-frame";

interface Props {
  invited: InvitedVisit;
  secret: string;
  devices: PreferredDevices;
  onEnded: (why: EndReason) => void;
}

/** The visit as a guest takes part in it: people and controls, no chat. */
export function GuestCall({ invited, secret, devices, onEnded }: Props): ReactNode {
  const call = useOwned(() => startCall({ devices, ticket: () => guest.join(secret), askNames: () => guest.names(secret) }));
  useWakeLock();
  useTitle(`In a visit with ${invited.clinician_name}`);
  if (call === undefined) return <Loading what="Joining the visit…" />;
  return <InCall call={call} doctor={invited.clinician_name} onEnded={onEnded} />;
}

function InCall({ call, doctor, onEnded }: { call: Call; doctor: string; onEnded: (why: EndReason) => void }): ReactNode {
  const view = useReadable(call.view);
  const { phase } = view;
  useEffect(() => {
    if (phase.name === "ended") onEnded(phase.why);
  }, [phase, onEnded]);
  return <CallFrame view={view} doctor={doctor} />;
}
