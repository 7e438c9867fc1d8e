import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useCallback, useEffect, useState } from "react";
import { ApiError, codeOf } from "@shared/api/error";
import { guest } from "@shared/api/people";
import type { InvitedVisit } from "@shared/api/types";
import { onDemand } from "@shared/lib/on-demand";
import type { EndReason } from "@shared/rtc/connection";
import { Check } from "../features/check/check";
import { AtTheDoor, ComeIn, Knock, NoInvitation, PutOut, Welcome } from "../features/guest/screens";
import { useNow } from "../lib/hooks";
import { loadProgress, type Progress, saveProgress } from "../lib/progress";
import { takeSecret } from "../lib/secret";
import { Notice } from "../ui/notice";
import { Loading, TroubleNotice, TroubleScreen } from "../ui/trouble";

const GuestCall = onDemand(() => import("../features/call/guest-call").then((module) => module.GuestCall));

/** A guest has no account to be pushed to, so the page at the door looks by itself this often. */
const LOOK_MS = 2_000;

/** The way of a guest: link, device check, knock, call. */
export function GuestPage(): ReactNode {
  const [secret] = useState(takeSecret);
  if (secret === undefined) return <NoInvitation wasInside={false} />;
  return <Invited secret={secret} />;
}

const visitKey = (secret: string) => ["guest", secret] as const;

function Invited({ secret }: { secret: string }): ReactNode {
  const [inside, setInside] = useState(false);
  const [left, setLeft] = useState<EndReason>();
  const visit = useQuery({
    queryKey: visitKey(secret),
    queryFn: () => guest.visit(secret),
    refetchInterval: inside ? false : LOOK_MS,
  });
  const client = useQueryClient();
  const ended = useCallback(
    (why: EndReason): void => {
      setLeft(why);
      setInside(false);
      void client.invalidateQueries({ queryKey: visitKey(secret) });
    },
    [client, secret],
  );
  if (visit.isError && codeOf(visit.error) === "not_found") return <NoInvitation wasInside={left !== undefined} />;
  if (visit.data === undefined) {
    if (visit.isError) return <TroubleScreen error={visit.error} retry={() => void visit.refetch()} busy={visit.isFetching} />;
    return <Loading what="Opening your invitation…" />;
  }
  if (inside) return <Call secret={secret} invited={visit.data} onEnded={ended} />;
  return <BeforeCall secret={secret} invited={visit.data} left={left} onJoin={() => setInside(true)} />;
}

function Call({ secret, invited, onEnded }: { secret: string; invited: InvitedVisit; onEnded: (why: EndReason) => void }): ReactNode {
  const devices = loadProgress(invited.visit_id)?.chosen ?? {};
  return (
    <GuestCall.Component secret={secret} invited={invited} devices={devices} onEnded={onEnded} fallback={<Loading what="Opening the visit…" />} />
  );
}

interface BeforeProps {
  secret: string;
  invited: InvitedVisit;
  left: EndReason | undefined;
  onJoin: () => void;
}

function BeforeCall({ secret, invited, left, onJoin }: BeforeProps): ReactNode {
  const now = useNow();
  const client = useQueryClient();
  const [checking, setChecking] = useState(false);
  const [checked, setChecked] = useState(() => loadProgress(invited.visit_id) !== undefined);
  useEffect(() => {
    if (checked) GuestCall.preload();
  }, [checked]);
  const knock = useMutation({
    mutationFn: () => guest.knock(secret),
    onSuccess: (next) => client.setQueryData(visitKey(secret), next),
  });
  const done = (progress: Progress): void => {
    saveProgress(invited.visit_id, progress);
    setChecking(false);
    setChecked(true);
  };
  if (checking) return <Check steps={3} onDone={done} />;
  if (!checked) return <Welcome invited={invited} now={now} onStart={() => setChecking(true)} />;
  switch (invited.stage) {
    case "invited":
      return <Knock invited={invited} busy={knock.isPending} error={knock.error} onKnock={() => knock.mutate()} />;
    case "removed":
      return <PutOut invited={invited} />;
    case "knocking":
      return <AtTheDoor invited={invited} />;
    case "let_in":
      if (!invited.may_join) return <AtTheDoor invited={invited} />;
      return <ComeIn invited={invited} again={left === undefined ? undefined : <WhyOut why={left} />} onJoin={onJoin} />;
  }
}

/** Why a guest is at the door again. */
function WhyOut({ why }: { why: EndReason }): ReactNode {
  switch (why.kind) {
    case "left":
      return <Notice tone="info" title="You left the visit">You can come back as long as it is open.</Notice>;
    case "elsewhere":
      return <Notice tone="info" title="You joined on another page or device">“Join visit” brings the call back to this page.</Notice>;
    case "unreachable":
      return <Notice tone="urgent" title="The connection could not be restored">Check your internet connection, then join again.</Notice>;
    case "refused":
      return <TroubleNotice error={new ApiError(why.code, 403, why.detail)} />;
    case "removed":
    case "closed":
      return <Notice tone="info" title="The call was closed">If the visit is not over, you can join again.</Notice>;
  }
}
