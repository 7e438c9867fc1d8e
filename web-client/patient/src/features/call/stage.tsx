import { UserRound, Users } from "lucide-react";
import type { CSSProperties, ReactNode } from "react";
import { useSize } from "@shared/lib/use-size";
import type { CallView } from "@shared/rtc/call";
import { gridOf } from "@shared/rtc/grid";
import { countWords, speakingWords } from "@shared/rtc/words";
import { MoreTile, SelfTile, TileView } from "./tile";
import "./stage.css";

interface Props {
  view: CallView;
  /** The clinician's name, for the time before anybody is here. */
  doctor: string;
}

/** The people: one large and the others beside, or everybody in one size. */
export function Stage({ view, doctor }: Props): ReactNode {
  const { stage } = view.layout;
  return (
    <div className="stage">
      <StageBar view={view} />
      {stage.kind === "alone" && <Alone connected={view.phase.name === "connected"} doctor={doctor} />}
      {stage.kind === "everyone" && <Everyone view={view} />}
      {stage.kind === "large" && <Large view={view} />}
    </div>
  );
}

/** Who is here, and how to look at them; only where there is a choice. */
function StageBar({ view }: { view: CallView }): ReactNode {
  const { layout, members, actions, choice } = view;
  const { stage } = layout;
  const large = stage.kind === "large" && stage.pinned ? stage.tile.key : undefined;
  if (actions.pin === undefined) return null;
  const back = large === undefined ? actions.toggleView : () => actions.pin?.(large);
  const word = large !== undefined ? "Unpin" : choice.view === "everyone" ? "Speaker view" : "Everyone";
  return (
    <div className="stage-bar">
      <Users aria-hidden="true" size={18} />
      <span className="numbers">{countWords(members)}</span>
      <span className="stage-speaking">{speakingWords(layout, members)}</span>
      {back !== undefined && (
        <button type="button" className="stage-look" onClick={back}>
          {word}
        </button>
      )}
    </div>
  );
}

const GAP_PX = 8;

function Everyone({ view }: { view: CallView }): ReactNode {
  const { layout } = view;
  const [area, size] = useSize<HTMLDivElement>();
  const count = layout.tiles.length + (layout.self === undefined ? 0 : 1) + (layout.unseen > 0 ? 1 : 0);
  const { width, height } = gridOf(count, size, GAP_PX);
  const style = { "--tile-width": `${width}px`, "--tile-height": `${height}px` } as CSSProperties;
  return (
    <div ref={area} className="everyone" style={style}>
      <Tiles view={view} />
    </div>
  );
}

function Large({ view }: { view: CallView }): ReactNode {
  const { layout, actions } = view;
  const { stage } = layout;
  if (stage.kind !== "large") return null;
  const { key } = stage.tile;
  return (
    <div className="stage-large">
      <TileView tile={stage.tile} large pinned={stage.pinned} onPin={actions.pin && (() => actions.pin?.(key))} />
      {layout.tiles.length > 0 && (
        <div className="stage-beside">
          <Tiles view={view} />
        </div>
      )}
    </div>
  );
}

/** The tiles of one size, the own one last. */
function Tiles({ view }: { view: CallView }): ReactNode {
  const { layout, actions, local } = view;
  return (
    <>
      {layout.tiles.map((tile) => (
        <TileView key={tile.key} tile={tile} onPin={actions.pin && (() => actions.pin?.(tile.key))} />
      ))}
      {layout.unseen > 0 && <MoreTile count={layout.unseen} />}
      {layout.selfPlace === "tile" && layout.self !== undefined && <SelfTile picture={layout.self} local={local} />}
    </>
  );
}

function Alone({ connected, doctor }: { connected: boolean; doctor: string }): ReactNode {
  return (
    <div className="alone">
      {connected ? <UserRound aria-hidden="true" size={48} /> : <span className="spinner" aria-hidden="true" />}
      <p className="alone-title">{connected ? `${doctor} joins in a moment` : "Joining your visit…"}</p>
      {connected && <p>You are in the right place. Stay on this page.</p>}
    </div>
  );
}
