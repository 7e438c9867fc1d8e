import { Check, ShieldX } from "lucide-react";
import { isRefusal } from "../lib/auditFilter";
import styles from "./Audit.module.css";

/** The last letters of an id, which tell time-ordered ones apart; their heads are all alike. */
const TAIL = 8;

/** An id, shown short; selecting it copies it whole. */
export function ShortId({ id }: { readonly id: string | null }) {
  if (id === null) return null;
  return (
    <code className={styles["id"]} title={id}>
      <span className={styles["head"]}>{id.slice(0, -TAIL)}</span>
      <span className={styles["tail"]}>{id.slice(-TAIL)}</span>
    </code>
  );
}

/** Success or refusal, by word and icon. */
export function Outcome({ outcome }: { readonly outcome: string }) {
  const refused = isRefusal(outcome);
  const Icon = refused ? ShieldX : Check;
  return (
    <span className={styles["outcome"]} data-refused={refused}>
      <Icon size={14} aria-hidden />
      {outcome.charAt(0).toUpperCase() + outcome.slice(1)}
    </span>
  );
}
