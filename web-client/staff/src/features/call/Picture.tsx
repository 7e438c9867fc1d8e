import { useEffect, useRef } from "react";
import type { Picture as PictureModel } from "@shared/rtc/members";
import styles from "./Stage.module.css";

interface Props {
  readonly picture: PictureModel;
  readonly label: string;
  readonly mirrored?: boolean;
}

/** A moving picture, always whole: a clinician examines by it, so no edge is cut off to fill the area. */
export function Picture({ picture, label, mirrored = false }: Props) {
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    const element = video.current;
    if (element === null) return undefined;
    picture.attach(element);
    return () => picture.detach(element);
  }, [picture]);
  return (
    <video
      ref={video}
      className={styles["video"]}
      data-mirrored={mirrored}
      aria-label={label}
      autoPlay
      playsInline
      muted
    />
  );
}
