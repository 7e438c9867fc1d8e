import type { ButtonHTMLAttributes, ReactNode, Ref } from "react";

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  /** `main`: the one thing to do; `second`: an alternative; `quiet`: a way out. */
  kind?: "main" | "second" | "quiet";
  /** Work is under way: the button stays where it is but takes no second press. */
  busy?: boolean;
  icon?: ReactNode;
  ref?: Ref<HTMLButtonElement>;
}

/** A button with a 44 px target. While `busy` it keeps its name and focus. */
export function Button({ kind = "main", busy = false, icon, children, className, onClick, ...rest }: Props): ReactNode {
  return (
    <button
      type="button"
      {...rest}
      className={`button button-${kind}${className === undefined ? "" : ` ${className}`}`}
      aria-disabled={busy || undefined}
      data-busy={busy || undefined}
      onClick={busy ? (event) => event.preventDefault() : onClick}
    >
      {icon}
      <span>{children}</span>
      {busy && <span className="spinner" aria-hidden="true" />}
    </button>
  );
}
