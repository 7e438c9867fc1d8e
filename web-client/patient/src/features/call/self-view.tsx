import { MicOff } from "lucide-react";
import { type KeyboardEvent, type PointerEvent, type ReactNode, useRef, useState } from "react";
import type { LocalState } from "@shared/rtc/local-media";
import type { Picture } from "@shared/rtc/members";
import { type Corner, cornerByKey, nearestCorner, nextCorner } from "./corners";
import { PictureView } from "./picture-view";

interface Drag {
  readonly x: number;
  readonly y: number;
  readonly dx: number;
  readonly dy: number;
}

/** Movements shorter than this are a tap. */
const TAP_PX = 6;

/** The person's own picture: small, and movable by drag, tap or arrow keys. */
export function SelfView({ picture, local }: { picture: Picture | undefined; local: LocalState }): ReactNode {
  const { corner, drag, handlers } = useCorner();
  if (picture === undefined) return null;
  return (
    <button
      type="button"
      className="self"
      data-corner={corner}
      data-dragging={drag !== undefined || undefined}
      aria-label="Your picture. Arrow keys or a tap move it."
      style={drag === undefined ? undefined : { transform: `translate(${drag.dx}px, ${drag.dy}px)` }}
      {...handlers}
    >
      <PictureView picture={picture} label="Your picture" fit="cover" mirrored />
      {!local.microphone.on && (
        <span className="self-muted">
          <MicOff aria-hidden="true" size={16} /> Muted
        </span>
      )}
    </button>
  );
}

function useCorner() {
  const [corner, setCorner] = useState<Corner>("bottom-right");
  const [drag, setDrag] = useState<Drag>();
  const moved = useRef(false);

  const handlers = {
    onPointerDown: (event: PointerEvent<HTMLButtonElement>): void => {
      event.currentTarget.setPointerCapture(event.pointerId);
      moved.current = false;
      setDrag({ x: event.clientX, y: event.clientY, dx: 0, dy: 0 });
    },
    onPointerMove: (event: PointerEvent<HTMLButtonElement>): void => {
      if (drag === undefined) return;
      const [dx, dy] = [event.clientX - drag.x, event.clientY - drag.y];
      if (Math.hypot(dx, dy) > TAP_PX) moved.current = true;
      setDrag({ ...drag, dx, dy });
    },
    onPointerUp: (event: PointerEvent<HTMLButtonElement>): void => {
      const area = event.currentTarget.parentElement?.getBoundingClientRect();
      if (moved.current && area !== undefined) setCorner(nearestCorner(event.clientX, event.clientY, area));
      setDrag(undefined);
    },
    onPointerCancel: (): void => setDrag(undefined),
    // A tap, or Enter and Space; the click that ends a drag moves nothing more.
    onClick: (): void => {
      if (!moved.current) setCorner(nextCorner(corner));
      moved.current = false;
    },
    onKeyDown: (event: KeyboardEvent): void => {
      if (!event.key.startsWith("Arrow")) return;
      event.preventDefault();
      setCorner(cornerByKey(corner, event.key));
    },
  };
  return { corner, drag, handlers };
}
