import { type ReactNode, useEffect, useId, useRef } from "react";

interface Props {
  title: string;
  /** Escape, or the browser's way back. */
  onClose: () => void;
  children: ReactNode;
}

/** One question in front of the page, which waits meanwhile. */
export function Dialog({ title, onClose, children }: Props): ReactNode {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} className="dialog" aria-labelledby={titleId} onClose={onClose}>
      <div className="dialog-body">
        <h2 id={titleId}>{title}</h2>
        {children}
      </div>
    </dialog>
  );
}
