import { Button } from "@mantine/core";
import type { LucideIcon } from "lucide-react";
import { CloudOff, RotateCw } from "lucide-react";
import type { ReactNode } from "react";
import { describeProblem } from "../lib/problem";
import styles from "./Quiet.module.css";

/** Nothing to show, said in a sentence, with the next step if there is one. */
export function Quiet(props: {
  readonly icon: LucideIcon;
  readonly title: string;
  readonly children?: ReactNode;
  readonly action?: ReactNode;
}) {
  const Icon = props.icon;
  return (
    <div className={styles["quiet"]}>
      <Icon size={22} strokeWidth={1.75} aria-hidden />
      <div>
        <p className={styles["title"]}>{props.title}</p>
        {props.children === undefined ? null : <p className={styles["text"]}>{props.children}</p>}
        {props.action === undefined ? null : <div className={styles["action"]}>{props.action}</div>}
      </div>
    </div>
  );
}

/** A part of the screen could not be loaded: what happened, and a way to try again. */
export function Failure({ error, onRetry, what }: { readonly error: unknown; readonly onRetry: () => void; readonly what: string }) {
  return (
    <div role="alert">
      <Quiet
        icon={CloudOff}
        title={`${what} could not be loaded`}
        action={
          <Button variant="default" size="xs" leftSection={<RotateCw size={14} aria-hidden />} onClick={onRetry}>
            Try again
          </Button>
        }
      >
        {describeProblem(error)}
      </Quiet>
    </div>
  );
}
