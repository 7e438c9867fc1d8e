import { type ReactNode, useEffect, useRef } from "react";
import type { Picture } from "@shared/rtc/members";

interface Props {
  picture: Picture;
  label: string;
  /** `cover` fills with a face; `contain` shows all of a screen. */
  fit: "cover" | "contain";
  mirrored?: boolean;
}

/** Shows one moving picture. Sound is played elsewhere, so the element is always muted. */
export function PictureView({ picture, label, fit, mirrored = false }: Props): ReactNode {
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    const element = video.current;
    if (element === null) return undefined;
    picture.attach(element);
    return () => picture.detach(element);
  }, [picture]);
  return <video ref={video} autoPlay playsInline muted aria-label={label} data-fit={fit} data-mirrored={mirrored || undefined} />;
}
