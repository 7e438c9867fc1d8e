/** Where the own picture sits. */
export type Corner = "top-left" | "top-right" | "bottom-left" | "bottom-right";

const ROUND: readonly Corner[] = ["bottom-right", "bottom-left", "top-left", "top-right"];

/** The next corner clockwise, for a tap or the Enter key. */
export const nextCorner = (corner: Corner): Corner => ROUND[(ROUND.indexOf(corner) + 1) % ROUND.length] ?? "bottom-right";

/** The corner of `area` that a point is nearest to. */
export function nearestCorner(x: number, y: number, area: { left: number; top: number; width: number; height: number }): Corner {
  const side = x < area.left + area.width / 2 ? "left" : "right";
  return y < area.top + area.height / 2 ? `top-${side}` : `bottom-${side}`;
}

/** The corner an arrow key leads to; any other key leads nowhere. */
export function cornerByKey(corner: Corner, key: string): Corner {
  const [vertical, side] = corner.split("-") as ["top" | "bottom", "left" | "right"];
  switch (key) {
    case "ArrowLeft":
      return `${vertical}-left`;
    case "ArrowRight":
      return `${vertical}-right`;
    case "ArrowUp":
      return `top-${side}`;
    case "ArrowDown":
      return `bottom-${side}`;
    default:
      return corner;
  }
}
