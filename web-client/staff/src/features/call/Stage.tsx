import { Button } from "@mantine/core";
import { MicOff, Move, ScreenShare, UserRound, Volume2 } from "lucide-react";
import { useState } from "react";
import type { Visit } from "@shared/api/types";
import type { CallView } from "@shared/rtc/call";
import type { Member } from "@shared/rtc/members";
import { memberName } from "./messages";
import { Picture } from "./Picture";
import styles from "./Stage.module.css";

interface StageProps {
  readonly view: CallView;
  readonly visit: Visit;
}

/** The people: the other person large, oneself small, nothing over a face but names in the corner. */
export function Stage({ view, visit }: StageProps) {
  const { layout, local, notice, actions } = view;
  return (
    <section className={styles["stage"]} aria-label="Video">
      <div className={styles["main"]}>
        <StageContent view={view} visit={visit} />
      </div>
      {layout.beside.length > 0 ? (
        <div className={styles["beside"]}>
          {layout.beside.map((member) => (
            <Person key={member.identity} member={member} name={memberName(member, visit)} />
          ))}
        </div>
      ) : null}
      <SelfView view={view} />
      {local.screen.on ? (
        <output className={styles["sharing"]}>
          <ScreenShare size={16} aria-hidden /> You are sharing your screen
        </output>
      ) : null}
      {notice === undefined ? null : (
        <output className={styles["notice"]}>
          <span>{notice.text}</span>
          {actions.hear === undefined ? null : (
            <Button size="xs" variant="default" leftSection={<Volume2 size={14} aria-hidden />} onClick={actions.hear}>
              Turn sound on
            </Button>
          )}
        </output>
      )}
    </section>
  );
}

function StageContent({ view, visit }: StageProps) {
  const { stage } = view.layout;
  if (view.phase.name === "connecting") return <Placeholder title="Joining…" text="Starting camera and microphone." />;
  switch (stage.kind) {
    case "alone":
      return <Placeholder title={`Waiting for ${visit.patient.display_name}`} text="They have been told that you are ready." />;
    case "screen": {
      const name = memberName(stage.of, visit);
      return (
        <>
          <Picture picture={stage.picture} label={`Screen of ${name}`} />
          <span className={styles["name"]}>
            <ScreenShare size={14} aria-hidden /> {name} is sharing a screen
          </span>
        </>
      );
    }
    case "person":
      return <Person member={stage.of} name={memberName(stage.of, visit)} />;
  }
}

function Person({ member, name }: { readonly member: Member; readonly name: string }) {
  return (
    <div className={styles["person"]} data-speaking={member.speaking}>
      {member.camera === undefined ? (
        <Placeholder title={name} text="Camera is off" />
      ) : (
        <Picture picture={member.camera} label={`Video of ${name}`} />
      )}
      <span className={styles["name"]}>
        {member.microphoneOn ? null : (
          <>
            <MicOff size={14} aria-hidden />
            <span className="visually-hidden">Muted: </span>
          </>
        )}
        {name}
        {member.microphoneOn ? null : <span aria-hidden>· muted</span>}
      </span>
    </div>
  );
}

function Placeholder({ title, text }: { readonly title: string; readonly text: string }) {
  return (
    <div className={styles["placeholder"]}>
      <UserRound size={56} strokeWidth={1.25} aria-hidden />
      <strong>{title}</strong>
      <span>{text}</span>
    </div>
  );
}

const CORNERS = ["bottom-right", "bottom-left", "top-left", "top-right"] as const;

/** One's own picture in a corner; the button moves it to the next one, so that it never hides what matters. */
function SelfView({ view }: { readonly view: CallView }) {
  const [corner, setCorner] = useState(0);
  const { self } = view.layout;
  if (self === undefined) return null;
  return (
    <div className={styles["self"]} data-corner={CORNERS[corner]}>
      <Picture picture={self} label="Your own video" mirrored />
      <button type="button" className={styles["move"]} aria-label="Move your own video to the next corner" onClick={() => setCorner((corner + 1) % CORNERS.length)}>
        <Move size={14} aria-hidden />
      </button>
    </div>
  );
}
