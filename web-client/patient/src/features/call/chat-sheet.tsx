import { type ReactNode, useEffect, useRef } from "react";

/** The chat over the lower part of a small screen; Escape and the back of the sheet close it. */
export function ChatSheet({ open, onClose, children }: { open: boolean; onClose: () => void; children: ReactNode }): ReactNode {
  const sheet = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (open) sheet.current?.showModal();
    else sheet.current?.close();
  }, [open]);
  return (
    <dialog
      ref={sheet}
      className="chat-sheet"
      aria-label="Chat"
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      {open && children}
    </dialog>
  );
}
