import { CameraOff, type LucideIcon, MicOff, MonitorX, Phone, Volume2, WifiOff } from "lucide-react";
import type { ReactNode } from "react";
import type { Notice } from "@shared/rtc/notice";

const ICONS: Readonly<Record<Notice["kind"], LucideIcon>> = {
  phone: Phone,
  reconnecting: WifiOff,
  "sound-blocked": Volume2,
  "microphone-problem": MicOff,
  "camera-problem": CameraOff,
  "screen-problem": MonitorX,
  "own-network": WifiOff,
  "picture-held": WifiOff,
  "fewer-pictures": WifiOff,
  "their-network": WifiOff,
};

/** The one thing worth telling, above the picture and never over a face. */
export function CallNotice({ notice, hear }: { notice: Notice | undefined; hear: (() => void) | undefined }): ReactNode {
  const Icon = notice === undefined ? undefined : ICONS[notice.kind];
  return (
    <div className="call-notice-slot" role="status">
      {notice !== undefined && Icon !== undefined && (
        <div className="call-notice">
          <Icon aria-hidden="true" size={22} />
          <p>{notice.text}</p>
          {notice.kind === "sound-blocked" && hear !== undefined && (
            <button type="button" className="button button-main" onClick={hear}>
              <span>Tap to hear</span>
            </button>
          )}
        </div>
      )}
    </div>
  );
}
