/** One tile's size in whole CSS pixels. */
export interface TileSize {
  readonly width: number;
  readonly height: number;
}

/** Faces look right between these shapes; a tile is never wider or taller. */
const WIDEST = 16 / 9;
const TALLEST = 3 / 4;

/** The largest tiles of one size of which `count` fit into an area, `gap` pixels apart. */
export function gridOf(count: number, area: TileSize, gap: number): TileSize {
  let best: TileSize = { width: 0, height: 0 };
  for (let columns = 1; columns <= count; columns += 1) {
    const rows = Math.ceil(count / columns);
    const cell = { width: (area.width - gap * (columns - 1)) / columns, height: (area.height - gap * (rows - 1)) / rows };
    if (cell.width <= 0 || cell.height <= 0) continue;
    const tile = {
      width: Math.floor(Math.min(cell.width, cell.height * WIDEST)),
      height: Math.floor(Math.min(cell.height, cell.width / TALLEST)),
    };
    if (tile.width * tile.height > best.width * best.height) best = tile;
  }
  return best;
}
