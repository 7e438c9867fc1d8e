import type { ReactNode } from "react";
import { qrOf } from "@shared/account/qr";

/** A QR code, dark on light in both themes, because cameras expect it so. */
export function QrCode({ text, label }: { text: string; label: string }): ReactNode {
  const { size, path } = qrOf(text);
  return (
    <svg className="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} shapeRendering="crispEdges">
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  );
}
