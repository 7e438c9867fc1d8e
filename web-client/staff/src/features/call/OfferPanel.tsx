import { Button } from "@mantine/core";
import { CircleCheckBig, UserRound, Video } from "lucide-react";
import { useEffect } from "react";
import type { Visit } from "@shared/api/types";
import type { EndReason } from "@shared/rtc/connection";
import { warmUp } from "@shared/rtc/warm-up";
import type { Actor } from "../../lib/act";
import { stageOf } from "../../lib/visit";
import { MediaNote } from "../../ui/MediaNote";
import styles from "./VisitRoom.module.css";
import { offerOf } from "./phase";

interface Props {
  readonly visit: Visit;
  readonly left: EndReason | undefined;
  readonly actor: Actor;
  readonly onJoin: () => void;
}

/** The stage without a call: where the visit stands, and the one next step. */
export function OfferPanel({ visit, left, actor, onJoin }: Props) {
  const offer = offerOf(visit, left);
  const joinable = offer.action === "join";
  useEffect(() => {
    if (joinable) warmUp();
  }, [joinable]);
  const Icon = stageOf(visit) === "finished" ? CircleCheckBig : UserRound;
  return (
    <section className={styles["offer"]} aria-labelledby="offer-title">
      <Icon size={52} strokeWidth={1.25} aria-hidden />
      <h2 id="offer-title" className={styles["offerTitle"]}>
        {offer.title}
      </h2>
      <p className={styles["offerText"]}>{offer.text}</p>
      <MediaNote media={visit.media} />
      {offer.action === "admit" ? (
        <Button size="md" loading={actor.isBusy(visit, "admit")} onClick={() => actor.act({ visit, action: "admit" }, () => undefined)}>
          Admit
        </Button>
      ) : null}
      {joinable ? (
        <Button size="md" leftSection={<Video size={18} aria-hidden />} onClick={onJoin}>
          Join visit
        </Button>
      ) : null}
    </section>
  );
}
