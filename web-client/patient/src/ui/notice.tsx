import { CircleAlert, CircleCheck, Hourglass, Info } from "lucide-react";
import type { ReactNode } from "react";

export type Tone = "info" | "waiting" | "ready" | "urgent";

const ICONS = { info: Info, waiting: Hourglass, ready: CircleCheck, urgent: CircleAlert } as const;

/** A coloured line that never speaks by colour alone: icon, bold word, text. */
export function Notice({ tone, title, children }: { tone: Tone; title?: ReactNode; children?: ReactNode }): ReactNode {
  const Icon = ICONS[tone];
  return (
    <div className={`notice notice-${tone}`}>
      <Icon aria-hidden="true" size={22} />
      <div>
        {title !== undefined && <p className="notice-title">{title}</p>}
        {children !== undefined && <div className="notice-text">{children}</div>}
      </div>
    </div>
  );
}
