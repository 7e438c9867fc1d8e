import { encode } from "uqr";

export interface QrPicture {
  /** Side of the square in modules, the quiet zone included. */
  readonly size: number;
  /** The dark modules as one SVG path. */
  readonly path: string;
}

/** Modules of light around the code (ISO/IEC 18004 asks for four). */
const QUIET = 4;

/** A QR code of `text`, to be drawn by whoever shows it: no markup is made of text. */
export function qrOf(text: string): QrPicture {
  const { data, size } = encode(text, { ecc: "M", border: QUIET });
  const path = data.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : []))).join("");
  return { size, path };
}

/** A key as people type it: groups of four. */
export const grouped = (key: string): string => key.replaceAll(/(.{4})(?=.)/g, "$1 ");
