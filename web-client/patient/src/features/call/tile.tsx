import { CirclePause, MicOff, Pin, SignalHigh, SignalMedium, WifiOff } from "lucide-react";
import type { ReactNode } from "react";
import type { LocalState } from "@shared/rtc/local-media";
import type { Tile } from "@shared/rtc/layout";
import type { Member, Picture, Quality } from "@shared/rtc/members";
import { HELD_WORDS, pinWords, QUALITY_WORDS } from "@shared/rtc/words";
import { initials } from "../../ui/person";
import { PictureView } from "./picture-view";

interface Props {
  tile: Tile;
  large?: boolean;
  /** Keeps it large, or lets it go; undefined where there is no choice. */
  onPin: (() => void) | undefined;
  pinned?: boolean;
}

/** A person or a shared screen, with name and state in the corner. */
export function TileView({ tile, large = false, onPin, pinned = false }: Props): ReactNode {
  const { of, kind } = tile;
  return (
    <figure className={large ? "tile tile-large" : "tile"} data-speaking={(kind === "person" && of.speaking) || undefined}>
      {kind === "screen" ? (
        <PictureView picture={tile.picture} label={`Screen of ${of.name}`} fit="contain" />
      ) : (
        <Face member={of} large={large} />
      )}
      <figcaption>
        {kind === "person" && !of.microphoneOn && <MicOff aria-label="Microphone off" role="img" size={16} />}
        {kind === "person" && <QualityMark quality={of.quality} />}
        <span className="tile-name">{kind === "screen" ? `Screen of ${of.name}` : of.name}</span>
      </figcaption>
      {onPin !== undefined && (
        <button type="button" className="tile-pin" aria-label={pinWords(tile)} aria-pressed={pinned} onClick={onPin}>
          <Pin aria-hidden="true" size={18} />
        </button>
      )}
    </figure>
  );
}

function Face({ member, large }: { member: Member; large: boolean }): ReactNode {
  const { name, camera, pictureHeld } = member;
  if (camera === undefined) {
    return (
      <div className="tile-blank">
        <span aria-hidden="true">{initials(name)}</span>
        {large && <p>{name} has no camera on. You can hear each other.</p>}
      </div>
    );
  }
  return (
    <>
      <PictureView picture={camera} label={`Picture of ${name}`} fit="cover" />
      {/* Over the picture instead of in its place: a video that is away would never be asked for again. */}
      {pictureHeld && (
        <div className="tile-blank tile-held">
          <CirclePause aria-hidden="true" size={large ? 40 : 24} />
          <p>{HELD_WORDS}</p>
        </div>
      )}
    </>
  );
}

const SIGNALS = { good: SignalHigh, fair: SignalMedium, poor: WifiOff, lost: WifiOff } as const;

function QualityMark({ quality }: { quality: Quality }): ReactNode {
  if (quality === "unknown") return null;
  const Icon = SIGNALS[quality];
  return <Icon aria-label={QUALITY_WORDS[quality]} role="img" size={16} className="tile-signal" data-quality={quality} />;
}

/** The own picture among the others. */
export function SelfTile({ picture, local }: { picture: Picture; local: LocalState }): ReactNode {
  return (
    <figure className="tile">
      <PictureView picture={picture} label="Your picture" fit="cover" mirrored />
      <figcaption>
        {!local.microphone.on && <MicOff aria-label="Microphone off" role="img" size={16} />}
        <span className="tile-name">You</span>
      </figcaption>
    </figure>
  );
}

/** Says how many have no tile. */
export function MoreTile({ count }: { count: number }): ReactNode {
  return (
    <div className="tile tile-more">
      <strong className="numbers">+{count}</strong>
      <span>more, heard but not shown</span>
    </div>
  );
}
