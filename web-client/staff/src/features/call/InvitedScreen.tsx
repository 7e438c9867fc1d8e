import { Button, Loader } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { ArrowLeft, DoorOpen, SearchX, Video } from "lucide-react";
import { useState } from "react";
import { Link } from "wouter";
import { PART_WORDS } from "@shared/api/people";
import type { InvitedVisit } from "@shared/api/types";
import type { EndReason } from "@shared/rtc/connection";
import { timeOfDay } from "../../lib/clinicTime";
import { homeOf } from "../../lib/roles";
import { useAccount } from "../../lib/session";
import { invitationsQuery } from "../../lib/staffQueries";
import { Page } from "../../ui/Page";
import { Failure, Quiet } from "../../ui/Quiet";
import { Running } from "./Running";
import { joinAsInvited, useCall } from "./useCall";
import styles from "./VisitRoom.module.css";

/** A visit of a colleague, for somebody invited to it: the call, and nothing of the record. */
export default function InvitedScreen({ id }: { readonly id: string }) {
  const home = homeOf(useAccount());
  const invitations = useQuery(invitationsQuery());
  if (invitations.isPending) return <Loader aria-label="Loading the invitation" />;
  const invited = invitations.data?.items.find((one) => one.visit_id === id);
  if (invited !== undefined) return <InvitedRoom key={id} invited={invited} home={home} />;
  return (
    <Page title="Invitation">
      {invitations.isError ? (
        <Failure error={invitations.error} what="The invitation" onRetry={() => void invitations.refetch()} />
      ) : (
        <Quiet icon={SearchX} title="You are not invited to this visit" action={<Link href={home}>Go to your start page</Link>}>
          The visit may be over, or the invitation was taken back.
        </Quiet>
      )}
    </Page>
  );
}

function InvitedRoom({ invited, home }: { readonly invited: InvitedVisit; readonly home: string }) {
  const { call, join, end } = useCall(() => joinAsInvited(invited.visit_id));
  const [left, setLeft] = useState<EndReason>();
  const finish = (why: EndReason): void => {
    setLeft(why);
    end();
  };
  return (
    <div className={styles["room"]}>
      <header className={styles["head"]}>
        <Link href={home} className={styles["back"]}>
          <ArrowLeft size={16} aria-hidden /> Back
        </Link>
        <h1 className={styles["who"]}>Visit of {invited.clinician_name}</h1>
      </header>
      <div className={styles["stage"]} data-alone>
        {call === undefined ? (
          <Door invited={invited} left={left} onJoin={join} />
        ) : (
          <Running call={call} alone={{ title: "Nobody else is here yet", text: "The others see you as soon as they join." }} onEnded={finish} />
        )}
      </div>
    </div>
  );
}

function Door({ invited, left, onJoin }: { readonly invited: InvitedVisit; readonly left: EndReason | undefined; readonly onJoin: () => void }) {
  const zone = useAccount().clinic.time_zone;
  const { title, text } = wordsOf(invited, left, timeOfDay(invited.starts_at, zone));
  return (
    <section className={styles["offer"]} aria-labelledby="invited-title">
      <DoorOpen size={52} strokeWidth={1.25} aria-hidden />
      <h2 id="invited-title" className={styles["offerTitle"]}>
        {title}
      </h2>
      <p className={styles["offerText"]}>{text}</p>
      {invited.may_join ? (
        <Button size="md" leftSection={<Video size={18} aria-hidden />} onClick={onJoin}>
          Join visit
        </Button>
      ) : null}
    </section>
  );
}

function wordsOf({ clinician_name, part, stage, may_join }: InvitedVisit, left: EndReason | undefined, at: string): { title: string; text: string } {
  if (stage === "removed") return { title: "You were asked to leave the call", text: `${clinician_name} can let you in again; this page then offers to join.` };
  if (!may_join) return { title: `${clinician_name} invites you`, text: `The visit is planned for ${at}. You can join as soon as the patient is in, and the door is open.` };
  switch (left?.kind) {
    case "left":
      return { title: "You left the visit", text: "It is still open. You can join again." };
    case "elsewhere":
      return { title: "You joined from another window", text: "Joining here takes the call back." };
    case "unreachable":
      return { title: "The connection was lost", text: "Check the network of this computer, then join again." };
    case "refused":
      return { title: "Joining was refused", text: left.detail };
    case "removed":
    case "closed":
    case undefined:
      return { title: `${clinician_name} invites you`, text: `You join as ${PART_WORDS[part]}, and everybody in the visit sees your name.` };
  }
}
