import { Button } from "@mantine/core";
import { Move, Pin, ScreenShare, UserRoundMinus, UserRoundPlus, Users, Volume2 } from "lucide-react";
import { type CSSProperties, useState } from "react";
import { useSize } from "@shared/lib/use-size";
import type { CallView } from "@shared/rtc/call";
import { gridOf } from "@shared/rtc/grid";
import { countWords, speakingWords } from "@shared/rtc/words";
import { Picture } from "./Picture";
import styles from "./Stage.module.css";
import { MoreTile, Placeholder, SelfTile, Tile } from "./Tile";

interface StageProps {
  readonly view: CallView;
  /** What is said while nobody else is here. */
  readonly alone: { readonly title: string; readonly text: string };
}

/** The people: one large and the others beside, or everybody in one size; oneself small. */
export function Stage({ view, alone }: StageProps) {
  const { layout, local, notice, actions } = view;
  return (
    <section className={styles["stage"]} aria-label="Video" data-several={actions.pin !== undefined}>
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
      <Announcements view={view} />
      <LookBar view={view} />
      <StageContent view={view} alone={alone} />
      {layout.selfPlace === "corner" ? <SelfView view={view} /> : null}
    </section>
  );
}

/** Who came and went, above the pictures. */
function Announcements({ view }: { readonly view: CallView }) {
  return (
    <div role="log" aria-label="Who comes and goes">
      {view.announcements.map(({ key, text }) => (
        <p key={key} className={styles["announcement"]}>
          {text.endsWith(" left") ? <UserRoundMinus size={16} aria-hidden /> : <UserRoundPlus size={16} aria-hidden />} {text}
        </p>
      ))}
    </div>
  );
}

/** Who is here, and how to look at them; only where there is a choice. */
function LookBar({ view }: { readonly view: CallView }) {
  const { layout, members, actions, choice } = view;
  const { stage } = layout;
  const pinned = stage.kind === "large" && stage.pinned ? stage.tile.key : undefined;
  if (actions.pin === undefined) return null;
  return (
    <div className={styles["look"]}>
      <Users size={16} aria-hidden />
      <span className={styles["count"]}>{countWords(members)}</span>
      <span className={styles["speaking"]}>{speakingWords(layout, members)}</span>
      {pinned !== undefined ? (
        <button type="button" className={styles["lookButton"]} onClick={() => actions.pin?.(pinned)}>
          <Pin size={14} aria-hidden /> Unpin
        </button>
      ) : null}
      {pinned === undefined && actions.toggleView !== undefined ? (
        <button type="button" className={styles["lookButton"]} onClick={actions.toggleView}>
          {choice.view === "everyone" ? "Speaker view" : "Everyone"}
        </button>
      ) : null}
    </div>
  );
}

function StageContent({ view, alone }: StageProps) {
  const { stage } = view.layout;
  if (view.phase.name === "connecting") return <Placeholder title="Joining…" text="Starting camera and microphone." />;
  switch (stage.kind) {
    case "alone":
      return <Placeholder title={alone.title} text={alone.text} />;
    case "everyone":
      return <Everyone view={view} />;
    case "large":
      return (
        <>
          <div className={styles["main"]}>
            <Tile tile={stage.tile} large pinned={stage.pinned} onPin={view.actions.pin && (() => view.actions.pin?.(stage.tile.key))} />
          </div>
          {view.layout.tiles.length === 0 ? null : (
            <div className={styles["beside"]}>
              <Tiles view={view} />
            </div>
          )}
        </>
      );
  }
}

const GAP_PX = 6;

function Everyone({ view }: { readonly view: CallView }) {
  const { layout } = view;
  const [area, size] = useSize<HTMLDivElement>();
  const count = layout.tiles.length + (layout.self === undefined ? 0 : 1) + (layout.unseen > 0 ? 1 : 0);
  const { width, height } = gridOf(count, size, GAP_PX);
  const style = { "--tile-width": `${width}px`, "--tile-height": `${height}px` } as CSSProperties;
  return (
    <div ref={area} className={styles["everyone"]} style={style}>
      <Tiles view={view} />
    </div>
  );
}

/** The tiles of one size, the own one last. */
function Tiles({ view }: { readonly view: CallView }) {
  const { layout, actions, local } = view;
  return (
    <>
      {layout.tiles.map((tile) => (
        <Tile key={tile.key} tile={tile} onPin={actions.pin && (() => actions.pin?.(tile.key))} />
      ))}
      {layout.unseen > 0 ? <MoreTile count={layout.unseen} /> : null}
      {layout.selfPlace === "tile" && layout.self !== undefined ? <SelfTile picture={layout.self} local={local} /> : null}
    </>
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
