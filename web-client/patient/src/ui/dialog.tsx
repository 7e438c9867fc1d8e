import { type ReactNode, useEffect, useId, useRef } from "react";

interface Props {
  title: string;
  /** It interrupts, and is read out at once. */
  alert?: boolean;
  /** Escape, or the browser's way back. */
  onClose: () => void;
  children: ReactNode;
}

/** One question in front of the page, which waits meanwhile. */
export function Dialog({ title, alert = false, onClose, children }: Props): ReactNode {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} className="dialog" role={alert ? "alertdialog" : "dialog"} aria-labelledby={titleId} aria-describedby={alert ? `${titleId}-text` : undefined} onClose={onClose}>
      <div className="dialog-body">
        <h2 id={titleId}>{title}</h2>
        <div className="dialog-body" id={`${titleId}-text`}>
          {children}
        </div>
      </div>
    </dialog>
  );
}
