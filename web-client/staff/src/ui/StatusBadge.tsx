import {
  CalendarClock,
  CircleCheck,
  CircleCheckBig,
  CircleSlash,
  Clock,
  DoorOpen,
  Hourglass,
  type LucideIcon,
  TriangleAlert,
  UserRoundX,
  Video,
} from "lucide-react";
import type { Status, StatusIcon } from "../lib/visit";
import styles from "./StatusBadge.module.css";

const ICONS: Record<StatusIcon, LucideIcon> = {
  calendar: CalendarClock,
  clock: Clock,
  hourglass: Hourglass,
  check: CircleCheck,
  alert: TriangleAlert,
  door: DoorOpen,
  video: Video,
  done: CircleCheckBig,
  cancelled: CircleSlash,
  absent: UserRoundX,
};

/** A visit's state as icon, word and colour together. */
export function StatusBadge({ status }: { readonly status: Status }) {
  const Icon = ICONS[status.icon];
  return (
    <span className={styles["badge"]} data-tone={status.tone}>
      <Icon size={15} strokeWidth={2.25} aria-hidden />
      {status.word}
    </span>
  );
}
