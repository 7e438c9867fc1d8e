import { CirclePause, MicOff, Pin, ScreenShare, SignalHigh, SignalMedium, UserRound, WifiOff } from "lucide-react";
import type { Tile as TileModel } from "@shared/rtc/layout";
import type { LocalState } from "@shared/rtc/local-media";
import type { Member, Picture as PictureModel, Quality } from "@shared/rtc/members";
import { HELD_WORDS, pinWords, QUALITY_WORDS } from "@shared/rtc/words";
import { Picture } from "./Picture";
import styles from "./Tile.module.css";

interface Props {
  readonly tile: TileModel;
  readonly large?: boolean;
  readonly pinned?: boolean;
  /** Keeps it large, or lets it go; undefined where there is no choice. */
  readonly onPin: (() => void) | undefined;
}

/** A person or a shared screen; nothing over a face but name and state in the corner. */
export function Tile({ tile, large = false, pinned = false, onPin }: Props) {
  const { of, kind } = tile;
  return (
    <figure className={styles["tile"]} data-large={large} data-speaking={kind === "person" && of.speaking}>
      {kind === "screen" ? <Picture picture={tile.picture} label={`Screen of ${of.name}`} /> : <Face member={of} />}
      {kind === "screen" ? (
        <figcaption className={styles["name"]}>
          <ScreenShare size={14} aria-hidden />
          <span className={styles["words"]}>{large ? `${of.name} is sharing a screen` : `Screen of ${of.name}`}</span>
        </figcaption>
      ) : (
        <PersonName member={of} />
      )}
      {onPin === undefined ? null : (
        <button type="button" className={styles["pin"]} aria-label={pinWords(tile)} aria-pressed={pinned} onClick={onPin}>
          <Pin size={16} aria-hidden />
        </button>
      )}
    </figure>
  );
}

function Face({ member }: { readonly member: Member }) {
  if (member.camera === undefined) return <Placeholder title={member.name} text="Camera is off" />;
  return (
    <>
      <Picture picture={member.camera} label={`Video of ${member.name}`} />
      {/* Over the picture instead of in its place: a video that is away would never be asked for again. */}
      {member.pictureHeld ? (
        <div className={styles["held"]}>
          <CirclePause size={28} strokeWidth={1.5} aria-hidden />
          <span>{HELD_WORDS}</span>
        </div>
      ) : null}
    </>
  );
}

function PersonName({ member }: { readonly member: Member }) {
  return (
    <figcaption className={styles["name"]}>
      <QualityMark quality={member.quality} />
      {member.microphoneOn ? null : (
        <>
          <MicOff size={14} aria-hidden />
          <span className="visually-hidden">Muted: </span>
        </>
      )}
      <span className={styles["words"]}>
        {member.name}
        {member.microphoneOn ? null : <span aria-hidden> · muted</span>}
      </span>
    </figcaption>
  );
}

const SIGNALS = { good: SignalHigh, fair: SignalMedium, poor: WifiOff, lost: WifiOff } as const;

function QualityMark({ quality }: { readonly quality: Quality }) {
  if (quality === "unknown") return null;
  const Icon = SIGNALS[quality];
  return <Icon size={14} role="img" aria-label={QUALITY_WORDS[quality]} className={styles["signal"]} data-quality={quality} />;
}

/** One's own picture among the others. */
export function SelfTile({ picture, local }: { readonly picture: PictureModel; readonly local: LocalState }) {
  return (
    <figure className={styles["tile"]}>
      <Picture picture={picture} label="Your own video" mirrored />
      <figcaption className={styles["name"]}>
        {local.microphone.on ? null : <MicOff size={14} role="img" aria-label="You are muted" />}
        <span className={styles["words"]}>You</span>
      </figcaption>
    </figure>
  );
}

/** Says how many have no tile. */
export function MoreTile({ count }: { readonly count: number }) {
  return (
    <div className={styles["tile"]}>
      <div className={styles["placeholder"]}>
        <strong>+{count}</strong>
        <span>more, heard but not shown</span>
      </div>
    </div>
  );
}

export function Placeholder({ title, text }: { readonly title: string; readonly text: string }) {
  return (
    <div className={styles["placeholder"]}>
      <UserRound className={styles["mark"]} strokeWidth={1.25} aria-hidden />
      <strong>{title}</strong>
      <span>{text}</span>
    </div>
  );
}
